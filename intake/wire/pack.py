"""The pack: pieces of files, and folders, in one record (F3.5).

Small files share a pack, and a large one takes many, so that what is stored shows neither how many
files there were nor how long they are, and a cut costs a piece and not a file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from intake.wire.codec import Reader, Writer
from intake.wire.errors import Malformed, Truncated
from intake.wire.record import MAX_NAME

_PIECE: Final = 1
_FOLDER: Final = 2


@dataclass(frozen=True)
class Piece:
    """What comes before a piece's bytes.

    Attributes:
        path: of the file, its folders before it with a slash between; untrusted.
        size: bytes of the whole file.
        offset, length: which of them follow.
    """

    path: str
    size: int
    offset: int
    length: int

    def __repr__(self) -> str:
        return "<Piece>"

    def serialise(self) -> bytes:
        """Encode; the piece's bytes are to follow."""
        writer = Writer().number(_PIECE, 1).text(self.path, MAX_NAME)
        return writer.number(self.size, 8).number(self.offset, 8).number(self.length, 4).done()


@dataclass(frozen=True)
class Folder:
    """A folder, which may be empty; untrusted."""

    path: str

    def __repr__(self) -> str:
        return "<Folder>"

    def serialise(self) -> bytes:
        """Encode."""
        return Writer().number(_FOLDER, 1).text(self.path, MAX_NAME).done()


def read_pack(content: Iterable[bytes]) -> Iterator[Piece | Folder | bytes]:
    """Yield what is in a pack, in order: each piece, and then its bytes in parts of any length.

    Args:
        content: of the record, in parts of any length.

    Raises:
        Malformed, Truncated: as the names say. What ``content`` raises is passed on.
    """
    source = _Source(content)
    while source.fill(1):
        entry = source.entry()
        yield entry
        if isinstance(entry, Piece):
            yield from source.take(entry.length)


#: The longest front of an entry: its kind, a path behind its length, three numbers.
_FRONT: Final = 1 + 2 + MAX_NAME + 8 + 8 + 4


class _Source:
    """Content that is looked at from its front."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._parts = iter(content)
        self._held = b""
        # Where what is held begins: to cut it off at each entry would copy it each time.
        self._at = 0

    def fill(self, size: int) -> bool:
        """Hold at least ``size`` bytes if so many are left; return whether."""
        while len(self._held) - self._at < size:
            part = next(self._parts, None)
            if part is None:
                return False
            self._held, self._at = self._held[self._at :] + part, 0
        return True

    def entry(self) -> Piece | Folder:
        self.fill(_FRONT)
        reader = Reader(self._held, self._at)
        kind = reader.number(1)
        if kind not in (_PIECE, _FOLDER):
            raise Malformed(f"an entry of kind {kind}")
        path = reader.text(MAX_NAME)
        if not path:
            raise Malformed("an entry without a path")
        entry: Piece | Folder = Folder(path)
        if kind == _PIECE:
            entry = Piece(path, reader.number(8), reader.number(8), reader.number(4))
            if entry.offset + entry.length > entry.size or (entry.size and not entry.length):
                raise Malformed("a piece that is none of its file")
        self._at = reader.offset
        return entry

    def take(self, size: int) -> Iterator[bytes]:
        while size:
            if not self.fill(1):
                raise Truncated("a piece ends early")
            part = self._held[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            yield part
