"""The front of an envelope: every header that the format makes is taken, and no other."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.front import LEAST_FRONT, MOST_FRONT, check_front, is_size, slots_of
from intake.wire.envelope import CHUNK, FILE_KEY, MAX_SLOTS, SLOT, header_size, seal_header
from intake.wire.errors import Malformed, Truncated
from intake.wire.padme import bucket

slots = st.integers(1, MAX_SLOTS)


def header(count: int) -> bytes:
    return seal_header([os.urandom(SLOT) for _ in range(count)], os.urandom(FILE_KEY))


@given(count=slots, more=st.binary(max_size=100))
def test_every_header_is_taken_whatever_follows(count: int, more: bytes) -> None:
    front = header(count)
    check_front(front + more)
    assert slots_of(front[:LEAST_FRONT]) == count
    assert len(front) <= MOST_FRONT


@given(count=slots, data=st.data())
def test_a_header_that_is_not_whole_is_truncated(count: int, data: st.DataObject) -> None:
    front = header(count)
    with pytest.raises(Truncated):
        check_front(front[: data.draw(st.integers(0, len(front) - 1))])


@given(count=slots, data=st.data())
def test_no_byte_after_the_mac_may_be_anything_but_zero(count: int, data: st.DataObject) -> None:
    front = bytearray(header(count))
    at = data.draw(st.integers(LEAST_FRONT + count * SLOT + 32, len(front) - 1))
    front[at] = data.draw(st.integers(1, 255))
    with pytest.raises(Malformed):
        check_front(bytes(front))


@pytest.mark.parametrize("count", [0, MAX_SLOTS + 1, 65_535])
def test_no_envelope_is_to_nobody_or_to_more_than_there_can_be(count: int) -> None:
    front = header(1)
    with pytest.raises(Malformed):
        check_front(front[:8] + count.to_bytes(2, "big") + front[10:])


def test_another_magic_is_malformed() -> None:
    with pytest.raises(Malformed):
        check_front(b"intakeR1" + header(1)[8:])


@given(count=slots, chunks=st.integers(1, 10**9))
def test_the_size_of_every_envelope_is_taken(count: int, chunks: int) -> None:
    assert is_size(header_size(count) + bucket(chunks) * CHUNK, count)


@given(count=slots, size=st.integers(-10, 10**9))
def test_no_other_size_is(count: int, size: int) -> None:
    chunks = (size - header_size(count)) / CHUNK
    is_one = chunks >= 1 and chunks == int(chunks) and bucket(int(chunks)) == chunks
    assert is_size(size, count) == is_one
