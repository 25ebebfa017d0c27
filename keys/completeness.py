"""Whether all came that a source sent in packs, by the lists that came with them (F3.6)."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from intake.wire.errors import WireError
from intake.wire.manifest import Manifest
from keys.assembling import PIECES
from keys.desk import Desk
from keys.errors import DeskError
from keys.ledger import Share
from keys.names import components


@dataclass(frozen=True)
class Sent:
    """What was sent in one go, as its sender lists it.

    Attributes:
        thread_id: in hexadecimal digits.
        day: on which the list was opened, as 2026-11-21.
        files, size: as the sender gives them; untrusted.
        packs: how many, and ``missing`` of them.
    """

    thread_id: str
    day: str
    files: int
    size: int
    packs: int
    missing: int


@dataclass(frozen=True)
class Incomplete:
    """A file that lacks pieces.

    Attributes:
        name: as the source gave it; untrusted.
        size: bytes of the whole file, as the source gave it; untrusted.
        there: of them, how many are here.
        path: relative to the desk, of what there is: the missing bytes are zeros.
        again: a file of this name and size is whole already, so this may be what changed in it.
    """

    thread_id: str
    name: str
    size: int
    there: int
    path: str
    again: bool


def sent(desk: Desk, threads: Container[str]) -> Iterator[Sent]:
    """Yield what was sent to these threads, in the order in which the lists were opened.

    Raises:
        DeskError: a list cannot be read.
    """
    seen: set[tuple[str, str]] = set()
    for entry in desk.ledger.opened.values():
        thread_id = entry.thread_id
        if entry.kind != "manifest" or not entry.complete or entry.path is None:
            continue
        # The same list can come twice; it is one.
        if thread_id is None or thread_id not in threads or (thread_id, entry.sha256) in seen:
            continue
        seen.add((thread_id, entry.sha256))
        path = desk.path / entry.path
        try:
            manifest = Manifest.parse(path.read_bytes())
        except (OSError, WireError) as error:
            raise DeskError(f"{path} cannot be read.", "Put back a copy of it.") from error
        packs, here = set(manifest.packs), desk.ledger.packs.get(thread_id, set())
        missing = len(packs - here)
        yield Sent(thread_id, entry.day, manifest.files, manifest.size, len(packs), missing)


def incomplete(desk: Desk) -> list[Incomplete]:
    """Return the files that lack pieces, by name."""
    left = dict(desk.assembling.waiting())
    found = {
        share.file: Incomplete(
            entry.thread_id or "",
            share.path,
            share.size,
            share.size - left[share.file],
            f"{PIECES}/{share.file}",
            _is_whole(desk.path / (entry.path or ""), share),
        )
        for entry, share in (desk.ledger.shares(left) if left else ())
    }
    return sorted(found.values(), key=lambda one: (one.thread_id, one.name))


def _is_whole(submission: Path, share: Share) -> bool:
    path = submission.joinpath(*components(share.path))
    return path.is_file() and path.stat().st_size == share.size
