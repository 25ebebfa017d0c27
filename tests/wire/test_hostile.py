"""Bytes from anybody: nothing but typed errors, at once, and in little memory."""

import io
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire.dispatch import MAX_DISPATCH, SignedDispatch
from intake.wire.envelope import PAGE, SLOT, Identity, Recipient, open_envelope
from intake.wire.errors import Malformed, Truncated, WireError
from intake.wire.keyring import MAX_ARMOR, MAX_KEYRING, Editor, Keyring
from intake.wire.labels import (
    MAGIC_DISPATCH,
    MAGIC_EDITOR,
    MAGIC_ENVELOPE,
    MAGIC_KEYRING,
    MAGIC_RECORD,
)
from intake.wire.record import BLOCK, RecordReader
from intake.wire.reply import SEALED, open_reply
from tests.wire.material import DISPATCH, EDITOR, KEYRING
from tests.wire.support import chance, envelope, identity

MAGICS = [MAGIC_DISPATCH, MAGIC_EDITOR, MAGIC_ENVELOPE, MAGIC_KEYRING, MAGIC_RECORD, b""]
NOISE = st.builds(lambda magic, rest: magic + rest, st.sampled_from(MAGICS), st.binary())
ONE_CHUNK = envelope(b"content")


def survives(read, untrusted) -> None:
    """Reading gives a value or a typed error, and no other exception."""
    try:
        read(untrusted)
    except WireError:
        return


def read_envelope(data: bytes) -> None:
    for _ in open_envelope(io.BytesIO(data).read, [identity("a")]).content():
        continue


def read_record(data: bytes) -> None:
    for _ in RecordReader(iter([data.ljust(BLOCK, b"\0")])).content():
        continue


@given(NOISE)
def test_noise_makes_typed_errors_only(noise):
    survives(SignedDispatch.parse, noise)
    survives(Keyring.parse, noise)
    survives(read_envelope, noise)
    survives(read_record, noise)
    survives(Recipient, noise)
    survives(lambda data: open_reply(data, bytes(32)), noise)
    survives(Editor.parse, noise.decode("latin-1"))


@given(st.text())
def test_any_text_in_an_armor_makes_typed_errors_only(text):
    begin, *_, end = EDITOR.splitlines()
    survives(Editor.parse, text)
    survives(Editor.parse, f"{begin}\n{text}\n{end}\n")


def mutated(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Pieces cut out and put in, at places that are taken round the end."""
    for place, cut, put in changes:
        at = place % (len(data) + 1)
        data = data[:at] + put + data[at + cut :]
    return data


CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.integers(0, 4), st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


@given(CHANGES)
@settings(max_examples=150)
def test_mutations_make_typed_errors_only(changes):
    survives(SignedDispatch.parse, mutated(DISPATCH, changes))
    survives(Keyring.parse, mutated(KEYRING, changes))
    survives(read_envelope, mutated(ONE_CHUNK, changes))
    survives(read_record, mutated(MAGIC_RECORD + bytes(120), changes))
    survives(Editor.parse, mutated(EDITOR.encode(), changes).decode("latin-1"))


@given(st.lists(st.binary(min_size=SLOT, max_size=SLOT), min_size=1, max_size=3), st.binary())
@settings(max_examples=50)
def test_any_slots_make_typed_errors_only(slots, rest):
    data = MAGIC_ENVELOPE + len(slots).to_bytes(2, "big") + b"".join(slots)
    survives(read_envelope, data.ljust(PAGE, b"\0") + rest)


def refused_at_once(read, untrusted, error: type[WireError]) -> None:
    """Refused in a moment, and with a few megabytes beside one copy of the input."""
    tracemalloc.start()
    begun = time.perf_counter()
    try:
        with pytest.raises(error):
            read(untrusted)
        assert time.perf_counter() - begun < 1
        assert tracemalloc.get_traced_memory()[1] < len(untrusted) + 4_000_000
    finally:
        tracemalloc.stop()


HUGE = (2**32 - 1).to_bytes(4, "big")
DISPATCH_FRONT = MAGIC_DISPATCH + bytes(32 + 8)


@pytest.mark.parametrize(
    ("untrusted", "error"),
    [
        (DISPATCH_FRONT + HUGE + bytes(100_000), Malformed),
        (DISPATCH_FRONT + (4096).to_bytes(4, "big") + bytes(100_000), Truncated),
        (DISPATCH_FRONT + bytes(4) + HUGE + bytes(100_000), Malformed),
        (DISPATCH_FRONT + bytes(8) + HUGE + bytes(100_000), Malformed),
        (DISPATCH_FRONT + bytes(12) + b"\xff" + bytes(100_000), Malformed),
    ],
)
def test_a_dispatch_that_claims_too_much_is_refused_at_once(untrusted, error):
    refused_at_once(SignedDispatch.parse, untrusted, error)


def test_objects_over_their_limits_are_refused_at_once():
    refused_at_once(SignedDispatch.parse, bytes(MAX_DISPATCH + 1), Malformed)
    refused_at_once(Keyring.parse, bytes(MAX_KEYRING + 1), Malformed)
    refused_at_once(Editor.parse, "A" * (MAX_ARMOR + 1), Malformed)
    refused_at_once(lambda data: open_reply(data, bytes(32)), bytes(SEALED + 1), Malformed)


def test_a_keyring_by_nobody_is_refused_before_its_keys_are_looked_at():
    refused_at_once(Keyring.parse, MAGIC_KEYRING + bytes(MAX_KEYRING - 8), WireError)


def test_an_envelope_that_claims_65535_slots_is_refused_at_once():
    refused_at_once(read_envelope, MAGIC_ENVELOPE + b"\xff\xff" + bytes(PAGE), Malformed)


def test_an_identity_is_any_96_bytes():
    for name in ("x", "y"):
        assert len(Identity(chance(name, 96)).public()) == 1216
    assert len(Identity(bytes(96)).public()) == 1216
    assert len(Identity(b"\xff" * 96).public()) == 1216
