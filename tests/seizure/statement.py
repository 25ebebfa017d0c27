"""What an examiner states, in one form for any design, so that it can be held against the truth."""

from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Thing:
    """A message or a file that a server was sent, as far as the examiner knows it.

    Attributes:
        name: the server's for it.
        source: a name of the examiner's own for whoever sent it.
        submission: the same for what it was sent with.
        time: when it came, in Unix seconds, if more exactly than by a tick.
        tick: in which it came.
        size: bytes that were sent.
    """

    name: str
    source: Hashable = None
    submission: Hashable = None
    time: float | None = None
    tick: int | None = None
    size: int | None = None


@dataclass(frozen=True)
class Reply:
    """An answer; of each time there may be none."""

    source: Hashable = None
    editor: int | None = None
    delivered: float | None = None
    read: float | None = None
    deleted: float | None = None


@dataclass(frozen=True)
class Statement:
    """All that is stated.

    Attributes:
        sources: how many there are.
        ticks: how many submissions came in each.
        dispatches: of each editor, how often it delivered.
    """

    things: list[Thing]
    replies: list[Reply]
    sources: int | None = None
    ticks: dict[int, float] = field(default_factory=dict)
    dispatches: dict[int, int] = field(default_factory=dict)
