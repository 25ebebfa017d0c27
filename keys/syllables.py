"""Readable names for threads: proquints (V5 of ``VAULT.md``), easy to say and to tell apart."""

from collections.abc import Iterator
from typing import Final

_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
_LEAST_WORDS = 3
_MOST_WORDS = 8


def word(number: int) -> str:
    """Return five letters for 16 bits."""
    return (
        _CONSONANTS[number >> 12 & 15]
        + _VOWELS[number >> 10 & 3]
        + _CONSONANTS[number >> 6 & 15]
        + _VOWELS[number >> 4 & 3]
        + _CONSONANTS[number & 15]
    )


def names_of(thread_id: bytes) -> Iterator[str]:
    """Yield the names that a thread may bear, the shortest first."""
    words = [
        word(int.from_bytes(thread_id[i : i + 2], "big")) for i in range(0, 2 * _MOST_WORDS, 2)
    ]
    for count in range(_LEAST_WORDS, _MOST_WORDS + 1):
        yield "-".join(words[:count])
