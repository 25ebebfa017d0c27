"""Figures, durations and names as people read them on a terminal."""

import textwrap
from typing import Final

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def human(size: float, *, like: float = 0) -> str:
    """Return a size with its unit, or without it where another one stands beside it.

    Args:
        like: the other size, of which the unit is taken.
    """
    unit = 0
    while max(size, like) >= 1_000 ** (unit + 1) and unit < len(_UNITS) - 1:
        unit += 1
    text = f"{size / 1_000**unit:.{1 if unit else 0}f}"
    return text if like else f"{text} {'byte' if size == 1 else _UNITS[unit]}"


def duration(seconds: float) -> str:
    """Return a duration to two units at most."""
    left = int(seconds)
    for size, unit, finer, name in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min")):
        if left >= size:
            rest = left % size // finer
            return f"{left // size} {unit}" + (f" {rest} {name}" if rest else "")
    return f"{left // _MINUTE} min" if left >= _MINUTE else f"{left} s"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number and what it counts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def wrapped(text: str, columns: int) -> str:
    """Return a text with its lines broken between words, so that each fits; as it is for 0."""
    if not columns:
        return text
    return "\n".join(textwrap.fill(line, columns) for line in text.split("\n"))


def safe(untrusted_text: str) -> str:
    """Return a text that does nothing to a terminal: what cannot be seen is written out."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in untrusted_text
    )
