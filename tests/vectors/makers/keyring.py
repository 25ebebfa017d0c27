"""Vectors for keyrings and editors' public halves (F7)."""

import base64
from dataclasses import replace

from intake.wire.envelope import Identity
from intake.wire.keyring import MAX_EPOCHS, Editor, Epoch, Keyring, SuiteName
from intake.wire.labels import SIGN_EDITOR, SIGN_KEYRING
from intake.wire.signing import sign, verify_key_of
from tests.vectors.vector import Lines, Vector, chance

ROOT = chance("root", 32)
SALT = chance("instance salt", 16)


def seed(name: str) -> bytes:
    """Return the secret of a desk."""
    return chance(f"desk {name}", 32)


def editor(name: str, *days: int) -> Editor:
    """Return an editor with an epoch from each day on."""
    epochs = (
        Epoch(day, Identity(chance(f"epoch {name} {day}", 96)).public())
        for day in days or (20_400,)
    )
    return Editor(name, verify_key_of(seed(name)), tuple(epochs))


def keyring(**parts) -> Keyring:
    """Return the keyring of two editors that is in force here, or one that differs from it."""
    usual = {
        "sequence": 5,
        "root_key": verify_key_of(ROOT),
        "salt": SALT,
        "first_day": 20_400,
        "last_day": 20_800,
        "suite": SuiteName.NACL,
        "threshold": 1,
        "editors": (editor("desk"), editor("second")),
    }
    return Keyring(**{**usual, **parts})


def signed(body: bytes, root: bytes = ROOT) -> bytes:
    """Return a keyring that is not looked at."""
    return body + sign(root, SIGN_KEYRING, body)


def _bad(what: str, **parts) -> Vector:
    """Return a signed keyring that differs from the one in force here, and is none."""
    return Vector("malformed", what, [], signed(keyring(**parts)._body()))


def keyrings() -> dict[str, Vector]:
    """Return keyrings, good and bad."""
    return {**_whole(), **_signed_wrongly(), **_bad_numbers(), **_bad_editors()}


def _whole() -> dict[str, Vector]:
    card = replace(editor("desk"), epochs=(), openpgp=b"left to OpenPGP to judge")
    both = replace(editor("desk", 20_400, 20_407), openpgp=b"left to OpenPGP to judge")

    def whole(what, ring):
        return Vector("success", what, _described(ring), ring.serialise(ROOT))

    return {
        "two-editors": whole("two editors", keyring()),
        "gpg": whole("the GPG suite", keyring(suite=SuiteName.GPG, editors=(card,))),
        "both": whole("epochs and an OpenPGP key", keyring(threshold=1, editors=(both,))),
        "names": whole(
            "names in other scripts",
            keyring(editors=(editor("Ä b"), editor("القسم"), editor("🗞")), threshold=3),
        ),
    }


def _signed_wrongly() -> dict[str, Vector]:
    good = keyring()
    data = good.serialise(ROOT)
    return {
        "flipped": Vector(
            "bad signature",
            "one bit of the salt",
            [],
            pieces=[("two-editors", 0, 44), bytes([data[44] ^ 1]), ("two-editors", 45, len(data))],
        ),
        "another-root": Vector(
            "bad signature", "signed by another root", [], signed(good._body(), chance("other", 32))
        ),
        "another-magic": Vector(
            "malformed", "of another version", [], signed(b"intakeK2" + good._body()[8:])
        ),
        "byte-added": Vector(
            "malformed", "a byte too many, signed", [], signed(good._body() + b"\0")
        ),
        "body-cut": Vector("truncated", "cut in an editor, signed", [], signed(good._body()[:-10])),
        "too-short": Vector("truncated", "64 bytes", [], pieces=[("two-editors", 0, 64)]),
    }


def _bad_numbers() -> dict[str, Vector]:
    return {
        "threshold-0": _bad("a threshold of 0", threshold=0),
        "threshold-3": _bad("a threshold of 3 among 2", threshold=3),
        "no-editors": _bad("no editors", editors=()),
        "33-editors": _bad(
            "33 editors",
            editors=tuple(replace(editor(f"e{n}"), epochs=(), openpgp=b"x") for n in range(33)),
            suite=SuiteName.GPG,
        ),
        "suite-0": _bad("suite 0", suite=0),
        "suite-3": _bad("suite 3", suite=3),
        "ends-first": _bad("the last day before the first", last_day=20_399),
    }


def _bad_editors() -> dict[str, Vector]:
    public = editor("a").epochs[0].public
    x25519_zero = replace(editor("desk"), epochs=(Epoch(1, public[:1184] + bytes(32)),))
    mlkem_high = replace(editor("desk"), epochs=(Epoch(1, b"\xff" * 3 + public[3:]),))
    return {
        "one-name": _bad(
            "two editors of one name", editors=(editor("a"), replace(editor("b"), name="a"))
        ),
        "one-key": _bad(
            "two editors with one key", editors=(editor("a"), replace(editor("a"), name="b"))
        ),
        "no-epochs": _bad(
            "no epochs under the NaCl suite", editors=(replace(editor("a"), epochs=()),)
        ),
        "no-openpgp": _bad("no OpenPGP key under the GPG suite", suite=SuiteName.GPG),
        "epochs-swapped": _bad("epochs out of order", editors=(editor("a", 20_407, 20_400),)),
        "epochs-same-day": _bad("two epochs from one day", editors=(editor("a", 20_400, 20_400),)),
        "129-epochs": _bad(
            "129 epochs",
            editors=(
                replace(
                    editor("a"),
                    epochs=tuple(Epoch(day, bytes(1216)) for day in range(MAX_EPOCHS + 1)),
                ),
            ),
        ),
        "x25519-low-order": _bad("an X25519 key of zero", editors=(x25519_zero,)),
        "ml-kem-not-reduced": _bad(
            "an ML-KEM key with coefficients too large", editors=(mlkem_high,)
        ),
        "name-empty": _bad("an empty name", editors=(replace(editor("a"), name=""),)),
        "name-space-first": _bad(
            "a name that begins with a space", editors=(replace(editor("a"), name=" a"),)
        ),
        "name-direction": _bad(
            "a direction override in a name", editors=(replace(editor("a"), name="a\u202e"),)
        ),
        "name-line": _bad("a line feed in a name", editors=(replace(editor("a"), name="a\n"),)),
        "name-nbsp": _bad(
            "a space that does not break in a name",
            editors=(replace(editor("a"), name="a\u00a0b"),),
        ),
    }


def _described(ring: Keyring) -> Lines:
    lines: Lines = [
        ("root-seed", ROOT),
        ("sequence", ring.sequence),
        ("root-key", ring.root_key),
        ("salt", ring.salt),
        ("first-day", ring.first_day),
        ("last-day", ring.last_day),
        ("suite", ring.suite.value),
        ("threshold", ring.threshold),
    ]
    for one in ring.editors:
        lines += [("editor", one.name), ("verify-key", one.verify_key)]
        lines += [("epoch-first-day", epoch.first_day) for epoch in one.epochs]
    return lines


def editors() -> dict[str, Vector]:
    """Return editors' public halves, good and bad; the input is ASCII text."""
    one = editor("desk", 20_400, 20_407)
    good = one.armored(seed("desk"))
    begin, *middle, end = good.splitlines()
    data = base64.b64decode("".join(middle))
    body = data[:-64]

    def armored(content: bytes, width: int = 64) -> str:
        encoded = base64.b64encode(content).decode()
        rows = [encoded[i : i + width] for i in range(0, len(encoded), width)]
        return "\n".join([begin, *rows, end, ""])

    def case(expect, what, text):
        return Vector(expect, what, [], text.encode())

    lines: Lines = [
        ("desk-seed", seed("desk")),
        ("editor", one.name),
        ("verify-key", one.verify_key),
    ]
    lines += [("epoch-first-day", epoch.first_day) for epoch in one.epochs]
    short = editor("a").armored(seed("a"))
    last = short.splitlines()[-2]
    spoilt = short.replace(last, last.replace("==", "")[:-1] + _next_digit(last) + "==")
    return {
        "good": Vector("success", "an editor's public half", lines, good.encode()),
        "crlf": case("malformed", "lines end in CR LF", good.replace("\n", "\r\n")),
        "no-last-newline": case("malformed", "the last line does not end", good[:-1]),
        "newline-added": case("malformed", "an empty line at the end", good + "\n"),
        "space-first": case("malformed", "a space at the front", " " + good),
        "lines-of-76": case("malformed", "lines of another width", armored(data, 76)),
        "one-line": case("malformed", "one line", armored(data, 10_000)),
        "bits-left-over": case("malformed", "base64 whose last bits are not zero", spoilt),
        "no-padding": case("malformed", "base64 without padding", short.replace("==", "")),
        "not-ascii": case(
            "malformed", "a letter that is not ASCII", good.replace(middle[3], "ä" * 64)
        ),
        "another-title": case("malformed", "another first line", good.replace("EDITOR", "KEYRING")),
        "empty": case("truncated", "nothing between the lines", f"{begin}\n{end}\n"),
        "flipped": case(
            "bad signature",
            "one bit of the verify key",
            armored(data[:20] + bytes([data[20] ^ 1]) + data[21:]),
        ),
        "another-signer": case(
            "bad signature",
            "signed by another desk",
            armored(body + sign(seed("b"), SIGN_EDITOR, body)),
        ),
        "byte-added": case(
            "malformed",
            "a byte too many, signed",
            armored(body + b"\0" + sign(seed("desk"), SIGN_EDITOR, body + b"\0")),
        ),
    }


def _next_digit(line: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet[alphabet.index(line.rstrip("=")[-1]) + 1]
