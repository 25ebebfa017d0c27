"""The envelope: sealed to every editor, opened from its front, chunk by chunk (F4)."""

import hashlib
import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire import envelope as wire
from intake.wire.envelope import (
    CHUNK,
    MAX_SLOTS,
    PAGE,
    SLOT,
    Identity,
    Recipient,
    Sealer,
    envelope_id,
    header_size,
    open_envelope,
    seal_header,
)
from intake.wire.errors import Malformed, NotForUs, Truncated
from intake.wire.record import CAPACITY, Ending, block_count
from tests.wire import model
from tests.wire.support import Reading, chance, envelope, header, identity, recipient

HEAD = len(header().serialise())
FILE_KEY = chance("file key", 32)


@pytest.mark.parametrize("to", ["a", "abc", "abcdefgh", "a" * MAX_SLOTS])
def test_opens_for_each_editor_and_for_the_slow_model(to):
    data = envelope(b"content", to)
    assert len(data) == header_size(len(to)) + CHUNK
    for name in sorted(set(to)):
        reading = Reading.of_envelope(data, "z", name)
        assert (reading.outcome, reading.content) == ("success", b"content")
    modelled = model.read_envelope(data, [chance(f"identity {to[-1]}", 96)])
    assert (modelled.outcome, modelled.content) == ("success", b"content")


@pytest.mark.parametrize("size", [0, 1, CAPACITY - HEAD - 41, CAPACITY - HEAD - 40, 9 * CAPACITY])
def test_its_size_says_the_bucket_and_no_more(size):
    data = envelope(bytes(size))
    assert len(data) == PAGE + CHUNK * block_count(HEAD, size)
    assert len(data) % PAGE == 0
    assert Reading.of_envelope(data).content == bytes(size)


def test_a_header_is_whole_pages_and_grows_with_the_slots():
    assert [header_size(n) for n in (1, 3, 4, 32)] == [4096, 4096, 8192, 40960]
    for count in range(1, MAX_SLOTS + 1):
        header_bytes = seal_header([bytes(SLOT)] * count, FILE_KEY)
        assert len(header_bytes) == header_size(count) == -(-(42 + 1168 * count) // 4096) * 4096


@given(st.lists(st.integers(0, 200_000), max_size=6))
@settings(max_examples=25)
def test_the_way_content_is_cut_into_writes_leaves_no_trace(cuts):
    data = chance("content", 200_000)
    places = sorted({0, len(data), *cuts})
    sealer = Sealer(header(), [recipient("a")], file_key=FILE_KEY)
    sealer.begin()
    made = b""
    for start, end in itertools.pairwise(places):
        made += b"".join(sealer.write(memoryview(data)[start:end]))
    made += b"".join(sealer.finish())
    assert made == envelope(data)[PAGE:]


@given(st.integers(1, 70_000))
@settings(max_examples=20)
def test_reads_of_any_size_give_the_same(step):
    whole = io.BytesIO(envelope(bytes(100_000)))
    reader = open_envelope(lambda size: whole.read(min(size, step)), [identity("a")])
    assert b"".join(reader.content()) == bytes(100_000)


@pytest.mark.parametrize("ending", list(Ending))
def test_says_how_the_content_ended(ending):
    reading = Reading.of_envelope(envelope(b"content", ending=ending))
    assert reading.outcome == "success"
    assert reading.reader is not None
    assert reading.reader.trailer is not None
    assert reading.reader.trailer.ending is ending


def test_a_sealer_knows_size_and_digest_of_the_content_so_far():
    sealer = Sealer(header(), [recipient("a")], file_key=FILE_KEY)
    sealer.begin()
    list(sealer.write(b"content"))
    assert sealer.size == 7
    assert sealer.digest == hashlib.sha256(b"content").digest()


def test_the_first_page_names_an_envelope_cut_or_whole():
    data = envelope(b"content", "abcdefgh")
    name = envelope_id(data)
    assert name == envelope_id(data[:4096])
    assert name == model.blake(b"intake1 envelope", b"", data[:4096], 16)
    assert name != envelope_id(envelope(b"content", "abcdefgh"))
    with pytest.raises(Truncated):
        envelope_id(data[:4095])


def test_two_envelopes_of_one_file_have_nothing_in_common():
    one, other = (envelope(bytes(1000), file_key=chance(name, 32)) for name in ("1", "2"))
    assert not {one[i : i + 16] for i in range(10, 1200, 16)} & {
        other[i : i + 16] for i in range(10, 1200, 16)
    }
    assert not {one[i : i + 16] for i in range(PAGE, len(one), 16)} & {
        other[i : i + 16] for i in range(PAGE, len(other), 16)
    }


def test_calls_out_of_order_are_errors():
    def sealer(begun=True):
        made = Sealer(header(), [recipient("a")], file_key=FILE_KEY)
        if begun:
            made.begin()
        return made

    with pytest.raises(RuntimeError, match="begins with its header"):
        sealer(begun=False).write(b"")
    with pytest.raises(RuntimeError, match="begins with its header"):
        sealer(begun=False).finish()
    with pytest.raises(RuntimeError, match="is begun"):
        sealer().begin()
    finished = sealer()
    list(finished.finish())
    for late in (finished.finish, lambda: finished.write(b""), finished.begin):
        with pytest.raises(RuntimeError, match=r"finished|begun"):
            late()


@pytest.mark.parametrize("count", [0, MAX_SLOTS + 1])
def test_an_envelope_to_nobody_or_to_too_many_is_not_made(count):
    with pytest.raises(ValueError, match=f"to {count} editors"):
        Sealer(header(), [recipient("a")] * count, file_key=FILE_KEY)


def test_keys_of_another_size_are_refused():
    with pytest.raises(ValueError, match="file key of 31"):
        Sealer(header(), [recipient("a")], file_key=bytes(31))
    with pytest.raises(ValueError, match="private key of 95"):
        Identity(bytes(95))
    with pytest.raises(Malformed, match="public key of 1215"):
        Recipient(bytes(1215))


LOW_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    2**255 - 20,
    2**255 - 19,
    2**255 - 18,
]


@pytest.mark.parametrize("point", LOW_ORDER)
@pytest.mark.parametrize("high_bit", [0, 1 << 255])
def test_a_point_of_low_order_is_no_public_key_and_opens_nothing(point, high_bit):
    point_bytes = (point | high_bit).to_bytes(32, "little")
    with pytest.raises(Malformed, match="public key that is none"):
        Recipient(identity("a").public()[:1184] + point_bytes)
    slot = bytearray(recipient("a").wrap(FILE_KEY))
    slot[1088:1120] = point_bytes
    assert identity("a").unwrap(bytes(slot)) is None


@pytest.mark.parametrize("coefficients", [b"\xff\xff\xff", (3329).to_bytes(2, "little") + b"\0"])
def test_an_ml_kem_key_with_a_coefficient_too_large_is_no_public_key(coefficients):
    with pytest.raises(Malformed, match="public key that is none"):
        Recipient(coefficients + identity("a").public()[3:])


@given(st.binary(min_size=0, max_size=SLOT))
def test_no_slot_at_all_makes_an_untyped_error(noise):
    assert identity("a").unwrap(noise) is None
    assert identity("a").unwrap(noise.ljust(SLOT, b"\0")) is None


def test_the_key_encapsulation_is_x_wing_in_rfc_9180s_base_mode():
    slot = recipient("a").wrap(FILE_KEY)
    assert len(slot) == SLOT == 1088 + 32 + 32 + 16
    private = chance("identity a", 96)
    assert model.hpke_open(private, slot, b"intake1 file key for one editor") == FILE_KEY
    assert model.hpke_open(private, slot, b"") is None


def test_one_header_cannot_give_two_editors_two_keys():
    """Key commitment: two slots with two file keys; the MAC can be right for one at most."""
    keys = {"a": chance("key a", 32), "b": chance("key b", 32)}
    slots = [recipient(name).wrap(key) for name, key in keys.items()]
    payload = envelope(b"for a", file_key=keys["a"])[PAGE:]
    for mine, other in (("a", "b"), ("b", "a")):
        data = seal_header(slots, keys[mine]) + payload
        assert Reading.of_envelope(data, other).outcome == "corrupt"
    data = seal_header(slots, keys["a"]) + payload
    assert Reading.of_envelope(data, "a").content == b"for a"


def test_the_order_of_identities_and_slots_does_not_matter():
    keys = [chance("key 1", 32), chance("key 2", 32)]
    slots = [recipient("a").wrap(keys[0]), recipient("b").wrap(keys[1])]
    data = seal_header(slots, keys[1]) + envelope(b"content", file_key=keys[1])[PAGE:]
    for names in ("ab", "ba"):
        assert Reading.of_envelope(data, *names).content == b"content"


def test_nobody_else_opens_it():
    with pytest.raises(NotForUs):
        open_envelope(io.BytesIO(envelope(b"x")).read, [identity("b")])
    with pytest.raises(NotForUs):
        open_envelope(io.BytesIO(envelope(b"x")).read, [])


def test_no_nonce_is_used_twice():
    nonces = {
        wire.chunk_nonce(counter, last=last) for counter in range(1000) for last in (False, True)
    }
    assert len(nonces) == 2000
    assert wire.chunk_nonce(258, last=True) == bytes.fromhex("000000000000000000010201")


def test_secrets_show_nothing():
    assert repr(identity("a")) == "<Identity>"
    assert repr(Sealer(header(), [recipient("a")], file_key=FILE_KEY)) == "<Sealer>"
