"""Ed25519 signatures over a label and a body's digest, and fingerprints that people compare (F2).

The digest, since what signs and what verifies would else copy a large body several times over.
"""

from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from intake.wire.errors import BadSignature
from intake.wire.labels import FINGERPRINT, SIGNED, derive

SIGNATURE: Final = 64
VERIFY_KEY: Final = 32


def sign(seed: bytes, label: bytes, body: bytes) -> bytes:
    """Return the signature of 64 bytes; ``seed`` is 32 secret bytes."""
    return bytes(SigningKey(seed).sign(_message(label, body)).signature)


def verify(verify_key: bytes, label: bytes, body: bytes, signature: bytes) -> None:
    """Return if the signature is good.

    Raises:
        BadSignature: it is not.
    """
    try:
        VerifyKey(verify_key).verify(_message(label, body), signature)
    except (BadSignatureError, ValueError) as error:
        raise BadSignature("the signature is not good") from error


def verify_key_of(seed: bytes) -> bytes:
    """Return the public half of ``seed``."""
    return bytes(SigningKey(seed).verify_key)


def fingerprint(verify_key: bytes) -> str:
    """Return 100 bits of the key's hash in groups that can be read out over a telephone."""
    digits = derive(b"", FINGERPRINT, verify_key, 16).hex()[:25]
    return " ".join(digits[i : i + 5] for i in range(0, 25, 5))


def _message(label: bytes, body: bytes) -> bytes:
    return label + derive(b"", SIGNED, body, 64)
