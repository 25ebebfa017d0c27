"""What arrived on a server's shelf, opened as a desk would and compared with what was sent."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from intake.wire.envelope import open_envelope
from intake.wire.manifest import Manifest
from intake.wire.pack import Folder, Piece, read_pack
from intake.wire.record import Header, Kind
from tests.newsroom import Desk, Operator

_PATIENCE = 20.0


@dataclass
class Arrived:
    """All that a desk finds.

    Attributes:
        pieces: of each file, by path and size: where they begin and end.
        packs: SHA-256 of each pack's content.
        wrong: pieces that differ from the file that they were compared with.
    """

    headers: list[Header] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    manifests: list[Manifest] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    pieces: dict[tuple[str, int], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    packs: list[bytes] = field(default_factory=list)
    wrong: list[tuple[str, int]] = field(default_factory=list)

    @property
    def files(self) -> dict[str, int]:
        """The size of each file of which every byte is there."""
        return {
            path: size for (path, size), pieces in self.pieces.items() if _covered(pieces) == size
        }


def arrived(desk: Desk, operator: Operator, beside: Path | None = None) -> Arrived:
    """Open all envelopes, when they are on the shelf, whatever their number.

    Args:
        beside: the folder in which the roots lie that were sent, to compare each piece.
    """
    wait_for_the_tick(operator)
    found = Arrived()
    for path in operator.shelf.iterdir():
        with path.open("rb") as file:
            reader = open_envelope(file.read, desk.identities)
            content = reader.content()
            _read(found, reader.header, content, beside)
            for _ in content:
                pass
            assert reader.trailer is not None
            if reader.header.kind is Kind.PACK:
                found.packs.append(reader.trailer.sha256)
    return found


def sizes_below(root: Path) -> dict[str, int]:
    """Return the size of each file below a root, by its name as the newsroom sees it."""
    return {
        str(path.relative_to(root.parent)): path.stat().st_size
        for path in root.rglob("*")
        if path.is_file()
    }


def wait_for_the_tick(operator: Operator) -> None:
    """Return when nothing waits to be shelved."""
    ready, deadline = operator.home / "store" / "ready", time.monotonic() + _PATIENCE
    while any(ready.iterdir()):
        assert time.monotonic() < deadline, "nothing is shelved"
        time.sleep(0.05)


def _read(found: Arrived, header: Header, content: Iterator[bytes], beside: Path | None) -> None:
    found.headers.append(header)
    if header.kind is Kind.PACK:
        _read_pack(found, content, beside)
    elif header.kind is Kind.MANIFEST:
        found.manifests.append(Manifest.parse(b"".join(content)))
    else:
        found.messages.append(b"".join(content).decode())


def _read_pack(found: Arrived, content: Iterator[bytes], beside: Path | None) -> None:
    piece, at = None, 0
    for entry in read_pack(content):
        if isinstance(entry, Folder):
            found.folders.add(entry.path)
        elif isinstance(entry, Piece):
            piece, at = entry, entry.offset
            end = entry.offset + entry.length
            found.pieces[entry.path, entry.size].append((entry.offset, end))
        elif piece is not None:
            if beside is not None and _bytes(beside / piece.path, at, len(entry)) != entry:
                found.wrong.append((piece.path, at))
            at += len(entry)


def _bytes(path: Path, offset: int, size: int) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.pread(file, size, offset)
    finally:
        os.close(file)


def _covered(pieces: list[tuple[int, int]]) -> int:
    """Return how many bytes from the beginning on there are without a gap."""
    end = 0
    for start, stop in sorted(pieces):
        if start > end:
            break
        end = max(end, stop)
    return end
