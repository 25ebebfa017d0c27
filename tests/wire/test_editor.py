"""An editor's public half: text in one form, signed with the key in it (F7.1)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.wire.errors import BadSignature, Malformed, Truncated, WireError
from intake.wire.keyring import MAX_ARMOR, MAX_EPOCHS, Editor, Epoch
from intake.wire.labels import SIGN_EDITOR
from intake.wire.signing import sign, verify_key_of
from tests.wire.material import EDITOR, editor, epoch, seed
from tests.wire.support import chance

BEGIN, *MIDDLE, END = EDITOR.splitlines()
DATA = base64.b64decode("".join(MIDDLE))


def armored(data: bytes, width: int = 64) -> str:
    encoded = base64.b64encode(data).decode()
    lines = [encoded[i : i + width] for i in range(0, len(encoded), width)]
    return "\n".join([BEGIN, *lines, END, ""])


@given(st.integers(0, 3), st.binary(max_size=50))
def test_serialising_what_was_parsed_gives_the_same_text(epochs, openpgp):
    one = editor("Ä desk", *range(100, 101 + epochs), openpgp=openpgp)
    text = one.armored(seed("Ä desk"))
    assert Editor.parse(text) == one
    assert Editor.parse(text).armored(seed("Ä desk")) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", BEGIN, END, f"{BEGIN}\n{END}\n", f"{BEGIN}\n\n{END}\n",
        EDITOR.rstrip("\n"), EDITOR + "\n", "\n" + EDITOR, " " + EDITOR, EDITOR + " ",
        EDITOR.replace("\n", "\r\n"), EDITOR.replace("\n", "\x0b"), EDITOR.replace("\n", ""),
        EDITOR.replace("\n", "\n\n"), EDITOR.lower(), EDITOR * 2,
        armored(DATA, 63), armored(DATA, 76), armored(DATA, 10_000),
        EDITOR.replace(MIDDLE[3], MIDDLE[3] + "="), EDITOR.replace(MIDDLE[3], MIDDLE[3][:-1]),
        EDITOR.replace(MIDDLE[3], "ä" * 64), EDITOR.replace(MIDDLE[3], "-" * 64),
        EDITOR.replace(END, "=" + END),
    ],
)  # fmt: skip
def test_there_is_one_form_of_the_text(text):
    with pytest.raises((Malformed, Truncated)):
        Editor.parse(text)


def test_bits_that_base64_leaves_over_must_be_zero():
    one = editor("a", 1)
    text = one.armored(seed("a"))
    assert text.splitlines()[-2].endswith("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body, equals = text.splitlines()[-2].rstrip("="), text.splitlines()[-2].count("=")
    other = body[:-1] + alphabet[alphabet.index(body[-1]) + 1] + "=" * equals
    spoilt = text.replace(text.splitlines()[-2], other)
    assert base64.b64decode("".join(spoilt.splitlines()[1:-1])) == base64.b64decode(
        "".join(text.splitlines()[1:-1])
    )
    with pytest.raises(Malformed, match="changed on the way"):
        Editor.parse(spoilt)


def test_every_byte_is_guarded():
    for place in range(len(DATA)):
        data = bytearray(DATA)
        data[place] ^= 1 << place % 8
        with pytest.raises(WireError):
            Editor.parse(armored(bytes(data)))


def test_every_cut_is_refused():
    for end in range(len(DATA)):
        with pytest.raises(WireError):
            Editor.parse(armored(DATA[:end]))


def test_somebody_elses_signature_is_none():
    body = DATA[:-64]
    with pytest.raises(BadSignature):
        Editor.parse(armored(body + sign(seed("other"), SIGN_EDITOR, body)))
    with pytest.raises(ValueError, match="another key than the editor's"):
        editor("desk").armored(seed("other"))


def test_bytes_after_the_editor_are_malformed():
    body = DATA[:-64] + b"\0"
    with pytest.raises(Malformed, match="too many"):
        Editor.parse(armored(body + sign(seed("desk"), SIGN_EDITOR, body)))


def test_the_largest_is_within_its_limit():
    public = epoch("a", 0).public
    epochs = tuple(Epoch(day, public) for day in range(MAX_EPOCHS))
    one = Editor("n" * 64, verify_key_of(chance("x", 32)), epochs, bytes(65_536))
    text = one.armored(chance("x", 32))
    assert len(text) == 300_513 <= MAX_ARMOR
    assert Editor.parse(text) == one
