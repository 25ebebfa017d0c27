"""The reply: one size, sealed under the thread's reply key, filed under a tag (F6).

Symmetric, so it is authenticated, deniable and safe against quantum computers, and the server
needs no private key to show it. Two replies of one thread have nothing in common to look at:
whoever has the thread's capability finds them by trying it on each.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from intake.wire.codec import Reader, Writer
from intake.wire.codename import Thread
from intake.wire.errors import Corrupt, Malformed
from intake.wire.labels import MAGIC_REPLY, REPLY_TAG, derive

SEALED: Final = 16_384
NAME: Final = 32
_NONCE: Final = SecretBox.NONCE_SIZE
_PLAIN: Final = SEALED - _NONCE - SecretBox.MACBYTES
#: Bytes of UTF-8 that one reply can hold.
MAX_TEXT: Final = _PLAIN - 8 - 4 - 4 - 2


@dataclass(frozen=True)
class Reply:
    """What an editor wrote.

    Attributes:
        number: place among the desk's replies to this thread, from 1.
        day: days since 1970-01-01 on which it was written.
        text: at most ``MAX_TEXT`` bytes of UTF-8.
    """

    number: int
    day: int
    text: str

    def __repr__(self) -> str:
        return "<Reply>"


@dataclass(frozen=True)
class SealedReply:
    """What travels and is stored.

    Attributes:
        name: 32 bytes: 16 random ones, and the tag that the capability makes of them.
        sealed: ``SEALED`` bytes.
    """

    name: bytes
    sealed: bytes


def seal_reply(reply: Reply, thread: Thread, *, name_random: bytes, nonce: bytes) -> SealedReply:
    """Seal a reply. ``name_random`` is 16, ``nonce`` 24 random bytes.

    Raises:
        ValueError: the text is longer than ``MAX_TEXT`` bytes, or another part is not of its size.
    """
    if len(name_random) != 16:
        raise ValueError(f"{len(name_random)} random bytes for a name")
    plain = (
        Writer()
        .fixed(MAGIC_REPLY, 8)
        .number(reply.number, 4)
        .number(reply.day, 4)
        .text(reply.text, MAX_TEXT)
        .done()
        .ljust(_PLAIN, b"\0")
    )
    sealed = SecretBox(thread.reply_key).encrypt(plain, nonce)
    return SealedReply(name_random + _tag(name_random, thread.capability), bytes(sealed))


def is_for(name: bytes, capability: bytes) -> bool:
    """Return whether a reply of this name is for the thread with this capability."""
    return len(name) == NAME and hmac.compare_digest(_tag(name[:16], capability), name[16:])


def open_reply(sealed: bytes, reply_key: bytes) -> Reply:
    """Open a reply.

    Raises:
        Corrupt: altered, or sealed under another key.
        Malformed: sealed by somebody who does not keep to the format.
    """
    if len(sealed) != SEALED:
        raise Malformed(f"a reply of {len(sealed)} bytes")
    try:
        plain = SecretBox(reply_key).decrypt(sealed)
    except CryptoError as error:
        raise Corrupt("the reply was altered, or is under another key") from error
    reader = Reader(plain)
    reader.magic(MAGIC_REPLY)
    reply = Reply(reader.number(4), reader.number(4), reader.text(MAX_TEXT))
    if plain[reader.offset :].strip(b"\0"):
        raise Malformed("a reply whose unused bytes are not zero")
    return reply


def _tag(name_random: bytes, capability: bytes) -> bytes:
    return derive(capability, REPLY_TAG, name_random, 16)
