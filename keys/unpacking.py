"""A pack, taken apart (F3.5): small files and folders into a tree, pieces into their files.

All of it is untrusted: paths, sizes, offsets, and how many there are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from intake.wire.errors import WireError
from intake.wire.pack import Folder, Piece, read_pack
from keys.assembling import Assembling, Origin, Taken
from keys.ledger import Share
from keys.names import components, marked
from keys.packets import FRONT
from keys.ranges import Ranges
from keys.tree import Tree
from keys.unwrap import wrapping_in

#: Bytes of a piece that are dealt with at once: no sender's piece that can be resumed has more.
SLICE: Final = 8 * 1024 * 1024
#: Files to which one pack brings pieces.
_MOST_SHARES: Final = 4_096
#: Names of what is strange that are told, and top folders that are counted apart.
_TOLD: Final = 4
_MOST_TOPS: Final = 64


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes of a file that are here: of ``piece``, from ``offset`` of the file on."""

    piece: Piece
    offset: int
    data: bytes

    @property
    def whole(self) -> bool:
        """Whether they are the file."""
        return self.offset == 0 and len(self.data) == self.piece.size


class Named:
    """A number of things, the first few by name."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < _TOLD and name not in self.first:
            self.first.append(name)

    def extend(self, other: "Named", folder: str) -> None:
        """Count what is counted in another, by names that begin with a folder."""
        room = _TOLD - len(self.first)
        self.first += [f"{folder}/{name}" for name in other.first[:room]]
        self.count += other.count

    def __str__(self) -> str:
        more = ", and more" if self.count > len(self.first) else ""
        return f"{', '.join(self.first)}{more}"


@dataclass
class Unpacked:
    """What was in a pack, as far as it could be read.

    Attributes:
        files: that came whole.
        tops: of these, how many in each top folder; in none: under the empty name.
        apart: pieces that could not be put together, and are kept as files of their own.
        changed: files of which a piece came with other bytes than before, and how many pieces.
        wrapped: paths of small files that were encrypted a second time, and how many.
    """

    files: int = 0
    tops: Counter[str] = field(default_factory=Counter)
    apart: int = 0
    changed: Named = field(default_factory=Named)
    wrapped: Named = field(default_factory=Named)


class Unpacker:
    """Takes one pack apart.

    Args:
        tree: for small files and folders.
        origin: of the pack.
        landed: the folder in which files of this submission are, where there is one yet.

    Attributes:
        unpacked: what came so far.
    """

    def __init__(
        self,
        tree: Tree,
        assembling: Assembling,
        origin: Origin,
        landed: Path | None,
        random: Callable[[int], bytes],
    ) -> None:
        self._tree = tree
        self._assembling = assembling
        self._origin = origin
        self._landed = landed
        self._random = random
        self._shares: dict[str, tuple[Piece, Ranges]] = {}
        self._changed: set[str] = set()
        self.unpacked = Unpacked()

    def unpack(self, content: Iterable[bytes]) -> None:
        """Put everything in its place. What came before an error stays where it is.

        Raises:
            Malformed, Truncated: the content is no pack, or ends early.
            OSError: something cannot be written. What ``content`` raises is passed on.
        """
        for entry in slices(read_pack(content)):
            parts = components(entry.path if isinstance(entry, Folder) else entry.piece.path)
            if isinstance(entry, Folder):
                self._tree.folder(parts)
            elif entry.whole and not self._assembling.waits_for(self._origin, entry.piece):
                self._file(parts, entry.data)
            else:
                self._piece(parts, entry)

    def shares(self) -> list[Share]:
        """Return what the pack brought of files that come in pieces, for the ledger."""
        return [
            Share(file, piece.path, piece.size, tuple(ranges), file in self._changed)
            for file, (piece, ranges) in self._shares.items()
            if any(ranges) or file in self._changed
        ]

    def _file(self, parts: list[str], data: bytes) -> None:
        self._tree.file(parts, data)
        unpacked = self.unpacked
        unpacked.files += 1
        top = top_of(parts)
        unpacked.tops[top if top in unpacked.tops or len(unpacked.tops) < _MOST_TOPS else ""] += 1
        if wrapping_in(data[:FRONT]) is not None:
            unpacked.wrapped.add("/".join(parts))

    def _piece(self, parts: list[str], part: Slice) -> None:
        taken = self._take(parts, part)
        if taken is not None and not taken.changed:
            return
        if part.whole:
            self._file(parts, part.data)
            return
        name = marked(parts[-1], f"from byte {part.offset}")
        self._tree.file([*parts[:-1], name], part.data)
        self.unpacked.apart += 1
        if taken is not None:
            self._changed.add(taken.file)
            self.unpacked.changed.add("/".join(parts))

    def _take(self, parts: list[str], part: Slice) -> Taken | None:
        """Write a piece into its file, and remember it for the ledger."""
        if len(self._shares) >= _MOST_SHARES:
            return None
        taken = self._assembling.take(
            self._origin,
            part.piece,
            part.offset,
            part.data,
            done=self._landed.joinpath(*parts) if self._landed is not None else None,
            random=self._random,
        )
        if taken is not None and taken.file:
            ranges = self._shares.setdefault(taken.file, (part.piece, Ranges()))[1]
            for start, end in taken.ranges:
                ranges.add(start, end)
        return taken


def top_of(parts: Sequence[str]) -> str:
    """Return the top folder of a path; nothing where it is in none."""
    return parts[0] if len(parts) > 1 else ""


def slices(entries: Iterable[Piece | Folder | bytes]) -> Iterator[Folder | Slice]:
    """Yield folders, and pieces with their bytes, long ones as several.

    Raises:
        whatever the iterable raises, after the bytes that came before.
    """
    piece, offset, size = Piece("", 0, 0, 0), 0, 0
    held: list[bytes] = []
    try:
        for entry in entries:
            if isinstance(entry, bytes):
                held.append(entry)
                size += len(entry)
            elif isinstance(entry, Folder):
                yield entry
                continue
            else:
                piece, offset, held, size = entry, entry.offset, [], 0
            if size >= SLICE or offset + size == piece.offset + piece.length:
                yield Slice(piece, offset, b"".join(held))
                offset, held, size = offset + size, [], 0
    except WireError:
        if size:
            yield Slice(piece, offset, b"".join(held))
        raise
