"""Sending it all: a message, packs over several circuits at once, and the manifest.

With a codename that was used before, what is there already is found first: its end is searched for,
all from there on is sent, and then every pack before it is asked for. Nothing had to be remembered.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from intake.errors import IntakeError
from intake.sender.dealing import Deal
from intake.sender.outbox import Outbox, Stopped
from intake.sender.planning import START, Mark, Note, Survey, Tree
from intake.sender.reading import read_into
from intake.wire.codename import Source
from intake.wire.layout import Layout
from intake.wire.manifest import Manifest
from intake.wire.record import Header, Kind
from intake.wire.resumable import MAX_BLOCKS, Resumable, content_id

#: Seconds between two reports, and for which circuits that are told to stop are waited for.
_LOOK: Final = 0.1
_ENDING: Final = 5.0
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes:
        done, total: bytes of files.
        circuits: how many are connected.
        checking: whether it is only looked for what was sent earlier.
    """

    done: int
    total: int
    circuits: int
    checking: bool = False


@dataclass(frozen=True)
class Sent:
    """What is safe with the newsroom: files, and their bytes."""

    files: int
    size: int


class Sender:
    """Sends for one source.

    Args:
        outbox: makes a way out with circuits of its own.
        circuits: how many are used at once.
        fresh: the codename was never used before, so nothing of it is there.
        stop: is set when nothing is to be sent any more, by whoever wants that.
        note: is told of what cannot be sent as it was planned.
    """

    def __init__(
        self,
        source: Source,
        outbox: Callable[[], Outbox],
        *,
        circuits: int,
        fresh: bool,
        stop: threading.Event,
        note: Note,
    ) -> None:
        self._source = source
        self._fresh = fresh
        self._stop = stop
        self._note = note
        header = self._header(Kind.PACK)
        self._circuits = [_Circuit(outbox(), source, header) for _ in range(circuits)]

    def close(self) -> None:
        """End all connections."""
        for circuit in self._circuits:
            circuit.outbox.link.close()

    def send_message(self, text: bytes, token: Callable[[int], bytes]) -> None:
        """Send a message; the same words are another message each time.

        Args:
            token: ``token(n)`` gives n random bytes.

        Raises:
            Stopped, IntakeError: as ``Outbox.put``.
        """
        digest = hashlib.sha256(text).digest()
        header = replace(self._header(Kind.MESSAGE), media_type=_TEXT)
        record = Resumable(header, text, digest, token(32))
        self._circuits[0].outbox.put(record, fresh=True)

    def send_files(self, tree: Tree, survey: Survey, progress: Callable[[Progress], None]) -> Sent:
        """Send what lies in a tree, and return when the newsroom has it all.

        Args:
            progress: called several times a second, from this thread.

        Raises:
            Stopped, IntakeError: as ``Outbox.put``. What has arrived stays; send again to go on.
        """
        start = START if self._fresh else self._frontier(tree, survey.marks)
        rest = Deal(tree, tree.packs(start), self._note)
        self._work(rest, start.before, survey.size, progress, checking=False)
        deals = [rest]
        if start != START:
            before = Deal(tree, tree.packs(START, start), self._note)
            self._work(before, 0, start.before, progress, checking=True)
            deals.insert(0, before)
        return self._finish(deals)

    def _frontier(self, tree: Tree, marks: Sequence[Mark]) -> Mark:
        """Return a mark up to which all seems to be there: found in as few questions as can be."""
        circuit = self._circuits[0]
        known, step = -1, 1
        # Ever longer steps to something that is not there, then ever shorter ones between the two.
        while known + step < len(marks) and circuit.has(tree, marks[known + step]):
            known, step = known + step, step * 2
        missing = min(known + step, len(marks))
        while missing - known > 1:
            middle = (known + missing) // 2
            if circuit.has(tree, marks[middle]):
                known = middle
            else:
                missing = middle
        return marks[known] if known > 0 else START

    def _work(
        self,
        deal: Deal,
        before: int,
        total: int,
        progress: Callable[[Progress], None],
        *,
        checking: bool,
    ) -> None:
        """Have all circuits send what is dealt out; return when it is through."""
        crew = _Crew(self._circuits, deal, self._stop, fresh=self._fresh)

        def report() -> None:
            under_way = sum(circuit.done for circuit in self._circuits)
            connected = sum(circuit.outbox.link.is_connected for circuit in self._circuits)
            done = min(total, before + deal.done + under_way)
            progress(Progress(done, total, connected, checking))

        crew.run(report)

    def _finish(self, deals: Sequence[Deal]) -> Sent:
        sent = Sent(sum(deal.files for deal in deals), sum(deal.size for deal in deals))
        packs = tuple(digest for deal in deals for digest in deal.digests())
        content = Manifest(sent.files, sent.size, packs).serialise()
        header, digest = self._header(Kind.MANIFEST), hashlib.sha256(content).digest()
        identity = content_id(self._source.upload_key, header, len(content), digest)
        record = Resumable(header, content, digest, identity)
        self._circuits[0].outbox.put(record, fresh=self._fresh)
        return sent

    def _header(self, kind: Kind) -> Header:
        thread = self._source.thread
        return Header(kind, self._source.submission, thread.capability, thread.reply_key, 0)


class _Circuit:
    """A way out, and the memory for the pack that is on it."""

    def __init__(self, outbox: Outbox, source: Source, header: Header) -> None:
        self.outbox = outbox
        self._source = source
        self._header = header
        self._bytes = 0

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self._header, MAX_BLOCKS)

    @property
    def done(self) -> int:
        """Bytes of files, of the present pack, that were handed over."""
        return int(self._bytes * self.outbox.share)

    def send_all(self, deal: Deal, *, fresh: bool) -> None:
        """Send packs until there are no more."""
        while (dealt := deal.next()) is not None:
            contents = read_into(self._layout, dealt.pack)
            record = self._sealed()
            if record is not None:
                self._bytes = contents.read
                self.outbox.put(record, fresh=fresh)
                self._bytes = 0
            deal.book(dealt, contents, None if record is None else record.digest)

    def has(self, tree: Tree, mark: Mark) -> bool:
        """Return whether the server has all of the pack that begins at a mark."""
        pack = next(tree.packs(mark), None)
        if pack is None:
            return False
        read_into(self._layout, pack)
        record = self._sealed()
        return record is not None and self.outbox.has(record)

    def _sealed(self) -> Resumable | None:
        """Return what is laid out as a record; ``None`` if that is nothing."""
        layout = self._layout
        if not layout.size:
            return None
        digest = layout.digest()
        identity = content_id(self._source.upload_key, self._header, layout.size, digest)
        return Resumable(self._header, layout, digest, identity)


class _Crew:
    """The circuits at work, in a thread each."""

    def __init__(
        self, circuits: Sequence[_Circuit], deal: Deal, stop: threading.Event, *, fresh: bool
    ) -> None:
        self._circuits = circuits
        self._deal = deal
        self._stop = stop
        self._fresh = fresh
        self._lock = threading.Lock()
        self._failure: IntakeError | None = None
        self._through = 0

    def run(self, report: Callable[[], None]) -> None:
        """Return when all is sent.

        Raises:
            Stopped, IntakeError: the first failure ends the work of all.
        """
        workers = [
            threading.Thread(target=self._run, args=(circuit,), daemon=True)
            for circuit in self._circuits
        ]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                while worker.is_alive() and not self._stop.is_set():
                    report()
                    worker.join(_LOOK)
            report()
        except BaseException:
            self._interrupt()
            raise
        finally:
            # One that is just waiting for Tor cannot be interrupted, and is not waited for.
            for worker in workers:
                worker.join(_ENDING / len(workers))
        if self._failure is not None:
            raise self._failure
        if self._through < len(workers):
            raise Stopped

    def _run(self, circuit: _Circuit) -> None:
        through = False
        try:
            circuit.send_all(self._deal, fresh=self._fresh)
            through = True
        except Stopped:
            pass
        except IntakeError as error:
            with self._lock:
                self._failure = self._failure or error
        finally:
            # A mistake of ours, too, ends the work of all, and not of this thread alone.
            if not through:
                self._interrupt()
            with self._lock:
                self._through += through

    def _interrupt(self) -> None:
        self._stop.set()
        for circuit in self._circuits:
            circuit.outbox.link.interrupt()
