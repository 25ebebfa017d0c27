"""The dispatch: one order of everything, signed by enough editors, newer than the last (F8)."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire.dispatch import (
    MAX_DISPATCH,
    MAX_RECEIPTS,
    MAX_REPLIES,
    Dispatch,
    Receipt,
    SignedDispatch,
    sign_dispatch,
)
from intake.wire.errors import BadSignature, Malformed, Refused, Truncated, WireError
from intake.wire.keyring import MAX_KEYRING
from intake.wire.labels import SIGN_DISPATCH
from intake.wire.reply import SEALED, SealedReply
from intake.wire.signing import sign, verify_key_of
from tests.wire.material import DISPATCH, KEYRING, keyring, seed
from tests.wire.support import chance

EMPTY = Dispatch(verify_key_of(seed("desk")), 7, (), ())
RECEIPTS = st.lists(st.builds(Receipt, st.binary(min_size=16, max_size=16), st.integers(0, 9)))
REPLIES = st.lists(
    st.binary(min_size=32, max_size=32).map(lambda name: SealedReply(name, bytes(SEALED))),
    max_size=3,
    unique_by=lambda reply: reply.name,
)


def raw(dispatch: Dispatch, *seeds: bytes) -> bytes:
    """A dispatch that is signed without being looked at."""
    body = unchecked(dispatch)
    signatures = b"".join(verify_key_of(one) + sign(one, SIGN_DISPATCH, body) for one in seeds)
    return body + bytes([len(seeds)]) + signatures


def unchecked(dispatch: Dispatch) -> bytes:
    parts = [b"intakeD1", dispatch.author, dispatch.number.to_bytes(8, "big")]
    parts.append(len(dispatch.replies).to_bytes(4, "big"))
    parts += [reply.name + reply.sealed for reply in dispatch.replies]
    parts.append(len(dispatch.receipts).to_bytes(4, "big"))
    parts += [one.envelope + one.size.to_bytes(8, "big") for one in dispatch.receipts]
    parts += [len(dispatch.keyring).to_bytes(4, "big"), dispatch.keyring]
    return b"".join(parts)


@given(st.integers(0, 2**64 - 1), REPLIES, RECEIPTS, st.binary(max_size=50))
@settings(max_examples=60)
def test_serialising_what_was_parsed_gives_the_same_bytes(number, replies, receipts, inner):
    signed = sign_dispatch(
        seed("desk"), number=number, replies=replies, receipts=receipts, keyring=inner
    )
    data = signed.serialise()
    parsed = SignedDispatch.parse(data)
    assert parsed == signed
    assert parsed.serialise() == data == raw(signed.dispatch, seed("desk"))
    assert set(parsed.dispatch.replies) == set(replies)
    assert set(parsed.dispatch.receipts) == set(receipts)


def test_the_order_in_which_the_desk_worked_leaves_no_trace():
    parts = SignedDispatch.parse(DISPATCH).dispatch
    replies, receipts = list(parts.replies), list(parts.receipts)
    for round_ in range(5):
        random.Random(round_).shuffle(replies)
        random.Random(round_).shuffle(receipts)
        again = sign_dispatch(
            seed("desk"), number=7, replies=replies, receipts=receipts * 2, keyring=KEYRING
        )
        assert again.serialise() == DISPATCH


def one_receipt(number: int, size: int = 5) -> Receipt:
    return Receipt(bytes([number]) * 16, size)


def one_reply(number: int) -> SealedReply:
    return SealedReply(bytes([number]) * 32, bytes(SEALED))


@pytest.mark.parametrize(
    "dispatch",
    [
        replace(EMPTY, replies=(one_reply(2), one_reply(1))),
        replace(EMPTY, replies=(one_reply(1), one_reply(1))),
        replace(EMPTY, receipts=(one_receipt(2), one_receipt(1))),
        replace(EMPTY, receipts=(one_receipt(1), one_receipt(1))),
        replace(EMPTY, receipts=(one_receipt(1, 6), one_receipt(1, 5))),
    ],
)
def test_another_order_or_a_repetition_is_malformed_though_signed(dispatch):
    with pytest.raises(Malformed, match="out of order"):
        SignedDispatch.parse(raw(dispatch, seed("desk")))
    with pytest.raises(ValueError, match="out of order"):
        dispatch.body()


def test_a_piece_and_the_whole_of_one_envelope_may_each_have_a_receipt():
    both = replace(EMPTY, receipts=(one_receipt(1, 5), one_receipt(1, 6)))
    assert SignedDispatch.parse(raw(both, seed("desk"))).dispatch == both


def test_two_replies_of_one_name_are_not_signed():
    other = SealedReply(one_reply(1).name, b"\1" * SEALED)
    with pytest.raises(ValueError, match="out of order, or twice"):
        sign_dispatch(seed("desk"), number=1, replies=[one_reply(1), other], receipts=[])


def test_more_than_a_dispatch_holds_is_not_signed():
    many = [Receipt(n.to_bytes(16, "big"), 0) for n in range(MAX_RECEIPTS + 1)]
    sign_dispatch(seed("desk"), number=1, replies=[], receipts=many[1:])
    with pytest.raises(ValueError, match="more replies or receipts"):
        sign_dispatch(seed("desk"), number=1, replies=[], receipts=many)


def test_the_limit_is_the_sum_of_its_parts():
    assert MAX_DISPATCH == 81_923_133
    assert MAX_DISPATCH == (
        48 + 4 + MAX_REPLIES * 16_416 + 4 + MAX_RECEIPTS * 24 + 4 + MAX_KEYRING + 1 + 32 * 96
    )


def test_every_byte_is_guarded():
    body_end = len(DISPATCH) - 97
    places = [*range(60), *range(60, body_end, 1009), *range(body_end - 60, len(DISPATCH))]
    for place in places:
        data = bytearray(DISPATCH)
        data[place] ^= 1 << place % 8
        with pytest.raises((Malformed, Truncated, BadSignature)):
            SignedDispatch.parse(bytes(data))


@given(st.integers(0, len(DISPATCH) - 1))
def test_every_cut_is_truncated(end):
    with pytest.raises(Truncated):
        SignedDispatch.parse(DISPATCH[:end])


def test_what_follows_is_malformed():
    with pytest.raises(Malformed, match="1 bytes too many"):
        SignedDispatch.parse(DISPATCH + b"\0")


@pytest.mark.parametrize(
    "signers", [(), ("second",), ("second", "desk"), ("desk", "desk"), ("desk", "second", "second")]
)
def test_the_author_signs_first_and_nobody_twice(signers):
    with pytest.raises(BadSignature, match="author's signature comes first"):
        SignedDispatch.parse(raw(EMPTY, *(seed(name) for name in signers)))


def test_more_than_32_signatures_are_malformed():
    seeds = [seed("desk"), *(chance(f"signer {n}", 32) for n in range(32))]
    assert len(SignedDispatch.parse(raw(EMPTY, *seeds[:32])).signatures) == 32
    with pytest.raises(Malformed, match="33 parts"):
        SignedDispatch.parse(raw(EMPTY, *seeds))


def test_one_bad_signature_among_good_ones_refuses_it():
    data = bytearray(raw(EMPTY, seed("desk"), seed("second")))
    data[-1] ^= 1
    with pytest.raises(BadSignature):
        SignedDispatch.parse(bytes(data))


def test_a_further_editor_signs_what_the_author_signed():
    signed = SignedDispatch.parse(DISPATCH).signed_also_by(seed("second"))
    again = SignedDispatch.parse(signed.serialise())
    assert again == signed
    assert [key for key, _ in again.signatures] == [
        verify_key_of(seed("desk")),
        verify_key_of(seed("second")),
    ]


@pytest.mark.parametrize(
    ("signers", "threshold", "last", "error"),
    [
        (["desk"], 1, None, None),
        (["desk"], 1, 6, None),
        (["desk"], 1, 7, Refused),
        (["desk"], 1, 8, Refused),
        (["desk"], 2, None, BadSignature),
        (["desk", "second"], 2, None, None),
        (["desk", "stranger"], 2, None, BadSignature),
        (["desk", "stranger"], 1, None, None),
        (["stranger", "desk", "second"], 1, None, BadSignature),
    ],
)
def test_is_acted_on_when_enough_editors_signed_and_it_is_new(signers, threshold, last, error):
    dispatch = replace(EMPTY, author=verify_key_of(seed(signers[0])))
    signed = SignedDispatch.parse(raw(dispatch, *(seed(name) for name in signers)))
    in_force = keyring("desk", "second", threshold=threshold)
    if error is None:
        signed.check(in_force, last)
    else:
        with pytest.raises(error):
            signed.check(in_force, last)


def test_errors_of_the_package_have_one_base():
    assert {Malformed, Truncated, BadSignature, Refused} <= set(WireError.__subclasses__())
