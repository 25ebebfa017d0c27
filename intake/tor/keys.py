"""The keys of a v3 onion and of those who may visit it, in the encodings that Tor has for them.

Made here and not by Tor, so that an address is known, and a courier's ticket can be written, before
any tor runs. The encodings are those of rend-spec-v3 and of tor(1).
"""

import base64
import re
from dataclasses import dataclass
from hashlib import sha3_256, sha512
from typing import Final

from nacl.bindings import crypto_scalarmult_base, crypto_scalarmult_ed25519_base_noclamp

#: Random bytes that an onion's key, and a visitor's key, are made of.
SEED: Final = 32
#: The file that an onion stands and falls with.
KEY_FILE: Final = "hs_ed25519_secret_key"

_SECRET_HEAD: Final = b"== ed25519v1-secret: type0 ==\0\0\0"
_PUBLIC_HEAD: Final = b"== ed25519v1-public: type0 ==\0\0\0"
_VERSION: Final = b"\x03"
_ADDRESS: Final = re.compile(r"[a-z2-7]{56}\.onion")


@dataclass(frozen=True)
class OnionKey:
    """The key of an onion.

    Attributes:
        secret: 64 bytes, the expanded Ed25519 key.
    """

    secret: bytes

    def __repr__(self) -> str:
        return f"<OnionKey {self.address}>"

    @classmethod
    def of(cls, seed: bytes) -> "OnionKey":
        """Return the key of ``SEED`` random bytes."""
        expanded = bytearray(sha512(seed).digest())
        expanded[0] &= 248
        expanded[31] = expanded[31] & 63 | 64
        return cls(bytes(expanded))

    @classmethod
    def parse(cls, data: bytes) -> "OnionKey":
        """Return the key of a ``hs_ed25519_secret_key`` file.

        Raises:
            ValueError: it is none.
        """
        if len(data) != len(_SECRET_HEAD) + 64 or not data.startswith(_SECRET_HEAD):
            raise ValueError("not an onion's secret key")
        return cls(data[len(_SECRET_HEAD) :])

    @property
    def public(self) -> bytes:
        """32 bytes, the public half."""
        public: bytes = crypto_scalarmult_ed25519_base_noclamp(self.secret[:32])
        return public

    @property
    def address(self) -> str:
        """The host name: 56 letters and ``.onion``."""
        checked = sha3_256(b".onion checksum" + self.public + _VERSION).digest()[:2]
        return _base32(self.public + checked + _VERSION) + ".onion"

    def files(self) -> dict[str, bytes]:
        """Return the files that Tor has in the onion's folder; the secret key comes last."""
        return {
            "hostname": self.address.encode() + b"\n",
            "hs_ed25519_public_key": _PUBLIC_HEAD + self.public,
            KEY_FILE: _SECRET_HEAD + self.secret,
        }


@dataclass(frozen=True)
class VisitorKey:
    """A private x25519 key that opens an onion's descriptor.

    Attributes:
        secret: 32 bytes.
    """

    secret: bytes

    def __repr__(self) -> str:
        return "<VisitorKey>"

    @property
    def encoded(self) -> str:
        """As ``ClientOnionAuthDir`` has it: base32, 52 characters."""
        return _base32(self.secret).upper()

    @property
    def control_encoded(self) -> str:
        """As the control port's ONION_CLIENT_AUTH_ADD has it."""
        return base64.b64encode(self.secret).decode()

    @property
    def public(self) -> str:
        """The public half in base32, as ``authorized_clients`` has it."""
        return _base32(crypto_scalarmult_base(self.secret)).upper()

    def private_line(self, address: str) -> str:
        """Return the line of an ``.auth_private`` file for the onion of this address."""
        return f"{address.removesuffix('.onion')}:descriptor:x25519:{self.encoded}"

    @classmethod
    def parse(cls, untrusted_text: str) -> "VisitorKey":
        """Return the key of its base32.

        Raises:
            ValueError: it is none.
        """
        try:
            key = cls(base64.b32decode(untrusted_text.upper() + "===="))
        except ValueError as error:
            raise ValueError("not a key in base32") from error
        if len(key.secret) != SEED or key.encoded != untrusted_text:
            raise ValueError("not a key in base32")
        return key


def authorised_line(public: str) -> str:
    """Return the line of an ``authorized_clients`` file for a visitor's public half."""
    return f"descriptor:x25519:{public}"


def is_address(untrusted_text: str) -> bool:
    """Return whether this is the address of a v3 onion: its checksum tells most slips."""
    if not _ADDRESS.fullmatch(untrusted_text):
        return False
    data = base64.b32decode(untrusted_text.removesuffix(".onion").upper())
    checked = sha3_256(b".onion checksum" + data[:32] + data[34:]).digest()[:2]
    return data[32:34] == checked and data[34:] == _VERSION


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
