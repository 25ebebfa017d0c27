"""What enters from outside, handed in by ``cli``: the day, chance, and a way to tell people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

SECONDS_A_DAY: Final = 86_400


@dataclass(frozen=True)
class Edge:
    """The outside, as arguments.

    Attributes:
        day: days since 1970-01-01, UTC.
        random: ``random(n)`` gives n bytes of the system's generator.
        say: tells the person one line or more; never secret, never the command's output.
    """

    day: int
    random: Callable[[int], bytes]
    say: Callable[[str], None]


def day_text(day: int) -> str:
    """Return a day as 2026-11-21."""
    return str(date(1970, 1, 1) + timedelta(days=day))
