"""Any block of a record whose content is in memory, by its number (F3.1)."""

from typing import Final

from intake.wire.padme import bucket
from intake.wire.record import BLOCK, CAPACITY, TRAILER, BlockKind, Ending, Header, Trailer

_ZEROS: Final = bytes(BLOCK)


class Shape:
    """What each block of a record is, and how much of the stream is in it.

    Args:
        stream: bytes of header and content.
    """

    def __init__(self, stream: int) -> None:
        self._full, self._rest = divmod(stream, CAPACITY)
        # F3.1: a rest that leaves no room for the trailer has a block of its own.
        self.end = self._full + (self._rest + TRAILER > CAPACITY)
        self._count = bucket(self.end + 1)

    def __len__(self) -> int:
        return self._count

    def of(self, number: int) -> tuple[BlockKind, int]:
        """Return the kind of block ``number``, from 0, and the bytes of the stream in it."""
        if not 0 <= number < self._count:
            raise IndexError(f"block {number} of {self._count}")
        if number > self.end:
            return BlockKind.PADDING, 0
        kind = BlockKind.END if number == self.end else BlockKind.MORE
        if number < self._full:
            return kind, CAPACITY
        return kind, self._rest if number == self._full else 0


class Blocks:
    """A complete record, whose blocks can be asked for in any order and again.

    Args:
        content: all of it; must not change.
        sha256: of the content.
    """

    def __init__(self, header: Header, content: bytes | memoryview, sha256: bytes) -> None:
        self._front = header.serialise()
        self._content = memoryview(content)
        self._trailer = Trailer(Ending.COMPLETE, len(content), sha256).serialise()
        self._shape = Shape(len(self._front) + len(content))
        self._memory = memoryview(bytearray(BLOCK))

    def __repr__(self) -> str:
        return "<Blocks>"

    def __len__(self) -> int:
        return len(self._shape)

    def block(self, number: int) -> memoryview:
        """Return block ``number``, from 0; it is good until the next one is asked for."""
        self.write(number, self._memory)
        return self._memory

    def write(self, number: int, out: memoryview) -> None:
        """Write block ``number``, from 0, into ``out``, which has ``BLOCK`` bytes."""
        kind, used = self._shape.of(number)
        room = out[4:]
        taken = self._stream(number * CAPACITY, used, room) if used else 0
        if kind is BlockKind.END:
            room[taken : taken + TRAILER] = self._trailer
            taken += TRAILER
        room[taken:] = _ZEROS[4 + taken :]
        out[:4] = frame(kind, taken)

    def _stream(self, start: int, size: int, out: memoryview) -> int:
        """Copy bytes of header and content, one after the other, to the front of ``out``."""
        front = self._front[start : start + size]
        out[: len(front)] = front
        begin = max(0, start - len(self._front))
        out[len(front) : size] = self._content[begin : begin + size - len(front)]
        return size


def frame(kind: BlockKind, used: int) -> bytes:
    """Return the four bytes before what a block holds."""
    return (kind << 24 | used).to_bytes(4, "big")
