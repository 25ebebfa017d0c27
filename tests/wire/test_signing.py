"""Signatures: over a label and a digest, and only in the one form of each (F2.3)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import VerifyKey

from intake.wire import labels
from intake.wire.errors import BadSignature
from intake.wire.signing import fingerprint, sign, verify, verify_key_of
from tests.wire.model import blake
from tests.wire.support import chance

SEED = chance("seed", 32)
KEY = verify_key_of(SEED)
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDER = [
    bytes(32),
    b"\1" + bytes(31),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    (2**255 - 20).to_bytes(32, "little"),
]


@given(st.binary(), st.binary(max_size=20))
def test_a_signature_is_ed25519_over_label_and_digest(body, label):
    signature = sign(SEED, label, body)
    digest = blake(b"intake1 signed", b"", body, 64)
    assert VerifyKey(KEY).verify(label + digest, signature)
    verify(KEY, label, body, signature)


@given(st.integers(0, 63), st.integers(1, 255))
def test_every_byte_of_a_signature_is_guarded(place, bits):
    signature = bytearray(sign(SEED, b"label", b"body"))
    signature[place] ^= bits
    with pytest.raises(BadSignature):
        verify(KEY, b"label", b"body", bytes(signature))


def test_the_second_form_of_a_signature_is_refused():
    """S and S + L satisfy the same equation; one of them only is a signature."""
    signature = sign(SEED, b"label", b"body")
    other = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(BadSignature):
        verify(KEY, b"label", b"body", signature[:32] + other.to_bytes(32, "little"))


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_of_small_order_signs_nothing(key):
    for first in (key, *SMALL_ORDER):
        with pytest.raises(BadSignature):
            verify(key, b"label", b"body", first + bytes(32))


@pytest.mark.parametrize(("key", "signature"), [(0, 64), (31, 64), (33, 64), (32, 63), (32, 65)])
def test_keys_and_signatures_of_another_size_are_refused(key, signature):
    with pytest.raises(BadSignature):
        verify(bytes(key), b"label", b"body", bytes(signature))


def test_a_fingerprint_is_100_bits_in_five_groups():
    assert fingerprint(KEY).replace(" ", "") == blake(b"intake1 fingerpr", b"", KEY, 16).hex()[:25]
    assert [len(group) for group in fingerprint(KEY).split(" ")] == [5] * 5


def test_no_two_uses_share_a_label():
    values = {name: value for name, value in vars(labels).items() if name.isupper()}
    persons = [v for n, v in values.items() if not n.startswith(("MAGIC", "SIGN_", "HPKE"))]
    assert len(persons) == 16
    assert all(len(person) <= 16 for person in persons)
    assert len({person.ljust(16, b"\0") for person in persons}) == len(persons)
    signed = [v for n, v in values.items() if n.startswith("SIGN_")]
    assert all(not a.startswith(b) for a in signed for b in signed if a is not b)
    magics = [v for n, v in values.items() if n.startswith("MAGIC")]
    assert len(set(magics)) == len(magics) == 6
    assert {len(magic) for magic in magics} == {8}


@given(st.binary(max_size=64), st.sampled_from([16, 32, 64]))
def test_derive_is_blake2b_with_its_parameters(data, size):
    key = chance("key", 32)
    made = labels.derive(key, labels.CAPABILITY, data, size)
    assert made == blake(b"intake1 mailbox", key, data, size)
    # The same, from RFC 7693's parameter block: size, key size, fanout, depth, person.
    assert (
        made
        == hashlib.blake2b(
            data, digest_size=size, key=key, person=b"intake1 mailbox\0", fanout=1, depth=1
        ).digest()
    )
