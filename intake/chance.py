"""Randomness, as one argument that ``cli.py`` fills in and tests may replace."""

from collections.abc import Callable, MutableSequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chance:
    """Where the server's randomness comes from: the system's generator.

    Attributes:
        token: ``token(n)`` gives n random bytes.
        below: ``below(n)`` draws evenly from 0 to n - 1.
        shuffle: puts a sequence into random order.
    """

    token: Callable[[int], bytes]
    below: Callable[[int], int]
    shuffle: Callable[[MutableSequence[str]], None]
