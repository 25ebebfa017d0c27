"""Vectors for dispatches (F8)."""

from dataclasses import replace

from intake.wire.codec import Writer
from intake.wire.dispatch import Dispatch, Receipt, SignedDispatch, sign_dispatch
from intake.wire.labels import SIGN_DISPATCH
from intake.wire.reply import SealedReply
from intake.wire.signing import sign, verify_key_of
from tests.vectors.makers.keyring import ROOT, keyring, seed
from tests.vectors.makers.reply import sealed
from tests.vectors.vector import Lines, Vector, chance

EMPTY = Dispatch(verify_key_of(seed("desk")), 1_000, (), ())


def signed(body: bytes, *names: str) -> bytes:
    """Return a dispatch that is not looked at."""
    pairs = [verify_key_of(seed(name)) + sign(seed(name), SIGN_DISPATCH, body) for name in names]
    return body + bytes([len(names)]) + b"".join(pairs)


def body_of(dispatch: Dispatch) -> bytes:
    """Return a body in whatever order things are."""
    writer = Writer().fixed(b"intakeD1", 8).fixed(dispatch.author, 32).number(dispatch.number, 8)
    writer.number(len(dispatch.replies), 4)
    for reply in dispatch.replies:
        writer.fixed(reply.name + reply.sealed, 32 + 16_384)
    writer.number(len(dispatch.receipts), 4)
    for receipt in dispatch.receipts:
        writer.fixed(receipt.envelope, 16).number(receipt.size, 8)
    return writer.blob(dispatch.keyring, 1 << 23).done()


def vectors() -> dict[str, Vector]:
    """Return every dispatch."""
    return {**_good(), **_malformed(), **_claims(), **_signatures(), **_checked()}


def _receipt(number: int, size: int = 69_632) -> Receipt:
    return Receipt(bytes([number]) * 16, size)


def _described(dispatch: SignedDispatch) -> Lines:
    parts = dispatch.dispatch
    lines: Lines = [("author", parts.author), ("number", parts.number)]
    lines += [("reply", reply.name) for reply in parts.replies]
    for receipt in parts.receipts:
        lines += [("receipt", receipt.envelope), ("receipt-size", receipt.size)]
    return [*lines, ("keyring-size", len(parts.keyring)), ("signers", len(dispatch.signatures))]


def _good() -> dict[str, Vector]:
    receipts = [Receipt(chance(f"receipt {n}", 16), 69_632 + n * 65_536) for n in range(3)]
    full = sign_dispatch(
        seed("desk"),
        number=2**64 - 1,
        replies=[sealed("good"), sealed("second")],
        receipts=receipts,
        keyring=keyring(sequence=6).serialise(ROOT),
    )
    two_sizes = sign_dispatch(
        seed("desk"), number=0, replies=[], receipts=[_receipt(1, 5), _receipt(1, 4)]
    )
    cases = {
        "empty": (SignedDispatch(EMPTY, ()).signed_also_by(seed("desk")), "nothing in it"),
        "full": (full, "replies, receipts and a keyring"),
        "two-signers": (full.signed_also_by(seed("second")), "signed by a further editor"),
        "two-sizes": (two_sizes, "receipts for a piece and for the whole"),
    }
    made = {
        name: Vector("success", what, _described(one), one.serialise())
        for name, (one, what) in cases.items()
    }
    # The same body, so that it need not be written out twice.
    data, size = cases["two-signers"][0].serialise(), len(full.dispatch.body())
    made["two-signers"].body = data[size:]
    made["two-signers"].pieces = [("full", 0, size), ("body", 0, len(data) - size)]
    return made


def _malformed() -> dict[str, Vector]:
    def case(what, expect="malformed", **parts):
        return Vector(expect, what, [], signed(body_of(replace(EMPTY, **parts)), "desk"))

    one, other = (SealedReply(bytes([n]) * 32, bytes(16_384)) for n in (1, 2))
    body = body_of(EMPTY)
    return {
        "replies-swapped": case("replies out of order", replies=(other, one)),
        "reply-twice": case("a reply twice", replies=(one, one)),
        "receipts-swapped": case("receipts out of order", receipts=(_receipt(2), _receipt(1))),
        "receipt-twice": case("a receipt twice", receipts=(_receipt(1), _receipt(1))),
        "sizes-swapped": case(
            "receipts of one id out of order", receipts=(_receipt(1, 5), _receipt(1, 4))
        ),
        "another-magic": Vector(
            "malformed", "of another version", [], signed(b"intakeD2" + body[8:], "desk")
        ),
        "byte-added": Vector("malformed", "a byte too many", [], signed(body, "desk") + b"\0"),
        "cut": Vector("truncated", "cut in its signature", [], signed(body, "desk")[:-1]),
        "nothing": Vector("truncated", "nothing at all", [], b""),
    }


def _claims() -> dict[str, Vector]:
    front, huge = body_of(EMPTY)[:48], (2**32 - 1).to_bytes(4, "big")

    def case(expect, what, *parts):
        return Vector(expect, what, [], front + b"".join(parts) + bytes(100))

    return {
        "claims-replies": case("malformed", "2^32 - 1 replies", huge),
        "claims-4097-replies": case("malformed", "4097 replies", (4097).to_bytes(4, "big")),
        "claims-4096-replies": case("truncated", "4096 replies", (4096).to_bytes(4, "big")),
        "claims-receipts": case("malformed", "2^32 - 1 receipts", bytes(4), huge),
        "claims-262145-receipts": case(
            "malformed", "262145 receipts", bytes(4), (262_145).to_bytes(4, "big")
        ),
        "claims-keyring": case("malformed", "a keyring of 2^32 - 1 bytes", bytes(8), huge),
        "claims-signatures": case("malformed", "33 signatures", bytes(12), bytes([33])),
    }


def _signatures() -> dict[str, Vector]:
    body = body_of(EMPTY)

    def case(what, data):
        return Vector("bad signature", what, [], data)

    good = signed(body, "desk", "second")
    return {
        "unsigned": case("signed by nobody", signed(body)),
        "author-second": case("the author does not come first", signed(body, "second", "desk")),
        "signed-twice": case("an editor signed twice", signed(body, "desk", "desk")),
        "one-bad": case("the second signature is bad", good[:-1] + bytes([good[-1] ^ 1])),
        "number-changed": case("the number is another", body[:47] + b"\0" + good[48:]),
    }


def _checked() -> dict[str, Vector]:
    def case(expect, what, *names, threshold=1, last=None):
        dispatch = replace(EMPTY, author=verify_key_of(seed(names[0])))
        lines: Lines = [("keyring", keyring(threshold=threshold).serialise(ROOT))]
        lines += [] if last is None else [("last-number", last)]
        return Vector(expect, what, lines, signed(body_of(dispatch), *names))

    return {
        "check-first": case("success", "the first of an editor", "desk"),
        "check-next": case("success", "the next of an editor", "desk", last=999),
        "check-again": case("refused", "delivered already", "desk", last=1_000),
        "check-older": case("refused", "older than the last", "desk", last=1_001),
        "check-one-of-two": case("bad signature", "one of two", "desk", threshold=2),
        "check-two-of-two": case("success", "two of two", "desk", "second", threshold=2),
        "check-stranger-counts-not": case(
            "bad signature", "an editor and a stranger of two", "desk", "stranger", threshold=2
        ),
        "check-stranger-first": case(
            "bad signature", "its author is no editor", "stranger", "desk", "second"
        ),
    }
