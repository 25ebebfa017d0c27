"""The record: what is inside every envelope, the same under both suites (F3).

A record is a row of blocks of one size. Each block says how many of its bytes count, so a
reader needs neither the end to begin with, nor the sizes beforehand, and a record that was cut
off gives back exactly the content up to the cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final

from intake.wire.codec import Reader, Writer
from intake.wire.errors import Corrupt, Malformed, Truncated
from intake.wire.labels import MAGIC_RECORD
from intake.wire.padme import bucket

#: Bytes of a block: with the 16-byte tag of the payload's cipher it is 64 KiB exactly, so that a
#: sealed record lies on the disk in whole pages.
BLOCK: Final = 65_520
#: Bytes of a block that can carry something; the four before them say how many do, and what.
CAPACITY: Final = BLOCK - 4
MAX_NAME: Final = 4_096
MAX_MEDIA_TYPE: Final = 255
TRAILER: Final = 1 + 8 + 32

_ZEROS: Final = bytes(BLOCK)


class Kind(IntEnum):
    """What a record carries."""

    MESSAGE = 1
    FILE = 2
    DECOY = 3
    #: Pieces of files, and folders (F3.5).
    PACK = 4
    #: The packs that belong together (F3.6).
    MANIFEST = 5


class Ending(IntEnum):
    """How the content ended."""

    COMPLETE = 1
    #: The sender's connection ended first: what follows the last byte was never received.
    CUT = 2


class BlockKind(IntEnum):
    MORE = 0
    END = 1
    PADDING = 2


@dataclass(frozen=True)
class Header:
    """What a record says of itself before its content.

    Attributes:
        submission: 16 random bytes, the same in every record of one submission.
        capability: 32 bytes, the thread's mailbox capability.
        reply_key: 32 bytes, the thread's reply key.
        position: place in the submission, from 0.
        name: the file's name as the source gave it; untrusted.
        media_type: as the source's browser gave it; untrusted.
    """

    kind: Kind
    submission: bytes
    capability: bytes
    reply_key: bytes
    position: int
    name: str = ""
    media_type: str = ""

    def __repr__(self) -> str:
        return f"<Header of a {self.kind.name.lower()}>"

    def serialise(self) -> bytes:
        """Encode (F3.2)."""
        return (
            Writer()
            .fixed(MAGIC_RECORD, 8)
            .number(self.kind, 1)
            .fixed(self.submission, 16)
            .fixed(self.capability, 32)
            .fixed(self.reply_key, 32)
            .number(self.position, 4)
            .text(self.name, MAX_NAME)
            .text(self.media_type, MAX_MEDIA_TYPE)
            .done()
        )

    @classmethod
    def read(cls, reader: Reader) -> "Header":
        """Decode from the front of a record."""
        reader.magic(MAGIC_RECORD)
        kind = reader.number(1)
        if kind not in set(Kind):
            raise Malformed(f"a record of kind {kind}")
        return cls(
            Kind(kind),
            reader.fixed(16),
            reader.fixed(32),
            reader.fixed(32),
            reader.number(4),
            reader.text(MAX_NAME),
            reader.text(MAX_MEDIA_TYPE),
        )


@dataclass(frozen=True)
class Trailer:
    """What a record says of itself after its content: the true size in bytes, and its SHA-256."""

    ending: Ending
    size: int
    sha256: bytes

    def __repr__(self) -> str:
        return f"<Trailer of a record that is {self.ending.name.lower()}>"

    def serialise(self) -> bytes:
        """Encode (F3.3)."""
        return Writer().number(self.ending, 1).number(self.size, 8).fixed(self.sha256, 32).done()

    @classmethod
    def parse(cls, data: bytes) -> "Trailer":
        """Decode ``TRAILER`` bytes."""
        reader = Reader(data)
        ending = reader.number(1)
        if ending not in set(Ending):
            raise Malformed(f"a record with ending {ending}")
        trailer = cls(Ending(ending), reader.number(8), reader.fixed(32))
        reader.done()
        return trailer


def block_count(header_size: int, content_size: int) -> int:
    """Blocks, padding included, of a record with a header and a content of so many bytes."""
    full, rest = divmod(header_size + content_size, CAPACITY)
    # F3.3: a rest that leaves no room for the trailer has a block of its own.
    return bucket(full + (2 if rest + TRAILER > CAPACITY else 1))


class RecordWriter:
    """Push interface: content in, whole blocks out; holds less than one block between calls.

    ``write`` does ``count`` and ``blocks``. Whoever has a processor to spare calls these two
    apart, each with the same content in the same order: hashing can run ahead in a thread.

    An iterator is to be used up before the next call; that, any call after ``finish``, and
    content that was only counted or only taken, is a ``RuntimeError``.
    """

    def __init__(self, header: Header) -> None:
        # Every block is made in the same memory: it is quicker, and leaves no plaintext behind.
        self._memory = bytearray(BLOCK)
        self._view = memoryview(self._memory)
        self._used = 4
        self._hash = sha256()
        self._size = 0
        self._taken = 0
        self._blocks = 0
        self._ready = True
        self._add(memoryview(header.serialise()))

    @property
    def size(self) -> int:
        """Bytes of content so far."""
        return self._size

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content so far."""
        return self._hash.digest()

    def write(self, data: bytes | bytearray | memoryview) -> Iterator[bytes]:
        """Take content of any length; yield each block that is full."""
        blocks = self.blocks(data)
        self.count(data)
        return map(bytes, blocks)

    def count(self, data: bytes | bytearray | memoryview) -> None:
        """Hash and count content, for the trailer."""
        self._hash.update(data)
        self._size += len(data)

    def blocks(self, data: bytes | bytearray | memoryview) -> Iterator[memoryview]:
        """Take content that is counted apart; yield each block that is full.

        A block is good until the next one is asked for.
        """
        self._claim()
        self._taken += len(data)
        return self._fill(memoryview(data))

    def finish(self, ending: Ending = Ending.COMPLETE) -> Iterator[tuple[bytes, bool]]:
        """Yield the blocks that are left, each with whether it is the record's last."""
        self._claim()
        if self._taken != self._size:
            raise RuntimeError("content was counted and not taken, or taken and not counted")
        return self._finish(ending)

    def _claim(self) -> None:
        if not self._ready:
            raise RuntimeError("the record is finished, or what it gave was not used up")
        self._ready = False

    def _fill(self, data: memoryview) -> Iterator[memoryview]:
        while len(data) >= BLOCK - self._used:
            room = BLOCK - self._used
            self._add(data[:room])
            data = data[room:]
            yield self._block(BlockKind.MORE)
        self._add(data)
        self._ready = True

    def _finish(self, ending: Ending) -> Iterator[tuple[bytes, bool]]:
        if self._used + TRAILER > BLOCK:
            yield bytes(self._block(BlockKind.MORE)), False
        self._add(memoryview(Trailer(ending, self._size, self._hash.digest()).serialise()))
        total = bucket(self._blocks + 1)
        yield bytes(self._block(BlockKind.END)), self._blocks == total
        while self._blocks < total:
            yield bytes(self._block(BlockKind.PADDING)), self._blocks == total

    def _add(self, data: memoryview) -> None:
        end = self._used + len(data)
        self._view[self._used : end] = data
        self._used = end

    def _block(self, kind: BlockKind) -> memoryview:
        """Return what was added as a block, and begin the next."""
        self._view[:4] = (kind << 24 | self._used - 4).to_bytes(4, "big")
        self._view[self._used :] = _ZEROS[self._used :]
        self._used = 4
        self._blocks += 1
        return self._view


class RecordReader:
    """Pull interface: verified blocks in, content out.

    Args:
        blocks: the record's blocks, each of ``BLOCK`` bytes. The iterator may end in
            ``Truncated``, which is passed on after the content up to there was delivered.

    Attributes:
        header: read when the reader is made.
        trailer: ``None`` until all content was delivered. It may be there although the iterator
            was cut: then only padding is missing.

    Raises:
        Malformed: the blocks are not a record. Also Corrupt and Truncated, as the blocks do.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._count = 0
        self.trailer: Trailer | None = None
        self._first = self._next()
        if self._first is None:
            raise Truncated("cut off before its first block")
        kind, data = self._first
        if kind is BlockKind.PADDING:
            raise Malformed("a record that begins with padding")
        reader = Reader(data)
        try:
            self.header = Header.read(reader)
        except Truncated as error:
            raise Malformed("a header that does not fit its block") from error
        self._offset = reader.offset

    def content(self) -> Iterator[bytes]:
        """Yield the content, once; its size and hash are verified at the end.

        Raises:
            RuntimeError: called before.
            Truncated: cut off; everything up to the cut was yielded.
            Corrupt: size or SHA-256 do not agree with the content.
            Malformed: the blocks are not in the one accepted form.
        """
        digest, size, short = sha256(), 0, False
        block, offset = self._first, self._offset
        if block is None:
            raise RuntimeError("the content was pulled before")
        self._first = None
        while True:
            if block is None:
                raise Truncated("cut off before its end")
            kind, data = block
            if kind is BlockKind.PADDING or (short and kind is BlockKind.MORE):
                raise Malformed("blocks out of order")
            end = len(data) - (TRAILER if kind is BlockKind.END else 0)
            # Only a rest that leaves no room for the trailer may be short (F3.3).
            if kind is BlockKind.MORE and len(data) < CAPACITY:
                short = True
                if len(data) + TRAILER <= CAPACITY:
                    raise Malformed("a short block where a full one belongs")
            if end < offset or (kind is BlockKind.END and short and end != 0):
                raise Malformed("an ending that does not fit its block")
            piece = data[offset:end]
            digest.update(piece)
            size += len(piece)
            if piece:
                yield piece
            if kind is BlockKind.END:
                break
            block, offset = self._next(), 0
        trailer = Trailer.parse(data[end:])
        if trailer.size != size or trailer.sha256 != digest.digest():
            raise Corrupt("size or SHA-256 do not agree with the content")
        self.trailer = trailer
        self._check_padding()

    def _check_padding(self) -> None:
        total = bucket(self._count)
        while (block := self._next()) is not None:
            if block[0] is not BlockKind.PADDING or block[1]:
                raise Malformed("something follows the record's end")
            if self._count > total:
                raise Malformed("more padding than its bucket has")
        if self._count < total:
            raise Truncated("cut off in its padding; the content is whole")

    def _next(self) -> tuple[BlockKind, bytes] | None:
        block = next(self._blocks, None)
        if block is None:
            return None
        self._count += 1
        if len(block) != BLOCK:
            raise Malformed(f"a block of {len(block)} bytes")
        prefix = int.from_bytes(block[:4], "big")
        kind, used = prefix >> 24, prefix & 0xFFFFFF
        if kind not in set(BlockKind) or used > CAPACITY:
            raise Malformed("a block that says it is what no block is")
        if block[4 + used :] != _ZEROS[: CAPACITY - used]:
            raise Malformed("a block whose unused bytes are not zero")
        return BlockKind(kind), block[4 : 4 + used]
