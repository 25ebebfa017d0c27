"""Short inputs for long things: what a fuzzer changes are recipes, and not 64 KiB of zeros.

A recipe is bytes in which the long constants that a fuzzer would never find, keys and slots, are
written as two, and parts stand behind their lengths. Every recipe means something.
"""

import re
from collections.abc import Iterator, Sequence

#: What comes after it is a constant's number, or ``_LITERAL`` for this byte itself.
_MARK = 0xFE
_LITERAL = 0xFF


def expand(recipe: bytes, constants: Sequence[bytes]) -> bytes:
    """Return the recipe with its constants written out."""
    parts, at = [], 0
    while (mark := recipe.find(_MARK, at)) >= 0:
        number = recipe[mark + 1] if mark + 1 < len(recipe) else _LITERAL
        known = number < len(constants)
        parts += [recipe[at:mark], constants[number] if known else bytes([_MARK])]
        at = mark + (2 if known or number == _LITERAL else 1)
    return b"".join([*parts, recipe[at:]])


def contract(data: bytes, constants: Sequence[bytes]) -> bytes:
    """Return a recipe for ``data``."""
    written = {constant: bytes([_MARK, number]) for number, constant in enumerate(constants)}
    written.setdefault(bytes([_MARK]), bytes([_MARK, _LITERAL]))
    return re.sub(b"|".join(map(re.escape, written)), lambda found: written[found[0]], data)


def parts_of(recipe: bytes) -> Iterator[bytes]:
    """Yield the parts, each behind its length in two bytes; the last may be shorter than that."""
    at = 0
    while at < len(recipe):
        size = int.from_bytes(recipe[at : at + 2], "big")
        yield recipe[at + 2 : at + 2 + size]
        at += 2 + size


def joined(parts: Sequence[bytes]) -> bytes:
    """Return a recipe of these parts."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def flags(recipe: bytes, count: int) -> tuple[list[bool], bytes]:
    """Return so many bits of the first byte, the lowest first, and the rest."""
    first = recipe[0] if recipe else 0
    return [bool(first >> bit & 1) for bit in range(count)], recipe[1:]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Yield the data in pieces of a size, as a network might."""
    return (data[at : at + size] for at in range(0, len(data), size))
