"""The keyring (F7). The first byte's bits: its root signs it, whatever it says.

Keys are constants of the recipe: a fuzzer would never find a good one.
"""

from collections.abc import Iterator

from intake.wire.errors import Refused, WireError
from intake.wire.keyring import Keyring, SuiteName
from intake.wire.labels import SIGN_KEYRING
from intake.wire.signing import SIGNATURE, sign, verify_key_of
from tests.fuzz.recipes import contract, expand, flags
from tests.fuzz.vectors import vectors
from tests.vectors.makers.keyring import ROOT, editor, seed

LONGEST = 2_048
RATE = 1_500

_NAMES = ("desk", "second", "a", "b")
_ROOT_KEY = verify_key_of(ROOT)
CONSTANTS = [
    _ROOT_KEY,
    *(editor(name).verify_key for name in _NAMES),
    *(editor(name).epochs[0].public for name in _NAMES),
    editor("desk", 20_407).epochs[0].public,
]
DESK_SEEDS = {editor(name).verify_key: seed(name) for name in _NAMES}
_OTHER = Keyring.parse(next(one.input() for one in vectors("keyring") if one.expect == "success"))


def one_input(data: bytes) -> None:
    (signed,), recipe = flags(data, 1)
    untrusted = expand(recipe, CONSTANTS)
    if signed:
        untrusted += sign(ROOT, SIGN_KEYRING, untrusted)
    try:
        keyring = Keyring.parse(untrusted)
    except WireError:
        return
    assert keyring._body() == untrusted[:-SIGNATURE]
    if keyring.root_key == _ROOT_KEY:
        assert keyring.serialise(ROOT) == untrusted
    assert 1 <= keyring.threshold <= len(keyring.editors)
    try:
        recipients = keyring.recipients(keyring.last_day)
        assert keyring.suite is SuiteName.GPG or len(recipients) == len(keyring.editors)
        _OTHER.check_successor(keyring)
    except Refused:
        return


def seeds() -> Iterator[bytes]:
    for vector in vectors("keyring"):
        whole, body = (contract(part, CONSTANTS) for part in (vector.input(), vector.input()[:-64]))
        if len(whole) < LONGEST:
            yield b"\0" + whole
            yield b"\1" + body
