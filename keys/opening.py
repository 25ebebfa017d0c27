"""One envelope: opened, and its content written out of sight; on any thread, for the NaCl suite."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import BinaryIO, Final, cast

from intake.wire.envelope import Each, Identity, open_envelope
from intake.wire.errors import Corrupt, NotForUs, Truncated, WireError
from intake.wire.record import Header, Kind, RecordReader
from keys.cabinet import unwrapped_partial
from keys.desk import Desk
from keys.desk_keys import DeskKeys
from keys.edge import Edge, day_text
from keys.errors import NotForThisDesk, NothingReadable, StickError, Stopped
from keys.ledger import Ended, Opened
from keys.names import components, marked
from keys.openpgp import GnuPG
from keys.packets import is_cut
from keys.packs import Packs
from keys.problems import damaged, not_kept
from keys.receiving import Received, receive
from keys.staged import Staged, new_entry
from keys.stick import Found, Suite
from keys.unwrap import unwrap, wrapping_of

MESSAGE: Final = "message.txt"
#: Bytes of an envelope that is worth reading, opening and writing at once.
_LARGE: Final = 16 * 1024 * 1024


class Opener:
    """Opens envelopes of a desk.

    Args:
        gnupg: gives GnuPG with the desk's key, or raises ``GpgError``; on the main thread alone.
        keep_damaged: keep what comes before the damage.
        on_bytes: called with the bytes of envelopes that were just dealt with; on any thread.
        each: as ``map``, on all cores, for the chunks of a large envelope.
    """

    def __init__(
        self,
        desk: Desk,
        keys: DeskKeys,
        gnupg: Callable[[], GnuPG],
        edge: Edge,
        *,
        keep_damaged: bool,
        on_bytes: Callable[[int], None],
        each: Each = map,
    ) -> None:
        self._desk = desk
        self._identities: list[Identity] = keys.identities(edge.day)
        self._gnupg = gnupg
        self._random = edge.random
        self._day = day_text(edge.day)
        self._keep_damaged = keep_damaged
        self._on_bytes = on_bytes
        self._each = each
        self._stopped = Event()
        self._packs = Packs(desk, self._day, edge.random)

    def stop(self) -> None:
        """Have every other thread raise ``Stopped`` soon."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether no more should be opened."""
        return self._stopped.is_set()

    def opened_before(self, found: Found) -> bool:
        """Whether an envelope was opened before, and nothing more can come of it."""
        prior = self._desk.ledger.opened.get(found.id)
        if prior is None or _worth_opening(prior, found):
            return False
        self._on_bytes(found.size)
        return True

    def stage(self, found: Found) -> Staged:
        """Open an envelope.

        Raises:
            EnvelopeError: it cannot be opened; the next one may.
            GpgError: it takes GnuPG, which cannot be used.
            StickError: it cannot be read.
            DeskFull: nothing can be written any more.
            Stopped: ``stop`` was called.
        """
        partial = self._desk.cabinet.fresh(self._random)
        staged = None
        try:
            with self._reading(found) as source:
                staged = self._stage(found, source, partial)
        except OSError as error:
            raise not_kept(error) from error
        finally:
            if staged is None:
                self._desk.cabinet.discard(partial)
        return staged

    def unwrap(self, staged: Staged) -> None:
        """Unwrap what was encrypted a second time; on the main thread, for GnuPG's sake."""
        if staged.wrapped is None:
            return
        partial = self._desk.cabinet.partial(staged.entry.partial)
        out = unwrap(
            partial,
            unwrapped_partial(partial),
            staged.parts[-1],
            staged.wrapped,
            identities=self._identities,
            gnupg=self._gnupg,
        )
        staged.unwrapped_name = out.name
        staged.notes.append(out.note)

    def _stage(self, found: Found, source: "_Source", partial: Path) -> Staged:
        try:
            record = self._record(found, source)
        except NotForUs as error:
            raise NotForThisDesk(f"It is not for this desk: {error}.") from error
        except Truncated as error:
            return self._nothing(found, partial, error)
        except WireError as error:
            raise damaged(error) from error
        kind = record.header.kind
        if kind is Kind.PACK:
            return self._packs.stage(found, record, partial)
        if kind is Kind.MANIFEST:
            return self._packs.stage_manifest(found, record, partial)
        overlap = found.size > _LARGE
        received = receive(
            record, None if kind is Kind.DECOY else partial, found.suite, overlap=overlap
        )
        if received.damaged and not self._keep_damaged:
            raise damaged(received.problem)
        entry = new_entry(found, record.header, received, partial.name, self._day)
        if kind is Kind.DECOY:
            return Staged(found, entry)
        prior = self._desk.ledger.opened.get(found.id)
        if prior is not None and prior.sha256 == received.sha256 and prior.path is not None:
            self._desk.cabinet.discard(partial)
            return _known(found, prior, entry, received)
        return _one_file(found, record.header, entry, received, partial)

    def _record(self, found: Found, source: "_Source") -> RecordReader:
        if found.suite is Suite.GPG:
            return RecordReader(self._gpg_blocks(found, source))
        each = self._each if found.size > _LARGE else map
        return open_envelope(source.read, self._identities, each)

    def _gpg_blocks(self, found: Found, source: "_Source") -> Iterator[bytes]:
        file = source.file
        try:
            for block in self._gnupg().blocks(file, found.size):
                source.count(len(block))
                yield block
        except Corrupt as error:
            if is_cut(lambda offset, size: os.pread(file.fileno(), size, offset), found.size):
                raise Truncated("cut off") from error
            raise

    def _nothing(self, found: Found, partial: Path, error: Truncated) -> Staged:
        """An envelope that was cut off too early; it is noted, so that it can have its receipt."""
        problem = NothingReadable(
            f"Nothing in it can be read: {error}.",
            "It was cut off on the server or in copying; copy it again if you can.",
        )
        if not found.id:
            raise problem from error
        header = Header(Kind.DECOY, bytes(16), bytes(32), bytes(32), 0)
        received = Received(0, "", Ended.TRUNCATED, complete=False)
        entry = new_entry(found, header, received, partial.name, self._day)
        return Staged(found, replace(entry, kind="nothing"), problem=problem)

    @contextmanager
    def _reading(self, found: Found) -> Iterator["_Source"]:
        """Give an envelope to read from, all of which is dealt with at the end."""
        try:
            file = cast(BinaryIO, found.path.open("rb", buffering=0))
        except OSError as error:
            raise _unreadable(error) from error
        source = _Source(file, self._on_bytes, self._stopped)
        try:
            with file:
                yield source
        finally:
            source.count(found.size - source.counted)


class _Source:
    """An envelope that is being read."""

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None], stopped: Event) -> None:
        self.file = file
        self.counted = 0
        self._on_bytes = on_bytes
        self._stopped = stopped

    def read(self, size: int) -> bytes:
        if self._stopped.is_set():
            raise Stopped("It is to stop.")
        try:
            piece = self.file.read(size)
        except OSError as error:
            raise _unreadable(error) from error
        self.count(len(piece))
        return piece

    def count(self, size: int) -> None:
        self.counted += size
        self._on_bytes(size)


def _known(found: Found, prior: Opened, entry: Opened, received: Received) -> Staged:
    """A better copy of an envelope, or the same bad one, whose content is here already."""
    # Under the old partial file's name: the new one is not to be filed, now or after a crash.
    kept = replace(
        entry,
        thread=prior.thread,
        path=prior.path,
        unwrapped=prior.unwrapped,
        partial=prior.partial,
    )
    staged = Staged(found, kept, known=True, noted=received.ended is not Ended.DAMAGED)
    if received.damaged:
        staged.failed = True
        staged.notes.append("damaged as before; what comes before the damage is here already")
    return staged


def _one_file(
    found: Found, header: Header, entry: Opened, received: Received, partial: Path
) -> Staged:
    is_message = header.kind is Kind.MESSAGE
    *folders, name = [MESSAGE] if is_message else components(header.name)
    return Staged(
        found,
        entry,
        header,
        [*folders, marked(name, received.mark) if received.mark else name],
        wrapped=wrapping_of(partial, is_message=is_message) if received.complete else None,
        notes=list(received.notes()),
        failed=received.damaged,
    )


def _worth_opening(prior: Opened, found: Found) -> bool:
    """Whether more can come of an envelope that was opened before."""
    if prior.ended is Ended.DAMAGED:
        return True
    return prior.ended is Ended.TRUNCATED and found.size > prior.envelope_size


def _unreadable(error: OSError) -> StickError:
    return StickError(
        f"It cannot be read: {error.strerror}.", "Copy it again, perhaps from another stick."
    )
