"""What really happened: kept by the test, outside of all that is seized."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.seizure.plan import Answer, Letter, Plan


@dataclass
class Span:
    """From when to when something took place, in Unix seconds."""

    begin: float
    end: float = 0.0


@dataclass
class Answered:
    """What became of an answer."""

    answer: Answer
    delivered: Span
    read: Span | None = None
    deleted: Span | None = None


@dataclass
class Truth:
    """The log of a month.

    Attributes:
        tick: seconds of one.
        sent: by a letter's number: from the first byte to the receipt.
        things: by the name that the server gave to a message or a file: its letter's number, and
            its size as it was sent.
        dispatches: of each editor, how many were delivered.
        deleted: by the name of what was deleted on a receipt: some bytes of each of its pages.
    """

    plan: Plan
    tick: int
    sent: dict[int, Span] = field(default_factory=dict)
    things: dict[str, tuple[int, int]] = field(default_factory=dict)
    answered: list[Answered] = field(default_factory=list)
    dispatches: dict[int, int] = field(default_factory=dict)
    deleted: dict[str, list[bytes]] = field(default_factory=dict)

    def letter(self, thing: str) -> Letter | None:
        """Return what a thing is of, if it is of one."""
        known = self.things.get(thing)
        return None if known is None else self.plan.letters[known[0]]


@contextmanager
def spanning() -> Iterator[Span]:
    """Give the span from the beginning of a ``with`` to its end."""
    span = Span(time.time())
    yield span
    span.end = time.time()
