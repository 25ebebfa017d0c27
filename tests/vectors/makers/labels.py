"""Vectors for what everything else rests on: derivation, signatures, Padmé (F2, F3.4)."""

from nacl.signing import SigningKey

from intake.wire import labels
from intake.wire.padme import bucket
from intake.wire.signing import fingerprint, sign, verify_key_of
from tests.vectors.vector import Lines, Vector, chance

_ORDER = 2**252 + 27742317777372353535851937790883648493
_BODY = chance("body", 300)


def derivations() -> dict[str, Vector]:
    """Return one vector for each personalisation, and for what a caller may leave out."""
    made = {}
    persons = {
        name: value
        for name, value in vars(labels).items()
        if name.isupper() and not name.startswith(("MAGIC", "SIGN_", "HPKE"))
    }
    for name, person in persons.items():
        for case, key, data, size in (
            ("keyed", chance("key", 32), b"data", 32),
            ("unkeyed", b"", b"", 16),
        ):
            made[f"{name.lower().replace('_', '-')}-{case}"] = Vector(
                "success",
                f"BLAKE2b personalised by {name}, {case}",
                [
                    ("person", person),
                    ("key", key),
                    ("data", data),
                    ("size", size),
                    ("digest", labels.derive(key, person, data, size)),
                ],
            )
    return made


def signatures() -> dict[str, Vector]:
    """Return signatures, good and bad, over a body of 300 bytes."""
    seed, label = chance("signer", 32), labels.SIGN_KEYRING
    key, good = verify_key_of(seed), sign(seed, label, _BODY)
    beyond = int.from_bytes(good[32:], "little") + _ORDER
    return {
        "good": Vector(
            "success",
            "a signature, and the fingerprint of its key",
            [
                ("seed", seed),
                ("key", key),
                ("label", label),
                ("signature", good),
                ("fingerprint", fingerprint(key)),
            ],
            _BODY,
        ),
        "another-body": _bad("one byte more was signed", key, good, _BODY + b"x"),
        "another-label": _bad(
            "signed for a dispatch", key, sign(seed, labels.SIGN_DISPATCH, _BODY)
        ),
        "second-form": _bad(
            "S is S + L: the same equation, another 64 bytes",
            key,
            good[:32] + beyond.to_bytes(32, "little"),
        ),
        "without-digest": _bad(
            "label and body were signed as they are",
            key,
            _plain(seed, label + _BODY),
        ),
        **_of_small_order(),
    }


def _of_small_order() -> dict[str, Vector]:
    small = b"\1" + bytes(31)
    return {
        "small-order-key": _bad(
            "key and R are the neutral element, S is 0", small, small + bytes(32)
        ),
        # Made once: both pass where the equation is checked with the cofactor.
        "mixed-order-key": _bad(
            "the key has a part of small order",
            bytes.fromhex("5244962337eb41efa88ba45e251d5d4d81958cbe40c8049b4fb659c2b570a77e"),
            bytes.fromhex(
                "16d4573eb7f2c5b1a6620bb094f99c808886345c00ec08d010e90fc0784df644"
                "c52369d694410c80008e9d0ad8fff3051e0bf716a6eb702117c8d9041a9e660f"
            ),
        ),
        "small-order-r": _bad(
            "R is of small order",
            bytes.fromhex("1e947eb3724cc349f88f57057404ed7c9698552003ee45ffd68c4655f696c44b"),
            bytes.fromhex(
                "0100000000000000000000000000000000000000000000000000000000000000"
                "7082d4eec6eacbb00e9a177e716e511403288115f08a48510adce8e9d5264909"
            ),
        ),
    }


def _bad(what: str, key: bytes, signature: bytes, body: bytes = _BODY) -> Vector:
    lines: Lines = [("key", key), ("label", labels.SIGN_KEYRING), ("signature", signature)]
    return Vector("bad signature", what, lines, body)


def _plain(seed: bytes, message: bytes) -> bytes:
    return bytes(SigningKey(seed).sign(message).signature)


def buckets() -> dict[str, Vector]:
    """Return one table: a count of blocks and its bucket on each line."""
    counts = [*range(150), *(2**n + d for n in range(8, 49, 4) for d in (-1, 0, 1))]
    table = "".join(f"{count} {bucket(count)}\n" for count in counts)
    return {"table": Vector("success", "lines of a count and its bucket", [], table.encode())}
