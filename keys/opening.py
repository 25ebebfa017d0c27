"""One envelope: opened, and its content put where it belongs."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import BinaryIO, cast

from intake.wire.codename import Thread
from intake.wire.envelope import Identity, open_envelope
from intake.wire.errors import Corrupt, NotForUs, Truncated, WireError
from intake.wire.record import Header, Kind, RecordReader
from keys.cabinet import unwrapped_partial
from keys.desk import Desk
from keys.desk_keys import DeskKeys
from keys.edge import Edge
from keys.errors import DeskFull, EnvelopeError, NotForThisDesk, NothingReadable, StickError
from keys.ledger import Ended, Opened
from keys.names import components
from keys.openpgp import GnuPG
from keys.packets import is_cut
from keys.receiving import Received, receive
from keys.stick import Found, Suite
from keys.threads import submission_folder
from keys.unwrap import unwrap, wrapping_of

MESSAGE = "message.txt"
#: The next envelope would fare no better.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


class State(Enum):
    """What became of an envelope."""

    OPENED = "opened"
    ALREADY = "already"


@dataclass(frozen=True)
class Result:
    """An envelope that is at the desk now.

    Attributes:
        entry: as the ledger has it.
        notes: what the editor should be told of it, a sentence each.
        failed: it is kept, but damaged.
    """

    state: State
    entry: Opened
    notes: tuple[str, ...] = ()
    failed: bool = False


class Opener:
    """Opens envelopes into a desk.

    Args:
        gnupg: gives GnuPG with the desk's key, or raises ``GpgError``.
        keep_damaged: keep what comes before the damage.
        on_bytes: called with the bytes of the envelope that were just read.
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
    ) -> None:
        self._desk = desk
        self._thread_key = keys.thread_key
        self._identities: list[Identity] = keys.identities(edge.day)
        self._gnupg = gnupg
        self._random = edge.random
        self._day = str(date(1970, 1, 1) + timedelta(days=edge.day))
        self._keep_damaged = keep_damaged
        self._on_bytes = on_bytes

    def open(self, found: Found) -> Result:
        """Open an envelope, unless it was already.

        Raises:
            EnvelopeError: it cannot be opened; the next one may.
            GpgError: it takes GnuPG, which cannot be used.
            StickError: it cannot be read.
            DeskFull: nothing can be written any more.
        """
        prior = self._desk.ledger.opened.get(found.id)
        if prior is not None and not _worth_opening(prior, found):
            return self._again(prior, found)
        partial = self._desk.cabinet.fresh(self._random)
        try:
            return self._open(found, prior, partial)
        except OSError as error:
            raise _not_kept(error) from error
        finally:
            if partial.name not in self._desk.ledger.by_partial:
                self._desk.cabinet.discard(partial)

    def _again(self, prior: Opened, found: Found) -> Result:
        # It was dispatched that this one is safe, and still it came: its receipt was lost.
        ledger = self._desk.ledger
        if found.size == prior.envelope_size and found.id not in ledger.owed:
            ledger.see_again(found.id)
        return Result(State.ALREADY, prior)

    def _open(self, found: Found, prior: Opened | None, partial: Path) -> Result:
        with _reading(found) as file:
            try:
                record = self._record(found, file)
            except NotForUs as error:
                raise NotForThisDesk(f"It is not for this desk: {error}.") from error
            except Truncated as error:
                self._note_nothing(found, partial)
                raise NothingReadable(
                    f"Nothing in it can be read: {error}.",
                    "It was cut off on the server or in copying; copy it again if you can.",
                ) from error
            except WireError as error:
                raise _damaged(error) from error
            decoy = record.header.kind is Kind.DECOY
            received = receive(record, None if decoy else partial, found.suite)
        if received.damaged and not self._keep_damaged:
            raise _damaged(received.problem)
        entry = self._entry(found, record.header, received, partial.name)
        if decoy:
            # To forget a decoy in a crash costs nothing but opening it again.
            self._desk.ledger.open_once(entry, sync=False)
            return Result(State.OPENED, entry)
        if prior is not None and prior.sha256 == received.sha256 and prior.path is not None:
            return self._known(prior, entry, received)
        return self._file(entry, record.header, received, partial)

    def _record(self, found: Found, file: BinaryIO) -> RecordReader:
        if found.suite is Suite.GPG:
            return RecordReader(self._gpg_blocks(found, file))

        def read(size: int) -> bytes:
            try:
                piece = file.read(size)
            except OSError as error:
                raise _unreadable(error) from error
            self._on_bytes(len(piece))
            return piece

        return open_envelope(read, self._identities)

    def _gpg_blocks(self, found: Found, file: BinaryIO) -> Iterator[bytes]:
        try:
            for block in self._gnupg().blocks(file, found.size):
                self._on_bytes(len(block))
                yield block
        except Corrupt as error:
            if is_cut(lambda offset, size: os.pread(file.fileno(), size, offset), found.size):
                raise Truncated("cut off") from error
            raise

    def _entry(self, found: Found, header: Header, received: Received, partial: str) -> Opened:
        decoy = header.kind is Kind.DECOY
        thread = Thread(header.capability, header.reply_key)
        return Opened(
            envelope=found.id,
            envelope_size=found.size,
            thread=None,
            thread_id=None if decoy else thread.id.hex(),
            submission=None if decoy else header.submission.hex(),
            position=header.position,
            kind=header.kind.name.lower(),
            name=header.name,
            media_type=header.media_type,
            path=None,
            size=received.size,
            sha256=received.sha256,
            complete=received.complete,
            ended=received.ended,
            unwrapped=None,
            day=self._day,
            partial=partial,
        )

    def _known(self, prior: Opened, entry: Opened, received: Received) -> Result:
        """A better copy of an envelope, or the same bad one, whose content is here already."""
        # Under the old partial file's name: the new one is not to be filed, now or after a crash.
        kept = replace(
            entry,
            thread=prior.thread,
            path=prior.path,
            unwrapped=prior.unwrapped,
            partial=prior.partial,
        )
        if received.ended is not Ended.DAMAGED:
            self._desk.ledger.open_once(kept)
        again = "damaged as before; what comes before the damage is here already"
        notes = (again,) if received.damaged else ()
        return Result(State.ALREADY, kept, notes, failed=received.damaged)

    def _file(self, entry: Opened, header: Header, received: Received, partial: Path) -> Result:
        thread = Thread(header.capability, header.reply_key)
        folder = self._desk.threads.folder_for(thread, self._thread_key, self._random)
        is_message = header.kind is Kind.MESSAGE
        parts = [MESSAGE] if is_message else components(header.name)
        notes = [*received.notes()]
        unwrapped_name = None
        found = wrapping_of(partial, is_message=is_message) if received.complete else None
        if found is not None:
            out = unwrap(
                partial,
                unwrapped_partial(partial),
                parts[-1],
                found,
                identities=self._identities,
                gnupg=self._gnupg,
            )
            unwrapped_name = out.name
            notes.append(out.note)
        filed = self._desk.cabinet.put(
            replace(entry, thread=folder.name),
            submission_folder(folder, header.submission),
            parts,
            mark=received.mark,
            unwrapped_name=unwrapped_name,
        )
        return Result(State.OPENED, filed, tuple(notes), failed=received.damaged)

    def _note_nothing(self, found: Found, partial: Path) -> None:
        """Remember an envelope that was cut off too early, so that it can have its receipt."""
        if found.id:
            header = Header(Kind.DECOY, bytes(16), bytes(32), bytes(32), 0)
            received = Received(0, "", Ended.TRUNCATED, complete=False)
            entry = self._entry(found, header, received, partial.name)
            self._desk.ledger.open_once(replace(entry, kind="nothing"))


def _worth_opening(prior: Opened, found: Found) -> bool:
    """Whether more can come of an envelope that was opened before."""
    if prior.ended is Ended.DAMAGED:
        return True
    return prior.ended is Ended.TRUNCATED and found.size > prior.envelope_size


def _reading(found: Found) -> BinaryIO:
    try:
        return cast(BinaryIO, found.path.open("rb", buffering=0))
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> StickError:
    return StickError(
        f"It cannot be read: {error.strerror}.", "Copy it again, perhaps from another stick."
    )


def _not_kept(error: OSError) -> DeskFull | EnvelopeError:
    if error.errno in _FULL:
        return DeskFull(
            f"The desk's disk takes no more: {error.strerror}.",
            "Make room on it, then run the same again: it goes on where it stopped.",
        )
    place = f"{error.filename}: " if error.filename else ""
    return EnvelopeError(
        f"It cannot be kept: {place}{error.strerror}.", "Run the same again when that is mended."
    )


def _damaged(problem: object) -> EnvelopeError:
    return EnvelopeError(
        f"It is damaged: {problem}. Nothing of it was kept.",
        "Copy it again. --keep-damaged keeps what comes before the damage.",
    )
