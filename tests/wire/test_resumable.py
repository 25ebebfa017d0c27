"""Uploads that are found again: all the same from the same, and nothing from others (F4.6)."""

import hashlib
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intake.wire.blocks import Blocks
from intake.wire.envelope import CHUNK, header_size, open_envelope
from intake.wire.record import BLOCK, CAPACITY, TRAILER, Ending, Header, Kind
from intake.wire.resumable import MAX_BLOCKS, MAX_CONTENT, Resumable, content_id, upload_id
from tests.wire.support import chance, header, identity, recipient, record

HEAD = header(kind=Kind.PACK)
FRONT = len(HEAD.serialise())
KEY = chance("upload key", 32)
#: Around every place where the layout of blocks changes.
SIZES = st.builds(
    lambda blocks, edge, by: max(0, blocks * CAPACITY - edge + by),
    st.integers(0, 10),
    st.sampled_from([0, FRONT, FRONT + TRAILER]),
    st.integers(-2, 2),
)


def content(size: int) -> bytes:
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


def resumable(data: bytes, head: Header = HEAD, key: bytes = KEY) -> Resumable:
    digest = hashlib.sha256(data).digest()
    return Resumable(head, data, digest, content_id(key, head, len(data), digest))


def chunks(one: Resumable, first: int = 0, number: int | None = None) -> bytes:
    room = bytearray((one.chunks - first if number is None else number) * CHUNK)
    return bytes(memoryview(room)[: one.seal_into(first, memoryview(room))])


@given(SIZES, st.integers(0, 300))
@example(MAX_CONTENT, 0)
def test_any_block_is_what_a_writer_makes_of_it(size, name):
    head = header(kind=Kind.FILE, name="n" * name)
    data = content(size)
    made, room = Blocks(head, data, hashlib.sha256(data).digest()), memoryview(bytearray(BLOCK))
    written = record(data, head)
    assert len(made) == len(written)
    for number in reversed(range(len(made))):
        made.write(number, room)
        assert room == written[number]


def test_there_is_no_block_beyond_the_last():
    made = Blocks(HEAD, b"", bytes(32))
    for number in (-1, len(made)):
        with pytest.raises(IndexError, match="block"):
            made.write(number, memoryview(bytearray(BLOCK)))


@given(SIZES)
def test_it_opens_as_any_envelope_does(size):
    one, data = resumable(content(size)), content(size)
    whole = one.begin([recipient("a"), recipient("b")]) + chunks(one)
    assert len(whole) == one.size(2)
    opened = open_envelope(io.BytesIO(whole).read, [identity("b")])
    assert opened.header == HEAD
    assert b"".join(opened.content()) == data
    assert opened.trailer is not None
    assert (opened.trailer.ending, opened.trailer.sha256) == (Ending.COMPLETE, one.digest)


@given(SIZES, st.integers(0, 12), st.integers(0, 12))
def test_any_chunks_sealed_again_are_the_same(size, first, number):
    data = content(size)
    whole, again = chunks(resumable(data)), resumable(data)
    assert chunks(again, first, number) == whole[first * CHUNK : (first + number) * CHUNK]


def test_a_header_of_another_try_fits_chunks_of_the_first():
    one, again = resumable(content(100_000)), resumable(content(100_000))
    headers = [each.begin([recipient("a")]) for each in (one, again)]
    assert headers[0] != headers[1]
    for begun in headers:
        opened = open_envelope(io.BytesIO(begun + chunks(one)).read, [identity("a")])
        assert b"".join(opened.content()) == content(100_000)


def test_the_largest_content_fills_its_bucket():
    one = resumable(bytes(MAX_CONTENT))
    assert one.chunks == MAX_BLOCKS == 128
    assert one.size(1) == header_size(1) + 128 * CHUNK
    with pytest.raises(ValueError, match="too much"):
        resumable(bytes(MAX_CONTENT + 1))


def variants() -> dict[str, tuple[Header, bytes, bytes]]:
    """One record, and others that differ from it in one thing: header, content, key."""
    data = content(1_000)
    return {
        "the record": (HEAD, data, KEY),
        "one bit": (HEAD, data[:-1] + bytes([data[-1] ^ 1]), KEY),
        "a zero more": (HEAD, data + b"\0", KEY),
        "a name": (header(kind=Kind.PACK, name="a"), data, KEY),
        "the same letter as media type": (header(kind=Kind.PACK, media_type="a"), data, KEY),
        "a position": (header(kind=Kind.PACK, position=1), data, KEY),
        "a kind": (header(kind=Kind.MANIFEST), data, KEY),
        "a submission": (header(kind=Kind.PACK, submission=bytes(16)), data, KEY),
        "a thread": (header(kind=Kind.PACK, capability=bytes(32)), data, KEY),
        "a source": (HEAD, data, bytes(32)),
    }


def test_what_differs_in_anything_shares_neither_key_nor_address():
    made = {name: resumable(data, head, key) for name, (head, data, key) in variants().items()}
    assert len({one.address for one in made.values()}) == len(made)
    assert len({one._file_key for one in made.values()}) == len(made)
    # No two first chunks have a block of ciphertext at the same place in common.
    rows = [chunks(one, 0, 1) for one in made.values()]
    for at in range(0, CHUNK, 64):
        assert len({row[at : at + 64] for row in rows}) == len(rows)


def test_a_file_that_changed_between_two_tries_is_another_upload():
    # Same path, same size, one byte: as a database that was written to meanwhile.
    before = bytearray(content(200_000))
    first = resumable(bytes(before))
    sent = chunks(first, 0, 2)
    before[-1] ^= 1
    second = resumable(bytes(before))
    assert second.address != first.address
    assert all(
        sent[at : at + 64] != chunks(second, 0, 2)[at : at + 64] for at in range(0, len(sent), 64)
    )


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_content_id_is_found_again_from_the_same_alone(one, other):
    ids = [content_id(KEY, HEAD, len(data), hashlib.sha256(data).digest()) for data in (one, other)]
    assert (ids[0] == ids[1]) == (one == other)


def test_a_server_keeps_uploads_under_no_address():
    one = resumable(b"x")
    names = {upload_id(one.address, size) for size in (1, 2, one.size(1))}
    assert len(names) == 3
    assert all(name not in one.address for name in names)


def test_secrets_show_nothing():
    one = resumable(b"secret")
    assert repr(one) == "<Resumable>"
    assert repr(one._blocks) == "<Blocks>"
