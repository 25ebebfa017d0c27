"""Every byte flipped, every cut, every order: what is delivered was sealed, and the rest is told.

An envelope of five chunks to three editors, damaged in each way; the slow model, written from the
format document alone, must deliver the same bytes and give the same verdict.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire.envelope import CHUNK, PAGE, SLOT, seal_chunk
from intake.wire.labels import PAYLOAD_KEY, derive
from intake.wire.record import CAPACITY
from tests.wire import model
from tests.wire.support import Reading, chance, envelope, header, record

HEAD = len(header().serialise())
CONTENT = chance("content", 4 * CAPACITY + 1000)
WHOLE = envelope(CONTENT, "abc")
CHUNKS = [WHOLE[at : at + CHUNK] for at in range(PAGE, len(WHOLE), CHUNK)]
OTHER = envelope(CONTENT, "abc", file_key=chance("another file key", 32))
MAC_AT = 10 + 3 * SLOT
PRIVATE = [chance("identity a", 96)]


def delivered_before(chunk: int) -> bytes:
    """The content in the chunks before this one."""
    return CONTENT[: max(0, chunk * CAPACITY - HEAD)]


def flipped(data: bytes, place: int, bits: int = 1) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def assert_model_agrees(data: bytes, reading: Reading) -> None:
    modelled = model.read_envelope(data, PRIVATE)
    assert (modelled.outcome, modelled.content) == (reading.outcome, reading.content)


def expected_of_header(place: int) -> set[str]:
    if place < 8:
        return {"malformed"}
    if place < 10:
        # Another number of slots: the MAC is looked for elsewhere, or the header is too long.
        return {"malformed", "corrupt"}
    if place < 10 + SLOT:
        return {"not for us"}
    return {"corrupt"} if place < MAC_AT + 32 else {"malformed"}


def test_every_byte_of_the_header_is_guarded():
    for place in range(PAGE):
        data = flipped(WHOLE[: PAGE + CHUNK], place, 1 << place % 8)
        reading = Reading.of_envelope(data)
        assert reading.outcome in expected_of_header(place), place
        assert reading.content == b""


@pytest.mark.parametrize("place", range(0, PAGE, 37))
def test_the_slow_model_agrees_on_flips_in_the_header(place):
    data = flipped(WHOLE[: PAGE + CHUNK], place)
    assert_model_agrees(data, Reading.of_envelope(data))


@given(st.integers(PAGE, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=120)
def test_every_byte_of_the_payload_is_guarded(place, bits):
    data = flipped(WHOLE, place, bits)
    reading = Reading.of_envelope(data)
    assert reading.outcome == "corrupt"
    assert reading.content == delivered_before((place - PAGE) // CHUNK)


@pytest.mark.parametrize("chunk", range(5))
@pytest.mark.parametrize("place", [0, 1, 3, 4, 65_519, 65_520, 65_535])
def test_the_edges_of_every_chunk_are_guarded(chunk, place):
    data = flipped(WHOLE, PAGE + chunk * CHUNK + place, 0x80)
    reading = Reading.of_envelope(data)
    assert (reading.outcome, reading.content) == ("corrupt", delivered_before(chunk))
    assert_model_agrees(data, reading)


def test_every_cut_in_the_header_is_truncated():
    for end in range(PAGE):
        reading = Reading.of_envelope(WHOLE[:end])
        assert (reading.outcome, reading.content) == ("truncated", b"")


@pytest.mark.parametrize("chunk", range(5))
@pytest.mark.parametrize("delta", [0, 1, 15, 16, 17, 4096, CHUNK - 1])
def test_every_cut_delivers_exactly_what_came_before(chunk, delta):
    data = WHOLE[: PAGE + chunk * CHUNK + delta]
    reading = Reading.of_envelope(data)
    assert (reading.outcome, reading.content) == ("truncated", delivered_before(chunk))
    assert_model_agrees(data, reading)


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=60)
def test_any_cut_delivers_exactly_what_came_before(end):
    reading = Reading.of_envelope(WHOLE[:end])
    assert reading.outcome == "truncated"
    assert reading.content == delivered_before(max(0, end - PAGE) // CHUNK)


@given(st.lists(st.sampled_from([*CHUNKS, OTHER[PAGE : PAGE + CHUNK], OTHER[-CHUNK:]]), max_size=7))
@settings(max_examples=60)
def test_no_other_row_of_chunks_passes_for_the_whole(chunks):
    data = WHOLE[:PAGE] + b"".join(chunks)
    reading = Reading.of_envelope(data)
    same = 0
    while same < min(len(chunks), 5) and chunks[same] == CHUNKS[same]:
        same += 1
    if same == len(chunks) == 5:
        assert reading.outcome == "success"
    elif same == len(chunks):
        assert reading.outcome == "truncated"
    else:
        assert reading.outcome == "corrupt"
    assert reading.content == (CONTENT if same == 5 else delivered_before(same))
    assert_model_agrees(data, reading)


@pytest.mark.parametrize("extra", [b"\0", bytes(CHUNK), CHUNKS[-1], CHUNKS[0] + b"x"])
def test_what_follows_the_last_chunk_is_told_and_takes_nothing_away(extra):
    reading = Reading.of_envelope(WHOLE + extra)
    assert (reading.outcome, reading.content) == ("corrupt", CONTENT)
    assert_model_agrees(WHOLE + extra, reading)


def test_the_payload_of_another_envelope_is_corrupt():
    assert Reading.of_envelope(WHOLE[:PAGE] + OTHER[PAGE:]).outcome == "corrupt"


def sealed(blocks: list[bytes], last_at: int | None) -> bytes:
    """An envelope by somebody who has the file key and does not keep to the format."""
    key = derive(chance("file key", 32), PAYLOAD_KEY)
    chunks = [seal_chunk(key, i, block, last=i == last_at) for i, block in enumerate(blocks)]
    return WHOLE[:PAGE] + b"".join(chunks)


def test_a_record_that_ends_too_early_is_truncated_however_it_is_sealed():
    data = sealed(record(CONTENT)[:3], last_at=2)
    reading = Reading.of_envelope(data)
    assert (reading.outcome, reading.content) == ("truncated", delivered_before(3))
    assert_model_agrees(data, reading)


def test_a_last_chunk_that_does_not_say_so_is_a_cut():
    data = sealed(record(CONTENT), last_at=None)
    reading = Reading.of_envelope(data)
    assert (reading.outcome, reading.content) == ("truncated", CONTENT)
    assert_model_agrees(data, reading)


@pytest.mark.parametrize("place", [0, 3, 4, 12, 13])
def test_a_record_that_is_none_is_malformed_though_every_chunk_is_genuine(place):
    block = flipped(record(b"content")[0], place, 0x40)
    data = sealed([block], last_at=0)
    reading = Reading.of_envelope(data)
    assert_model_agrees(data, reading)
    assert reading.outcome == ("success" if place == 13 else "malformed")
