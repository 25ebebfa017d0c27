"""The dispatch (F8). The first byte's bits: signed by its author; by another; by the first anew."""

from collections.abc import Iterator

from intake.wire.dispatch import SignedDispatch
from intake.wire.errors import WireError
from intake.wire.keyring import Keyring
from intake.wire.labels import SIGN_DISPATCH
from intake.wire.signing import sign, verify_key_of
from tests.fuzz.recipes import contract, expand, flags
from tests.fuzz.vectors import vectors
from tests.vectors.makers.keyring import keyring, seed
from tests.vectors.vector import chance

LONGEST = 4_096
RATE = 2_000

_SEEDS = [seed("desk"), seed("second"), seed("desk")]
_SEALED = [chance(f"sealed {name}", 16_384) for name in ("one", "two")]
_CONSTANTS = [verify_key_of(_SEEDS[0]), verify_key_of(_SEEDS[1]), *_SEALED]
_KEYRING: Keyring = keyring(threshold=2)


def one_input(data: bytes) -> None:
    signing, recipe = flags(data, 3)
    untrusted = expand(recipe, _CONSTANTS)
    if any(signing):
        body = untrusted
        seeds_of = [one for one, signs in zip(_SEEDS, signing, strict=True) if signs]
        untrusted += bytes([len(seeds_of)])
        for one in seeds_of:
            untrusted += verify_key_of(one) + sign(one, SIGN_DISPATCH, body)
    try:
        signed = SignedDispatch.parse(untrusted)
    except WireError:
        return
    assert signed.serialise() == untrusted
    assert signed.dispatch.is_ordered()
    try:
        signed.check(_KEYRING, signed.dispatch.number - 1)
    except WireError:
        return
    # Nobody is let through with fewer signers than the keyring asks for.
    assert len(signed.signatures) == 2


def seeds() -> Iterator[bytes]:
    for vector in vectors("dispatch"):
        data = _with_known_replies(vector.input())
        recipe = contract(data, _CONSTANTS)
        if len(recipe) < LONGEST:
            yield b"\0" + recipe
            count = next(n for n in (2, 1, 0) if n == 0 or data[-96 * n :][:32] in _CONSTANTS[:2])
            body = contract(data[: -96 * count - 1], _CONSTANTS) if count else recipe
            yield from (bytes([how]) + body for how in (1, 3))


def _with_known_replies(data: bytes) -> bytes:
    """Return it with replies that a recipe can name, where they are as many as it says."""
    count = int.from_bytes(data[48:52], "big")
    if not 1 <= count <= 2 or len(data) < 52 + count * (32 + 16_384):
        return data
    for number in range(count):
        at = 52 + number * (32 + 16_384) + 32
        data = data[:at] + _SEALED[number] + data[at + 16_384 :]
    return data
