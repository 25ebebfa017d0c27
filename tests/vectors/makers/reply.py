"""Vectors for replies (F6)."""

from nacl.secret import SecretBox

from intake.wire.codename import Thread
from intake.wire.reply import MAX_TEXT, SEALED, Reply, SealedReply, seal_reply
from tests.vectors.vector import Lines, Vector, chance

THREAD = Thread(chance("capability", 32), chance("reply key", 32))
_PLAIN = SEALED - 24 - 16


def sealed(name: str, text: str = "Thank you.") -> SealedReply:
    """Return a reply."""
    return seal_reply(
        Reply(1, 20_400, text),
        THREAD,
        name_random=chance(f"{name} name", 16),
        nonce=chance(f"{name} nonce", 24),
    )


def vectors() -> dict[str, Vector]:
    """Return replies, names of replies, and one defect each."""
    good = sealed("good", "Спасибо.\nWe have questions.")
    empty, longest = sealed("empty", ""), sealed("longest", "ä" * (MAX_TEXT // 2))
    flipped = bytes([good.sealed[40] ^ 1])
    other = chance("other", 32)
    return {
        "good": _opened(good, "Спасибо.\nWe have questions.", "a reply"),
        "empty": _opened(empty, "", "no text"),
        "longest": _opened(longest, "ä" * (MAX_TEXT // 2), "as much text as there can be"),
        "another-threads-name": Vector(
            "not for us",
            "a name for another capability",
            [("capability", other), ("name", good.name)],
        ),
        "own-name": Vector(
            "success",
            "a name for this capability",
            [("capability", THREAD.capability), ("name", good.name)],
        ),
        "flipped": _bad(
            "corrupt", "one bit", pieces=[("good", 0, 40), flipped, ("good", 41, SEALED)]
        ),
        "nonce-flipped": _bad(
            "corrupt",
            "one bit of the nonce",
            pieces=[bytes([good.sealed[0] ^ 1]), ("good", 1, SEALED)],
        ),
        "another-key": Vector(
            "corrupt",
            "another thread's key",
            [("reply-key", other)],
            pieces=[("good", 0, SEALED)],
        ),
        "too-short": _bad("malformed", "a byte is missing", pieces=[("good", 0, SEALED - 1)]),
        "too-long": _bad("malformed", "a byte too many", pieces=[("good", 0, SEALED), b"\0"]),
        "another-magic": _inside("of another version", b"intakeA2" + bytes(8) + b"\0\1x"),
        "not-utf-8": _inside("text that is not UTF-8", b"intakeA1" + bytes(8) + b"\0\1\xff"),
        "text-too-long": _inside(
            "a length of one byte more than there is room for",
            b"intakeA1" + bytes(8) + (MAX_TEXT + 1).to_bytes(2, "big"),
        ),
        "unused-not-zero": _inside(
            "the last byte is not zero", b"intakeA1".ljust(_PLAIN - 1, b"\0") + b"\1"
        ),
    }


def _opened(reply: SealedReply, text: str, what: str) -> Vector:
    lines: Lines = [
        ("capability", THREAD.capability),
        ("name", reply.name),
        ("reply-key", THREAD.reply_key),
        ("number", 1),
        ("day", 20_400),
        ("text", text),
    ]
    return Vector("success", what, lines, reply.sealed)


def _bad(expect: str, what: str, **parts) -> Vector:
    return Vector(expect, what, [("reply-key", THREAD.reply_key)], **parts)


def _inside(what: str, plain: bytes) -> Vector:
    box = SecretBox(THREAD.reply_key).encrypt(plain.ljust(_PLAIN, b"\0"), chance(what, 24))
    return _bad("malformed", what, body=bytes(box))
