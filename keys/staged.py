"""An envelope between being opened and being filed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from intake.wire.codename import Thread
from intake.wire.record import Header, Kind
from keys.errors import EnvelopeError
from keys.ledger import Opened, Share
from keys.receiving import Received
from keys.stick import Found
from keys.unpacking import Unpacked
from keys.unwrap import Wrapped


@dataclass
class Staged:
    """What came out of an envelope. Its content is out of sight, and the ledger knows of nothing.

    Attributes:
        entry: for the ledger, without the paths that are still to be chosen.
        header: ``None`` where it could not be read, or is a decoy's.
        parts: harmless names, folders and the file's, where it is one file.
        wrapped: how its content was encrypted a second time.
        unwrapped_name: of what came out of that.
        shares: what a pack brought of files that come in pieces.
        unpacked: what else was in a pack.
        known: its content is at the desk already, and nothing is to be moved.
        noted: whether the ledger is to know of it.
        notes: what the editor should be told of it, a sentence each.
        failed: it is kept, but damaged.
        problem: what the editor should be told instead, where nothing could be read.
    """

    found: Found
    entry: Opened
    header: Header | None = None
    parts: Sequence[str] = ()
    wrapped: Wrapped | None = None
    unwrapped_name: str | None = None
    shares: Sequence[Share] = ()
    unpacked: Unpacked | None = None
    known: bool = False
    noted: bool = True
    notes: list[str] = field(default_factory=list)
    failed: bool = False
    problem: EnvelopeError | None = None


def new_entry(
    found: Found, header: Header, received: Received, partial: str, day: str, *, files: int = 0
) -> Opened:
    """Return what the ledger is to know of an envelope, without the paths.

    Args:
        partial: name of the partial file or folder.
        day: as 2026-11-21.
        files: that came whole in a pack.
    """
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
        day=day,
        partial=partial,
        files=files,
    )
