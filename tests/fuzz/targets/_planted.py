"""A parser with a fault, to see that it is found; none of those that are fuzzed."""

from collections.abc import Iterator

from tests.fuzz.recipes import parts_of

LONGEST = 64
RATE = 10_000


def one_input(data: bytes) -> None:
    for part in parts_of(data):
        if len(part) == 3:
            raise ZeroDivisionError("a part of three bytes")


def seeds() -> Iterator[bytes]:
    yield b"\0\1a\0\2bb"
