"""Vectors for what a source types and what is derived from it (F5)."""

import unicodedata

from intake.wire.codename import COST, derive_source, passes, split
from tests.vectors.vector import Lines, Vector, chance

_WORDS = (
    "anchor basket candle dolphin engine feather garden harbor island jacket kettle ladder "
    "magnet needle orange pepper quartz ribbon saddle timber umbrella velvet walnut yellow"
)
_ACCENTS = "été forêt cœur naïve garçon déjà hôtel île août maïs noël où çà brûlé"
SALT = chance("instance salt", 16)


def _draw(words: str, seed: int) -> list[str]:
    listed, tries = words.split(), 0
    while True:
        chosen = chance(f"codename {seed} {tries}", 7)
        drawn = [listed[byte % len(listed)] for byte in chosen]
        if passes(split(" ".join(drawn))):
            return drawn
        tries += 1


def vectors() -> dict[str, Vector]:
    """Return codenames as they may be typed, and slips."""
    drawn = _draw(_WORDS, 1)
    plain = " ".join(drawn)
    swapped = " ".join([drawn[1], drawn[0], *drawn[2:]])
    accents = " ".join(_draw(_ACCENTS, 2))
    return {
        "plain": _typed(plain, "seven words"),
        "accents": _typed(accents, "words with accents, composed"),
        "decomposed": _typed(_decomposed(accents), "the same, each accent a code point of its own"),
        "capitals": _typed(plain.upper(), "in capitals"),
        "hyphens": _typed(plain.replace(" ", "-"), "with hyphens"),
        "dashes": _typed(" — ".join(drawn), "with long dashes, as a telephone puts them"),
        "lines": _typed("\r\n".join(drawn) + "\r\n", "one word a line"),
        "commas": _typed(", ".join(drawn) + ".", "with commas and a full stop"),
        "nbsp": _typed("\u00a0".join(drawn), "with spaces that do not break"),
        "full-width": _typed(
            "".join(chr(ord(c) + 0xFEE0) if c > " " else "\u3000" for c in plain), "full width"
        ),
        "direction-marks": _typed(
            f"\u200e\u2066{plain}\u2069\u200f", "copied with direction marks"
        ),
        "byte-order-mark": _typed("\ufeff" + plain, "with a byte order mark"),
        "soft-hyphen": _typed(plain.replace("e", "e\u00ad"), "with soft hyphens"),
        "sharp-s": _typed(_with_sharp_s(), "sharp s is ss to a reader that folds case"),
        "longest": _typed(plain + " " * (512 - len(plain)), "512 code points"),
        "too-long": _typed(plain + " " * (513 - len(plain)), "513 code points"),
        "swapped": _typed(swapped, "two words swapped"),
        "six-words": _typed(" ".join(drawn[:6]), "a word is missing"),
        "eight-words": _typed(plain + " anchor", "a word too many"),
        "empty": _typed("", "nothing"),
        "joined": _typed(plain.replace(" ", ""), "without spaces"),
        "another-newsroom": _typed(plain, "another newsroom's salt", bytes(16)),
    }


def _with_sharp_s() -> str:
    number = 0
    while True:
        words = [*_draw(_WORDS, number)[:6], "strasse"]
        if passes(words):
            return " ".join([*words[:6], "Straße"])
        number += 1


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _typed(text: str, what: str, salt: bytes = SALT) -> Vector:
    words = split(text)
    headers: Lines = [("typed", text), ("words", list(words))]
    if not passes(words):
        return Vector("malformed", what, headers)
    source = derive_source(words, salt, COST)
    thread = source.thread
    return Vector(
        "success",
        what,
        [
            *headers,
            ("salt", salt),
            ("capability", thread.capability),
            ("reply-key", thread.reply_key),
            ("thread-id", thread.id),
            ("upload-key", source.upload_key),
            ("upload-submission", source.submission),
        ],
    )
