"""What goes into which pack: decided by names and sizes alone, so the same tree gives the same.

A large file has packs of its own, cut by its own offsets. Small ones are gathered; and a pack ends
early where a hash of its last entry says so, after about four packs' worth on average. So what is
added, taken away or changed moves the packs near by, and not all that follow.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from intake.sender.errors import NothingToSend
from intake.sender.walking import Found, Root, Skipped, walk
from intake.wire.manifest import MAX_PACKS
from intake.wire.pack import Folder, Piece
from intake.wire.resumable import MAX_CONTENT

#: Entries of a pack, at most.
_ENTRIES: Final = 16_384
#: Packs' worth of content after which, on average, a hash ends one.
_SPAN: Final = 4
#: Packs from one mark to the next.
_MARK: Final = 32


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of a pack to be: a folder, or a piece of a file.

    Attributes:
        offset, length: of a piece, in bytes.
    """

    found: Found
    offset: int = 0
    length: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it is all there is of a file or folder."""
        return self.length == max(0, self.found.size)

    @property
    def front_size(self) -> int:
        """Bytes of ``front``."""
        return _front_size(self.found)

    def front(self, size: int, length: int) -> bytes:
        """Return the entry up to the piece's bytes, of a file and piece with so many bytes."""
        if self.found.is_folder:
            return Folder(self.found.name).serialise()
        return Piece(self.found.name, size, self.offset, length).serialise()


Pack = list[Part]
Note = Callable[[Skipped], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a pack begins.

    Attributes:
        root, path, offset: number of a root, a path below it, and bytes into the file there.
        before: bytes of files in the packs before it.
    """

    root: int = 0
    path: bytes = b""
    offset: int = 0
    before: int = 0

    @property
    def key(self) -> tuple[int, list[bytes]]:
        """As ``Found.key``."""
        return self.root, self.path.split(b"/")


START: Final = Mark()


@dataclass(frozen=True)
class Survey:
    """All that there is to send, counted.

    Attributes:
        size: bytes of all files.
        marks: the beginnings of some packs, the first one among them, in order.
    """

    files: int
    folders: int
    size: int
    packs: int
    marks: Sequence[Mark]


class Tree:
    """What lies below some roots, as packs. Nothing of it is kept: it is walked anew each time.

    Args:
        note: is told of whatever is met and cannot be sent.
        most: bytes of a pack's content.
    """

    def __init__(self, roots: Sequence[Root], note: Note, most: int = MAX_CONTENT) -> None:
        self._roots = roots
        self._note = note
        self._most = most

    def packs(self, start: Mark = START, end: Mark | None = None) -> Iterator[Pack]:
        """Yield the packs from one mark on, up to another or to the end."""
        return packs(self._parts(start, end), self._most)

    def packs_of(self, found: Found) -> Iterator[Pack]:
        """Yield the packs of one file alone."""
        return packs(parts_of(found, self._most), self._most)

    def survey(self, counted: Callable[[int], None]) -> Survey:
        """Count what is there, in one walk; the memory for it does not grow with the files.

        Args:
            counted: is told now and then how many files were met so far.

        Raises:
            NothingToSend: it is nothing, or more than one manifest holds.
        """
        files = folders = size = number = 0
        marks: list[Mark] = []
        for number, pack in enumerate(self.packs(), 1):
            if number % _MARK == 1:
                first = pack[0]
                marks.append(Mark(first.found.root, first.found.path, first.offset, size))
                counted(files)
            for part in pack:
                size += part.length
                folders += part.found.is_folder
                files += part.offset == 0 and not part.found.is_folder
        if not number:
            raise NothingToSend("There is nothing to send.", "Check the path.")
        if number > MAX_PACKS:
            raise NothingToSend(
                f"This makes {number:,} packs; in one go there can be {MAX_PACKS:,}, about 2 TB.",
                "Send its folders one after the other, with the same codename.",
            )
        return Survey(files, folders, size, number, marks)

    def _parts(self, start: Mark, end: Mark | None) -> Iterator[Part]:
        for found in walk(self._roots, (start.root, start.path)):
            if isinstance(found, Skipped):
                self._note(found)
                continue
            begin = start.offset if found.path == start.path else 0
            stop = None
            if end is not None and found.key >= end.key:
                if found.key > end.key:
                    return
                stop = end.offset
            for part in parts_of(found, self._most):
                if stop is not None and part.offset >= stop:
                    return
                if part.offset >= begin:
                    yield part


def parts_of(found: Found, most: int = MAX_CONTENT) -> Iterator[Part]:
    """Yield the parts of one file or folder; each fits a pack of ``most`` bytes."""
    size = max(0, found.size)
    step = most - _front_size(found)
    for offset in range(0, size or 1, step):
        yield Part(found, offset, min(step, size - offset))


def packs(parts: Iterable[Part], most: int) -> Iterator[Pack]:
    """Yield packs of at most ``most`` bytes of such parts."""
    pack: Pack = []
    room = most
    for part in parts:
        cost = _cost(part, most)
        alone = not part.is_whole
        if pack and (alone or cost > room):
            yield pack
            pack, room = [], most
        pack.append(part)
        room -= cost
        if alone or _ends(part, cost, most):
            yield pack
            pack, room = [], most
    if pack:
        yield pack


def _cost(part: Part, most: int) -> int:
    """Return the bytes that a part counts for: so many that a pack has ``_ENTRIES`` at most."""
    return max(part.front_size + part.length, most // _ENTRIES + 1)


def _ends(part: Part, cost: int, most: int) -> bool:
    """Return whether a pack ends with this part, whatever follows."""
    said = f"{part.found.size} {part.found.name}".encode()
    drawn = int.from_bytes(blake2b(said, digest_size=8).digest(), "big")
    return drawn * _SPAN * most < cost << 64


def _front_size(found: Found) -> int:
    return 1 + 2 + len(found.name.encode()) + (0 if found.is_folder else 8 + 8 + 4)
