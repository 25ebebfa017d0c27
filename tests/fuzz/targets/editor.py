"""An editor's public half as text (F7.1). The first byte's bits: signed by its desk; armored."""

import base64
from collections.abc import Iterator

from intake.wire.errors import WireError
from intake.wire.keyring import Editor, _armor
from intake.wire.labels import SIGN_EDITOR
from intake.wire.signing import sign
from tests.fuzz.recipes import contract, expand, flags
from tests.fuzz.targets.keyring import CONSTANTS, DESK_SEEDS
from tests.fuzz.vectors import vectors

LONGEST = 4_096
RATE = 2_000


def one_input(data: bytes) -> None:
    (signed, armored), recipe = flags(data, 2)
    body = expand(recipe, CONSTANTS)
    if signed:
        # By the desk whose key is where the format has it, if it is one of ours.
        key = next((one for one in DESK_SEEDS if one in body), None)
        body += sign(DESK_SEEDS[key], SIGN_EDITOR, body) if key else bytes(64)
    text = _armor(body) if armored else body.decode("latin-1")
    try:
        editor = Editor.parse(text)
    except WireError:
        return
    assert editor.armored(DESK_SEEDS[editor.verify_key]) == text


def seeds() -> Iterator[bytes]:
    for vector in vectors("editor"):
        text = vector.input()
        if len(text) < LONGEST:
            yield b"\0" + text.replace(b"\xfe", b"\xfe\xff")
        try:
            body = base64.b64decode(b"".join(text.split(b"\n")[1:-2]), validate=True)
        except ValueError:
            continue
        for how, part in ((2, body), (3, body[:-64])):
            recipe = contract(part, CONSTANTS)
            if len(recipe) < LONGEST:
                yield bytes([how]) + recipe
