"""What a person types for a codename (F5.1), and the words that are near to it."""

import json
from collections.abc import Iterator

from intake.wire.codename import MAX_CODENAME, WORDS, passes, split
from intake.wordlists import FILES, slips, words
from tests.fuzz.vectors import vectors

LONGEST = 1_024
RATE = 400

_KNOWN = {word for language in FILES for word in words(language)}


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    typed = split(text)
    assert typed == () or len(text) <= MAX_CODENAME
    assert all(typed)
    shown = " ".join(typed)
    if len(shown) <= MAX_CODENAME:
        # What a page shows of it can be typed back.
        assert split(shown) == typed
    if passes(typed):
        assert len(typed) == WORDS
    for word, near in slips(typed[:WORDS]):
        assert word in typed
        assert len(near) <= 3
        assert set(near) <= _KNOWN


def seeds() -> Iterator[bytes]:
    for vector in vectors("codename"):
        yield json.loads(vector.one("typed")).encode()[:LONGEST]
    yield b"anchr baskt candle dolphin engine feather garden"
    yield "abandon été straße Ⅷ ſ İ ŉ ﷺ".encode()
