"""What is told of a form while it arrives: how far it is, how fast, how long still.

It decides what is told and when, and neither words it nor sends it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from intake.arriving import Arriving

#: Seconds between two looks, and so between two things that are told. It is the watcher's own
#: clock: when something is told says nothing about how fast the form comes.
EVERY = 2.0
#: Seconds for which a form is waited for that was sent before, on another connection.
PATIENCE = 5.0
#: Seconds after which a watcher has to begin anew.
LIFE = 600.0
#: Seconds that a rate is taken over, and seconds until there is one.
_SPAN, _LEAST_SPAN = 30.0, 3.0
#: Seconds without a byte that are worth a word: Tor is mending a circuit, or gave up.
STALLED = 15.0


@dataclass(frozen=True)
class Figures:
    """How far a form is.

    Attributes:
        arrived, total: bytes.
        rate: bytes a second, lately; ``None`` while that cannot be said.
        seconds: that are left at this rate; ``None`` with it.
        stalled: whether nothing has come for a while.
    """

    arrived: int
    total: int
    rate: int | None = None
    seconds: int | None = None
    stalled: bool = False

    @property
    def percent(self) -> int:
        """0 to 100, and 100 only when all is here."""
        return 100 * self.arrived // self.total


class Course:
    """Makes figures of how much had arrived when."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._past: deque[tuple[float, int]] = deque(maxlen=int(_SPAN / EVERY) + 1)
        self._last_came = 0.0

    def figures(self, now: float, arrived: int) -> Figures:
        """Return the figures of this moment; ``now`` in seconds, of any clock."""
        if not self._past or arrived > self._past[-1][1]:
            self._last_came = now
        self._past.append((now, arrived))
        if now - self._last_came >= STALLED:
            return Figures(arrived, self._total, stalled=True)
        then, before = self._past[0]
        if now - then < _LEAST_SPAN or arrived == before:
            return Figures(arrived, self._total)
        rate = (arrived - before) / (now - then)
        return Figures(arrived, self._total, int(rate), int((self._total - arrived) / rate))


class Told(StrEnum):
    """What a watcher can be told."""

    WAITING = "waiting"
    FIGURES = "figures"
    ALL_HERE = "all-here"
    REFUSED = "refused"
    BROKEN = "broken"
    NOTHING = "nothing"
    AGAIN = "again"


@dataclass(frozen=True)
class State:
    """What a watcher is told at one moment.

    Attributes:
        refused: what is wrong with the form, and what to do.
        aloud: whether it is worth being read out: what is new, and every tenth of the way.
    """

    told: Told
    figures: Figures | None = None
    refused: tuple[str, str] | None = None
    aloud: bool = True


def watch(
    find: Callable[[], Arriving | None], now: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[State]:
    """Tell of a form until it has arrived, or nothing more will come of it, or ``LIFE`` is over.

    Args:
        find: the form, while there is one.
        now: seconds, of any clock.
        sleep: for so many seconds.
    """
    begun = now()
    yield State(Told.WAITING)
    while (arriving := find()) is None:
        if now() - begun >= PATIENCE:
            yield State(Told.NOTHING)
            return
        sleep(EVERY / 4)
    course, said = Course(arriving.total), (Told.WAITING, 0)
    while now() - begun < LIFE:
        over = arriving.over
        figures = course.figures(now(), arriving.arrived)
        told = _told(arriving, over=over)
        saying = (told, figures.percent // 10)
        yield State(told, figures, arriving.refused, aloud=saying != said)
        if over or told is Told.REFUSED:
            return
        said = saying
        sleep(EVERY)
    yield State(Told.AGAIN)


def _told(arriving: Arriving, *, over: bool) -> Told:
    if arriving.refused is not None:
        return Told.REFUSED
    if arriving.arrived == arriving.total:
        return Told.ALL_HERE
    return Told.BROKEN if over else Told.FIGURES
