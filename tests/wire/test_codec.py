"""The encoding: what does not fit is an error on the way out, and typed on the way in (F1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.wire.codec import Reader, Writer
from intake.wire.errors import Malformed, Truncated

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=99), TEXT)
def test_gives_back_what_was_written(number, blob, text):
    data = Writer().number(number, 8).blob(blob, 99).text(text, 320).done()
    reader = Reader(data)
    assert (reader.number(8), reader.blob(99), reader.text(320)) == (number, blob, text)
    reader.done()


@given(st.integers(0, 2**64 - 1), st.binary(max_size=99), TEXT, st.data())
def test_every_cut_is_truncated(number, blob, text, data):
    whole = Writer().number(number, 8).blob(blob, 99).text(text, 320).done()
    reader = Reader(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(Truncated):
        (reader.number(8), reader.blob(99), reader.text(320))


@pytest.mark.parametrize("value", [-1, 256])
def test_a_number_that_does_not_fit_is_not_written(value):
    with pytest.raises(ValueError, match="does not fit"):
        Writer().number(value, 1)


def test_parts_of_another_size_are_not_written():
    with pytest.raises(ValueError, match="3 bytes where the format has 4"):
        Writer().fixed(b"abc", 4)
    with pytest.raises(ValueError, match="allows 2"):
        Writer().blob(b"abc", 2)
    with pytest.raises(ValueError, match="allows 2"):
        Writer().text("äb", 2)
    with pytest.raises(ValueError, match="surrogates"):
        Writer().text("\ud800", 9)


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_text_that_is_not_utf_8_is_malformed(text):
    with pytest.raises(Malformed, match="not UTF-8"):
        Reader(len(text).to_bytes(2, "big") + text).text(9)


def test_a_byte_order_mark_is_text_like_any_other():
    assert Reader(b"\0\3\xef\xbb\xbf").text(9) == "\ufeff"


def test_a_claim_over_the_limit_is_refused_before_anything_is_read():
    with pytest.raises(Malformed, match="4294967295 bytes"):
        Reader(b"\xff\xff\xff\xff").blob(10)
    with pytest.raises(Malformed, match="65535 bytes"):
        Reader(b"\xff\xff").text(10)


def test_bytes_that_are_left_are_malformed():
    reader = Reader(b"ab")
    reader.fixed(1)
    with pytest.raises(Malformed, match="1 bytes too many"):
        reader.done()
