"""The keyring: one accepted form, signed by the root key, newer than the last (F7)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire.codec import Writer
from intake.wire.envelope import MAX_SLOTS
from intake.wire.errors import BadSignature, Malformed, Refused, Truncated, WireError
from intake.wire.keyring import MAX_EPOCHS, MAX_KEYRING, Editor, Epoch, Keyring, SuiteName
from intake.wire.labels import SIGN_KEYRING
from intake.wire.signing import sign
from tests.wire.material import FIRST_DAY, KEYRING, LAST_DAY, ROOT, SALT, editor, epoch, keyring
from tests.wire.support import chance

TWO = keyring("desk", "second")


def signed(body: bytes) -> bytes:
    return body + sign(ROOT, SIGN_KEYRING, body)


def body_of(**parts) -> bytes:
    """A body with parts that the keyring's own check would refuse."""
    return replace(TWO, **parts)._body()


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=16
)


@given(st.lists(NAMES, min_size=1, max_size=3, unique=True), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_serialising_what_was_parsed_gives_the_same_bytes(names, sequence):
    data = keyring(*names, sequence=sequence).serialise(ROOT)
    parsed = Keyring.parse(data)
    assert parsed.serialise(ROOT) == data
    assert [one.name for one in parsed.editors] == names


def test_every_byte_is_guarded():
    for place in range(len(KEYRING)):
        data = bytearray(KEYRING)
        data[place] ^= 1 << place % 8
        with pytest.raises(Malformed if place < 8 else BadSignature):
            Keyring.parse(bytes(data))


def test_every_cut_is_refused():
    for end in range(len(KEYRING)):
        with pytest.raises((Truncated, BadSignature)):
            Keyring.parse(KEYRING[:end])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (body_of(threshold=0), "a threshold of 0 among 2"),
        (body_of(threshold=3), "a threshold of 3 among 2"),
        (body_of(editors=()), "among 0 editors"),
        (body_of(editors=tuple(editor(f"e{n}") for n in range(33))), "among 33 editors"),
        (body_of(suite=3), "a suite of number 3"),
        (body_of(first_day=LAST_DAY + 1), "ends before it begins"),
        (body_of(editors=(editor("a"), replace(editor("b"), name="a"))), "of one name"),
        (body_of(editors=(editor("a"), replace(editor("a"), name="b"))), "with one key"),
        (body_of(editors=(replace(editor("a"), epochs=()),)), "without keys for the suite"),
        (body_of(suite=SuiteName.GPG), "without an OpenPGP key"),
        (body_of() + b"\0", "1 bytes too many"),
        (body_of(editors=(editor("a", 20_001, 20_000),)), "epochs out of order"),
        (body_of(editors=(editor("a", 20_000, 20_000),)), "epochs out of order"),
        (body_of(editors=(replace(editor("a"), epochs=(Epoch(1, bytes(1216)),)),)), "that is none"),
        (body_of(editors=(editor("a", *range(MAX_EPOCHS + 1)),)), "129 epochs"),
        (body_of()[:60], None),
    ],
)
def test_what_does_not_keep_to_the_format_is_refused_though_signed(body, why):
    with pytest.raises(WireError, match=why) as refusal:
        Keyring.parse(signed(body))
    assert refusal.type in (Malformed, Truncated)


@pytest.mark.parametrize(
    "name",
    ["", " ", " a", "a ", "a\n", "a\0", "a\u00a0b", "\u202ea", "a\u200bb", "a\u3000", "\ufeffa"],
)
def test_a_name_that_cannot_be_read_is_malformed(name):
    with pytest.raises(Malformed, match="readable name"):
        Keyring.parse(signed(body_of(editors=(replace(editor("a"), name=name),))))


@pytest.mark.parametrize("name", ["Ä b", "القسم", "調査報道", "desk 🗞", "\U0001fae9", "x" * 64])
def test_a_name_in_any_script_is_a_name(name):
    parsed = Keyring.parse(signed(body_of(editors=(replace(editor("a"), name=name),))))
    assert parsed.editors[0].name == name


def test_the_largest_keyring_is_within_its_limit():
    public = epoch("a", 0).public
    epochs = tuple(Epoch(day, public) for day in range(MAX_EPOCHS))
    editors = tuple(
        Editor(f"{n:>2}".replace(" ", "0") * 32, chance(f"key {n}", 32), epochs, bytes(65_536))
        for n in range(MAX_SLOTS)
    )
    data = replace(TWO, editors=editors).serialise(ROOT)
    assert len(data) == 7_097_735 <= MAX_KEYRING


def test_another_root_key_does_not_sign_it():
    with pytest.raises(ValueError, match="another root key"):
        TWO.serialise(bytes(32))
    body = TWO._body()
    with pytest.raises(BadSignature):
        Keyring.parse(body + sign(bytes(32), SIGN_KEYRING, body))


def test_a_signature_for_another_purpose_is_none():
    body = TWO._body()
    with pytest.raises(BadSignature):
        Keyring.parse(body + sign(ROOT, b"intake1 dispatch\x00", body))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"sequence": 4}, "not newer"),
        ({"sequence": 5}, "not newer"),
        ({"sequence": 6, "salt": bytes(16)}, "another newsroom's"),
        ({"sequence": 6, "root_key": bytes(32)}, "another newsroom's"),
    ],
)
def test_only_a_newer_one_of_the_same_newsroom_follows(parts, why):
    old = keyring(sequence=5)
    old.check_successor(replace(old, sequence=6))
    with pytest.raises(Refused, match=why):
        old.check_successor(replace(old, **parts))


@pytest.mark.parametrize("day", [FIRST_DAY, FIRST_DAY + 1, LAST_DAY])
def test_is_in_force_from_its_first_to_its_last_day(day):
    assert len(TWO.recipients(day)) == 2


@pytest.mark.parametrize(("day", "why"), [(FIRST_DAY - 1, "not in force"), (LAST_DAY + 1, "out")])
def test_is_not_in_force_on_another_day(day, why):
    with pytest.raises(Refused, match=why):
        TWO.recipients(day)


def test_the_epoch_of_a_day_is_the_last_that_has_begun():
    one = editor("a", 20_000, 20_007, 20_014)
    days = [19_999, 20_000, 20_006, 20_007, 20_013, 20_014, 30_000]
    begun = [one.epoch_at(day) for day in days]
    assert [epoch and epoch.first_day for epoch in begun] == [
        None, 20_000, 20_000, 20_007, 20_007, 20_014, 20_014,
    ]  # fmt: skip


def test_an_epoch_still_to_come_is_refused():
    late = replace(TWO, editors=(editor("a", FIRST_DAY + 5),))
    with pytest.raises(Refused, match="keys are not in force yet"):
        late.recipients(FIRST_DAY)


def test_the_gpg_suite_needs_an_openpgp_key_and_no_epochs():
    one = replace(editor("a"), epochs=(), openpgp=b"a key, for GnuPG to judge")
    made = replace(TWO, suite=SuiteName.GPG, editors=(one,))
    assert Keyring.parse(made.serialise(ROOT)) == made
    made.check_day(FIRST_DAY)


def test_the_format_has_the_lengths_that_it_says():
    one = Writer().fixed(TWO.serialise(ROOT), 8 + 4 + 32 + 16 + 4 + 4 + 3 + 64 + sum(
        2 + len(e.name) + 32 + 2 + 1220 + 4 for e in TWO.editors
    ))  # fmt: skip
    assert one.done() == KEYRING
    assert TWO.salt == SALT
