"""The record: every size, every split, every order of its blocks (F3)."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire.errors import Corrupt, Malformed, Truncated
from intake.wire.padme import bucket
from intake.wire.record import (
    BLOCK,
    CAPACITY,
    MAX_MEDIA_TYPE,
    MAX_NAME,
    TRAILER,
    Ending,
    Kind,
    RecordReader,
    RecordWriter,
    block_count,
)
from tests.wire import model
from tests.wire.support import Reading, header, record

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
HEAD = len(header().serialise())
#: Content that ends just before, at and after each place where the form of a record changes.
EDGES = sorted(
    {
        max(0, blocks * CAPACITY - HEAD + delta)
        for blocks in (0, 1, 2, 3)
        for delta in (-TRAILER - 1, -TRAILER, -TRAILER + 1, -1, 0, 1)
    }
)


def content(size: int) -> bytes:
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", EDGES)
def test_every_size_around_a_block_comes_back(size):
    blocks = record(content(size))
    reading = Reading.of_blocks(iter(blocks))
    assert (reading.outcome, reading.content) == ("success", content(size))
    assert reading.reader is not None
    assert reading.reader.trailer is not None
    assert reading.reader.trailer.size == size
    assert len(blocks) == block_count(HEAD, size) == bucket(len(blocks))
    modelled = model.read_blocks(blocks)
    assert (modelled.outcome, modelled.content) == ("success", content(size))


@pytest.mark.parametrize("ending", list(Ending))
@given(kind=st.sampled_from(Kind), name=NAMES, media=st.text("a/.-+", max_size=255))
def test_a_header_and_an_ending_come_back(ending, kind, name, media):
    head = header(kind=kind, name=name, media_type=media, position=2**32 - 1)
    blocks = record(b"x", head, ending)
    reading = Reading.of_blocks(iter(blocks))
    assert reading.reader is not None
    assert reading.reader.header == head
    assert reading.reader.trailer is not None
    assert reading.reader.trailer.ending is ending
    modelled = model.read_blocks(blocks)
    assert (modelled.header, modelled.ending) == (head.serialise(), ending.value)


@given(st.integers(0, 5), st.integers(-60, 60), st.lists(st.integers(0, 400_000), max_size=12))
@settings(max_examples=60)
def test_the_way_content_is_cut_into_writes_leaves_no_trace(blocks, delta, cuts):
    data = content(max(0, blocks * CAPACITY - HEAD + delta))
    writer = RecordWriter(header())
    made: list[bytes] = []
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(places):
        made += writer.write(bytearray(data[start:end]))
        made += writer.write(b"")
    made += [block for block, _ in writer.finish()]
    assert made == record(data)


def test_exactly_the_last_block_is_marked_as_last():
    writer = RecordWriter(header())
    marks = [False for _ in writer.write(bytes(9 * CAPACITY))]
    marks += [last for _, last in writer.finish()]
    assert marks == [False] * 9 + [True]
    writer = RecordWriter(header())
    marks = [False for _ in writer.write(bytes(8 * CAPACITY))]
    marks += [last for _, last in writer.finish()]
    assert marks == [False] * 9 + [True]


def test_the_longest_names_fit():
    head = header(name="n" * MAX_NAME, media_type="m" * MAX_MEDIA_TYPE)
    reader = RecordReader(iter(record(b"", head)))
    assert reader.header == head


@pytest.mark.parametrize("parts", [{"name": "ä" * 2049}, {"media_type": "m" * 256}])
def test_longer_names_are_not_written(parts):
    with pytest.raises(ValueError, match="where the format allows"):
        RecordWriter(header(**parts))


@pytest.mark.parametrize("blocks", [1, 3, 10])
def test_every_cut_between_blocks_delivers_what_came_before(blocks):
    data = content((blocks - 1) * CAPACITY)
    whole = record(data)
    for kept in range(len(whole)):
        reading = Reading.of_blocks(iter(whole[:kept]))
        assert reading.outcome == "truncated"
        assert reading.content == data[: max(0, kept * CAPACITY - HEAD)]


def test_a_record_cut_in_its_padding_has_its_trailer():
    whole = record(content(8 * CAPACITY))
    reader = RecordReader(iter(whole[:-1]))
    with pytest.raises(Truncated, match="the content is whole"):
        list(reader.content())
    assert reader.trailer is not None


@given(st.permutations(range(10)))
@settings(max_examples=30)
def test_no_other_order_of_the_blocks_is_a_record(order):
    whole = record(content(8 * CAPACITY))
    reading = Reading.of_blocks(whole[i] for i in order)
    if list(order) != list(range(10)):
        assert reading.outcome in ("malformed", "corrupt")


@given(st.lists(st.sampled_from(range(4)), min_size=1, max_size=6), st.data())
@settings(max_examples=300)
def test_agrees_with_the_slow_model_on_damaged_records(picks, data):
    """Blocks of several records mixed, with bytes changed where the structure is."""
    pool = [
        *record(content(2 * CAPACITY - HEAD - 20)),
        record(b"short")[0],
    ]
    blocks = [bytearray(pool[pick % len(pool)]) for pick in picks]
    for _ in range(data.draw(st.integers(0, 2))):
        block = blocks[data.draw(st.integers(0, len(blocks) - 1))]
        used = min(int.from_bytes(block[1:4], "big"), CAPACITY)
        place = data.draw(
            st.one_of(
                st.integers(0, 110),
                st.integers(max(0, used - 45), min(used + 8, BLOCK - 1)),
                st.integers(0, BLOCK - 1),
            )
        )
        block[place % BLOCK] = data.draw(st.integers(0, 255))
    made = [bytes(block) for block in blocks]
    reading, modelled = Reading.of_blocks(iter(made)), model.read_blocks(made)
    assert (reading.outcome, reading.content) == (modelled.outcome, modelled.content)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK + 1])
def test_a_block_of_another_size_is_malformed(size):
    with pytest.raises(Malformed, match=f"a block of {size} bytes"):
        RecordReader(iter([bytes(size)]))


def test_endless_padding_is_refused_at_once():
    def endless():
        yield record(b"")[0]
        while True:
            yield bytes([2]) + bytes(BLOCK - 1)

    reading = Reading.of_blocks(endless())
    assert reading.outcome == "malformed"


def test_a_hash_that_does_not_agree_is_corrupt_and_leaves_no_trailer():
    block = bytearray(record(b"content")[0])
    block[4 + HEAD] ^= 1
    reader = RecordReader(iter([bytes(block)]))
    with pytest.raises(Corrupt, match="SHA-256"):
        list(reader.content())
    assert reader.trailer is None


def test_calls_out_of_order_are_errors():
    for second in (lambda w: w.write(b""), lambda w: w.finish()):
        writer = RecordWriter(header())
        list(writer.finish())
        with pytest.raises(RuntimeError, match="finished"):
            second(writer)
        writer = RecordWriter(header())
        writer.write(bytes(3 * CAPACITY))
        with pytest.raises(RuntimeError, match="not used up"):
            second(writer)
        writer = RecordWriter(header())
        next(writer.write(bytes(3 * CAPACITY)))
        with pytest.raises(RuntimeError, match="not used up"):
            second(writer)
    reader = RecordReader(iter(record(b"x")))
    list(reader.content())
    with pytest.raises(RuntimeError, match="pulled before"):
        list(reader.content())


def test_headers_and_trailers_show_nothing():
    reader = RecordReader(iter(record(b"x", header(name="secret.pdf"))))
    list(reader.content())
    assert repr(reader.header) == "<Header of a file>"
    assert repr(reader.trailer) == "<Trailer of a record that is complete>"
