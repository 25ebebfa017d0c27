"""The sealed reply (F6). The first byte's bits: sealed under the thread's key, whatever it says."""

from collections.abc import Iterator

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from intake.wire.codename import Thread
from intake.wire.errors import WireError
from intake.wire.reply import SEALED, is_for, open_reply, seal_reply
from tests.fuzz.recipes import flags
from tests.fuzz.vectors import vectors
from tests.vectors.vector import chance

LONGEST = 1_024
RATE = 3_000

_THREAD = Thread(chance("capability", 32), chance("reply key", 32))
_NONCE = chance("nonce", 24)
_PLAIN = SEALED - 24 - 16


def one_input(data: bytes) -> None:
    (genuine,), rest = flags(data, 1)
    sealed = rest[:SEALED]
    if genuine:
        plain = rest[:_PLAIN].ljust(_PLAIN, b"\0")
        sealed = bytes(SecretBox(_THREAD.reply_key).encrypt(plain, _NONCE))
    assert not is_for(rest[:32], _THREAD.capability)
    try:
        reply = open_reply(sealed, _THREAD.reply_key)
    except WireError:
        return
    again = seal_reply(reply, _THREAD, name_random=rest[:16].ljust(16, b"\0"), nonce=_NONCE)
    assert again.sealed == sealed
    assert is_for(again.name, _THREAD.capability)


def seeds() -> Iterator[bytes]:
    yield b"\0" + bytes(100)
    for vector in vectors("reply"):
        if vector.all("reply-key"):
            try:
                plain = SecretBox(vector.hex("reply-key")).decrypt(vector.input())
            except (CryptoError, ValueError):
                continue
            if len(plain.rstrip(b"\0")) < LONGEST:
                yield b"\1" + plain.rstrip(b"\0")
