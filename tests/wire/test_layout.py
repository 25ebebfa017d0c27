"""A layout holds what the blocks of a record are, however it was filled, and whatever it held."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intake.wire.blocks import Blocks
from intake.wire.envelope import CHUNK
from intake.wire.layout import Layout
from intake.wire.record import CAPACITY, TRAILER, Kind
from intake.wire.resumable import MAX_BLOCKS, MAX_CONTENT, Resumable
from tests.wire.support import chance, header

HEAD = header(kind=Kind.PACK)
FRONT = len(HEAD.serialise())
ROOM = 12
#: Around every place where the layout of blocks changes.
SIZES = st.builds(
    lambda blocks, edge, by: max(0, blocks * CAPACITY - edge + by),
    st.integers(0, 9),
    st.sampled_from([0, FRONT, FRONT + TRAILER]),
    st.integers(-2, 2),
)
LAYOUT = Layout(HEAD, ROOM)


def content(size: int) -> bytes:
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


def fill(layout: Layout, data: bytes, step: int) -> None:
    """Put content in by pieces of ``step`` bytes."""
    for at in range(0, len(data), step):
        layout.put(at, data[at : at + step])
    layout.size = len(data)


@given(SIZES, st.integers(30_000, 200_000))
@example(0, 1)
def test_its_blocks_are_the_records_whatever_lay_there_before(size, step):
    data = content(size)
    fill(LAYOUT, data, step)
    digest = LAYOUT.digest()
    assert digest == hashlib.sha256(data).digest()
    LAYOUT.frame(digest)
    blocks = Blocks(HEAD, data, digest)
    assert len(LAYOUT) == len(blocks)
    assert all(LAYOUT.block(number) == blocks.block(number) for number in range(len(blocks)))


def test_what_is_sealed_from_it_is_what_is_sealed_from_bytes():
    data, identity = content(MAX_CONTENT), chance("identity", 32)
    layout = Layout(HEAD, MAX_BLOCKS)
    assert layout.most == MAX_CONTENT
    fill(layout, data, 1_000_000)
    digest = layout.digest()
    sealed = []
    for one in (data, layout):
        made, room = Resumable(HEAD, one, digest, identity), bytearray(MAX_BLOCKS * CHUNK)
        assert made.seal_into(0, memoryview(room)) == len(room)
        sealed.append(room)
    assert sealed[0] == sealed[1]


def test_more_than_there_is_room_for_is_refused():
    layout = Layout(HEAD, 1)
    layout.size = layout.most + 1
    with pytest.raises(ValueError, match="room"):
        layout.frame(bytes(32))


def test_another_header_is_refused():
    with pytest.raises(ValueError, match="another header"):
        Resumable(header(kind=Kind.MANIFEST), Layout(HEAD, 1), bytes(32), bytes(32))
    assert repr(LAYOUT) == "<Layout>"
