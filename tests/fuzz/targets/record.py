"""A record's blocks (F3); the slow model reads them too, and what is whole is written again.

The first byte's bits: the trailer is made right; more blocks were there and are cut off. Each part
that follows is a block, with zeros to its end.
"""

from collections.abc import Iterator
from hashlib import sha256

from intake.wire.blocks import Blocks
from intake.wire.errors import Truncated
from intake.wire.record import BLOCK, TRAILER, BlockKind, Ending, RecordWriter
from tests.fuzz.recipes import flags, joined, parts_of
from tests.fuzz.vectors import vectors
from tests.wire import model
from tests.wire.support import Reading

LONGEST = 4_096
RATE = 300
#: Blocks in one input.
_MOST = 24


def one_input(data: bytes) -> None:
    (right, cut), recipe = flags(data, 2)
    blocks = blocks_of(recipe, right=right)
    reading = Reading.of_blocks(_given(blocks, cut=cut))
    check(blocks, reading, model.read_blocks(blocks, cut=cut))


def check(blocks: list[bytes], reading: Reading, modelled: model.Delivered) -> None:
    """Both readers agree, and an accepted record is the only way to write what is in it."""
    assert reading.outcome == modelled.outcome
    if reading.outcome != "malformed":
        # Of what is malformed a reader may hand on less (F3).
        assert reading.content == modelled.content
    if reading.outcome != "success":
        return
    assert reading.reader is not None
    header, trailer = reading.reader.header, reading.reader.trailer
    assert trailer is not None
    writer = RecordWriter(header)
    again = [*writer.write(reading.content), *(one for one, _ in writer.finish(trailer.ending))]
    assert again == blocks
    if trailer.ending is Ending.COMPLETE:
        by_number, block = Blocks(header, reading.content, trailer.sha256), bytearray(BLOCK)
        assert len(by_number) == len(blocks)
        for number, one in enumerate(blocks):
            by_number.write(number, memoryview(block))
            assert block == one


def blocks_of(recipe: bytes, *, right: bool) -> list[bytes]:
    """Return the blocks of a recipe, with size and hash of the content put right if asked for."""
    parts = list(parts_of(recipe))[:_MOST]
    blocks = [bytearray(part[:BLOCK].ljust(BLOCK, b"\0")) for part in parts]
    if right:
        _put_right(blocks)
    return [bytes(block) for block in blocks]


def _put_right(blocks: list[bytearray]) -> None:
    digest, size, at = sha256(), 0, 0
    for number, block in enumerate(blocks):
        kind, used = block[0], int.from_bytes(block[1:4], "big")
        if number == 0:
            at = 4 + len(model._header(bytes(block[4 : 4 + used])))
        end = 4 + used - (TRAILER if kind == BlockKind.END else 0)
        digest.update(block[at:end])
        size += max(0, end - at)
        at = 4
        if kind == BlockKind.END:
            if 4 <= end <= BLOCK - TRAILER:
                block[end + 1 : end + TRAILER] = size.to_bytes(8, "big") + digest.digest()
            return


def _given(blocks: list[bytes], *, cut: bool) -> Iterator[bytes]:
    yield from blocks
    if cut:
        raise Truncated("cut off by the test")


def recipe_of(data: bytes) -> bytes:
    """Return the recipe of a row of blocks."""
    return joined([data[at : at + BLOCK].rstrip(b"\0") for at in range(0, len(data), BLOCK)])


def seeds() -> Iterator[bytes]:
    for vector in vectors("record"):
        recipe = recipe_of(vector.input())
        if len(recipe) < LONGEST:
            yield b"\0" + recipe
            yield b"\1" + recipe
