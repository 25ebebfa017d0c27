"""The reply: one size, found by the capability, opened by the reply key (F6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.secret import SecretBox

from intake.wire.codename import Thread
from intake.wire.errors import Corrupt, Malformed
from intake.wire.reply import MAX_TEXT, NAME, SEALED, Reply, is_for, open_reply, seal_reply
from tests.wire.material import THREAD, reply
from tests.wire.model import blake
from tests.wire.support import chance

OTHER = Thread(chance("other capability", 32), chance("other reply key", 32))
PLAIN = SEALED - 24 - 16


def sealed(plain: bytes) -> bytes:
    return bytes(SecretBox(THREAD.reply_key).encrypt(plain.ljust(PLAIN, b"\0"), bytes(24)))


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_every_reply_comes_back_and_is_of_one_size(number, day, text):
    one = Reply(number, day, text)
    made = seal_reply(one, THREAD, name_random=bytes(16), nonce=bytes(24))
    assert (len(made.sealed), len(made.name)) == (SEALED, NAME) == (16_384, 32)
    assert open_reply(made.sealed, THREAD.reply_key) == one


def test_the_longest_text_fits_and_no_longer_one():
    assert MAX_TEXT == 16_326
    text = "ä" * (MAX_TEXT // 2)
    assert open_reply(reply(text=text).sealed, THREAD.reply_key).text == text
    with pytest.raises(ValueError, match="allows 16326"):
        reply(text=text + "ä")


def test_only_the_threads_capability_finds_it():
    made = reply()
    assert is_for(made.name, THREAD.capability)
    assert not is_for(made.name, OTHER.capability)
    assert not is_for(made.name[:-1], THREAD.capability)
    assert made.name[16:] == blake(b"intake1 replytag", THREAD.capability, made.name[:16], 16)


def test_names_and_seals_of_one_thread_have_nothing_in_common():
    one, other = reply("one"), reply("other")
    assert one.name[:16] != other.name[:16]
    assert one.name[16:] != other.name[16:]
    assert one.sealed[:40] != other.sealed[:40]


@given(st.integers(0, SEALED - 1), st.integers(1, 255))
def test_every_byte_is_guarded(place, bits):
    data = bytearray(reply().sealed)
    data[place] ^= bits
    with pytest.raises(Corrupt):
        open_reply(bytes(data), THREAD.reply_key)


def test_another_threads_reply_does_not_open():
    with pytest.raises(Corrupt):
        open_reply(reply().sealed, OTHER.reply_key)


@pytest.mark.parametrize("size", [0, SEALED - 1, SEALED + 1])
def test_another_size_is_malformed(size):
    with pytest.raises(Malformed, match=f"a reply of {size} bytes"):
        open_reply(bytes(size), THREAD.reply_key)


@pytest.mark.parametrize(
    "plain",
    [
        b"intakeA2" + bytes(8) + b"\0\1x",
        b"intakeA1" + bytes(8) + b"\0\1xy",
        b"intakeA1" + bytes(8) + b"\0\1\xff",
        b"intakeA1" + bytes(8) + b"\xff\xff",
        b"intakeA1" + bytes(8) + (MAX_TEXT + 1).to_bytes(2, "big"),
        (b"intakeA1" + bytes(8)).ljust(PLAIN - 1, b"\0") + b"x",
    ],
)
def test_what_does_not_keep_to_the_format_is_malformed(plain):
    with pytest.raises(Malformed):
        open_reply(sealed(plain), THREAD.reply_key)


def test_random_parts_of_another_size_are_refused():
    one = Reply(1, 1, "")
    with pytest.raises(ValueError, match="15 random bytes"):
        seal_reply(one, THREAD, name_random=bytes(15), nonce=bytes(24))
    with pytest.raises(ValueError, match="nonce must be exactly 24 bytes"):
        seal_reply(one, THREAD, name_random=bytes(16), nonce=bytes(23))


def test_a_reply_shows_nothing():
    assert repr(Reply(1, 1, "secret")) == "<Reply>"
