"""Packs, and the lists of what belongs together, opened as far as they go (F3.5, F3.6)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from intake.wire.codename import Thread
from intake.wire.envelope import CHUNK
from intake.wire.errors import Corrupt, Malformed, Truncated, WireError
from intake.wire.manifest import Manifest
from intake.wire.record import Ending, Header, RecordReader
from intake.wire.resumable import MAX_BLOCKS
from keys.assembling import Origin
from keys.cabinet import unwrapped_partial
from keys.desk import Desk
from keys.errors import StickError
from keys.files import create
from keys.ledger import Ended
from keys.names import marked
from keys.problems import damaged, is_full
from keys.receiving import Received, judge, receive
from keys.staged import Staged, new_entry
from keys.stick import Found, Suite
from keys.threads import find_submission
from keys.tree import Tree
from keys.unpacking import Unpacked, Unpacker

#: Bytes of an envelope whose content is held in memory, and verified to its end before any of it
#: is written: what a sender makes that can be resumed is no larger.
_HELD: Final = (MAX_BLOCKS + 16) * CHUNK
_PIECE: Final = 64 * 1024
_NAME: Final = "pack"


class Packs:
    """Stages packs and manifests, on any thread.

    Args:
        day: today, as 2026-11-21.
    """

    def __init__(self, desk: Desk, day: str, random: Callable[[int], bytes]) -> None:
        self._desk = desk
        self._day = day
        self._random = random

    def stage(self, found: Found, record: RecordReader, partial: Path) -> Staged:
        """Take a pack apart, up to where it is cut or damaged: what comes before is genuine.

        Raises:
            EnvelopeError: nothing of it is to be kept.
            OSError: the disk is full.
        """
        if found.suite is Suite.GPG:
            return self._stage_by_gpg(found, record, partial)
        content = Content(record.content())
        if found.size <= _HELD:
            content.hold()
            if self._is_here(record):
                return self._again(found, record, content, partial)
        return self._unpack(found, record, content, partial)

    def stage_manifest(self, found: Found, record: RecordReader, partial: Path) -> Staged:
        """Check a manifest and write it down.

        Raises:
            EnvelopeError: it is none, or damaged.
            OSError: it cannot be written.
        """
        if found.size > _HELD:
            raise damaged("it is longer than any list of packs")
        content = Content(record.content())
        content.hold()
        received = judge(record, content.size, content.problem, found.suite)
        if received.damaged:
            raise damaged(received.problem)
        entry = new_entry(found, record.header, received, partial.name, self._day)
        if not received.complete:
            return Staged(found, entry, notes=["a list of packs that is cut off: of no use"])
        data = b"".join(content)
        try:
            Manifest.parse(data)
        except WireError as error:
            raise damaged(error) from error
        with create(partial) as file:
            file.write(data)
        return Staged(found, entry, record.header, notes=list(received.notes()))

    def _is_here(self, record: RecordReader) -> bool:
        trailer = record.trailer
        if trailer is None or trailer.ending is not Ending.COMPLETE:
            return False
        return trailer.sha256 in self._desk.ledger.packs.get(_origin(record.header).thread_id, ())

    def _again(
        self, found: Found, record: RecordReader, content: "Content", partial: Path
    ) -> Staged:
        """A pack that came before in another envelope: it was sent twice."""
        received = judge(record, content.size, content.problem, found.suite)
        entry = new_entry(found, record.header, received, partial.name, self._day)
        return Staged(found, entry, record.header, known=True)

    def _unpack(
        self, found: Found, record: RecordReader, content: "Content", partial: Path
    ) -> Staged:
        header = record.header
        unpacker = Unpacker(
            Tree(partial),
            self._desk.assembling,
            _origin(header),
            self._landed(header),
            self._random,
        )
        problem = _drive(unpacker, content)
        received = judge(record, content.size, content.problem, found.suite)
        if problem is not None and not (
            received.ended is Ended.CUT and isinstance(problem, Truncated)
        ):
            received = Received(content.size, "", Ended.DAMAGED, False, str(problem))
        unpacked = unpacker.unpacked
        entry = new_entry(found, header, received, partial.name, self._day, files=unpacked.files)
        return Staged(
            found,
            entry,
            header,
            shares=unpacker.shares(),
            unpacked=unpacked,
            notes=[*received.notes(), *_notes(unpacked)],
            failed=received.damaged,
        )

    def _stage_by_gpg(self, found: Found, record: RecordReader, partial: Path) -> Staged:
        """Nothing vouches for a piece before GnuPG vouches for all, so all is received first."""
        whole = unwrapped_partial(partial)
        received = receive(record, whole, found.suite)
        if received.damaged:
            raise damaged(received.problem)
        if received.complete:
            with whole.open("rb", buffering=0) as file:
                content = Content(iter(lambda: file.read(_PIECE), b""))
                staged = self._unpack(found, record, content, partial)
            whole.unlink()
            return staged
        whole.rename(partial)
        entry = new_entry(found, record.header, received, partial.name, self._day)
        parts = [marked(_NAME, received.mark)]
        return Staged(found, entry, record.header, parts, notes=list(received.notes()))

    def _landed(self, header: Header) -> Path | None:
        """Return the folder with what came of a submission before, where there is one."""
        thread = self._desk.threads.find(Thread(header.capability, header.reply_key).id)
        if thread is None or not thread.path.is_dir():
            return None
        return find_submission(thread, header.submission)


class Content:
    """A record's content: how much of it came, and what ended it."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._held: deque[bytes] = deque()
        self.size = 0
        self.problem: WireError | None = None

    def hold(self) -> None:
        """Pull all of it now, into memory."""
        self._held = deque(self._pulled())
        self._pieces = ()

    def __iter__(self) -> Iterator[bytes]:
        """Yield it, once; raises ``problem`` at the end, where there is one."""
        while self._held:
            yield self._held.popleft()
        yield from self._pulled()
        if self.problem is not None:
            raise self.problem

    def _pulled(self) -> Iterator[bytes]:
        try:
            for piece in self._pieces:
                self.size += len(piece)
                yield piece
        except WireError as error:
            self.problem = error
        except StickError as error:
            # What was read is genuine, and some of it may be in its place already.
            self.problem = Corrupt(error.message)


def _drive(unpacker: Unpacker, content: Content) -> Exception | None:
    """Unpack as much as can be; return what else than the end of the content stood in the way."""
    try:
        unpacker.unpack(content)
    except WireError as error:
        return None if error is content.problem else error
    except OSError as error:
        if is_full(error):
            raise
        # The pieces that are in their files are to be noted, as far as it went.
        return Malformed(f"it cannot be kept: {error.strerror}")
    return None


def _origin(header: Header) -> Origin:
    thread = Thread(header.capability, header.reply_key)
    return Origin(thread.id.hex(), header.submission.hex())


def _notes(unpacked: Unpacked) -> Iterator[str]:
    changed = unpacked.changed
    if changed.count:
        yield (
            f"changed while it was sent: {changed}. Both versions of the pieces are kept, "
            "one in the file, the other beside it"
        )
    apart = unpacked.apart - changed.count
    if apart:
        yield (
            f"{apart:,} piece{'s' * (apart != 1)} that could not be put together: kept as files "
            "of their own"
        )
