"""How fast, and when: so that whoever watches the line sees neither a peak nor a sharp edge.

The rate is a ceiling: below it the pace is drawn anew every minute or so. And the hours of the day
are entered late and left early, by some minutes that are drawn for each day.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
#: Of the rate, in percent, the least pace that is drawn.
_SLOWEST: Final = 60
#: Seconds for which a pace holds that was drawn, at least, and beyond that at most.
_HOLDS: Final = (30, 60)
#: The most by which hours are entered late, and left early: one of so many parts of them.
_EDGE: Final = 12
#: Bytes that are sent at once; where there is a rate, at most what it gives in this many seconds.
_PIECE: Final = 64 * 1024
_EVEN: Final = 0.25
_LEAST: Final = 512
#: Seconds of a wait. Clocks are set meanwhile, and machines sleep.
_STEP: Final = 30.0


@dataclass(frozen=True)
class Hours:
    """Hours of the local day, as from 22 to 6."""

    first: int
    last: int

    @property
    def seconds(self) -> int:
        """How long they last."""
        return (self.last - self.first) % 24 * _HOUR


def usual(rate: float, hours: Hours | None, tor: float) -> float:
    """Return the bytes a second that come about on average, over days.

    Args:
        rate: as of ``Pace``.
        tor: what Tor lets through.
    """
    paced = min(rate * (100 + _SLOWEST) / 200, tor) if rate else tor
    return paced if hours is None else paced * hours.seconds * (1 - 1 / _EDGE) / _DAY


class Closed(Exception):
    """It is not the hour any more."""


@dataclass(frozen=True)
class Clock:
    """Where time and chance come from.

    Attributes:
        steady: seconds that only go forward.
        local: seconds since 1970-01-01 as the machine's own clock on the wall has them.
        wait: waits so many seconds; returns true, at once, where nothing is to be sent any more.
        below: ``below(n)`` draws evenly from 0 to n - 1.
    """

    steady: Callable[[], float]
    local: Callable[[], float]
    wait: Callable[[float], bool]
    below: Callable[[int], int]


class Pace:
    """When one may send on; for all circuits together.

    Args:
        rate: bytes a second at most; 0 for as fast as it goes.
        hours: ``None`` for the whole day.
    """

    def __init__(self, clock: Clock, *, rate: int = 0, hours: Hours | None = None) -> None:
        self._clock = clock
        self._rate = rate
        self._hours = hours
        self._lock = threading.Lock()
        self._due = self._drawn_until = clock.steady()
        self._drawn = 0.0
        self._day: tuple[int, int, int] | None = None

    @property
    def piece(self) -> int:
        """Bytes that are sent at once, so few that the pace stays even."""
        return max(_LEAST, min(_PIECE, int(self._rate * _EVEN))) if self._rate else _PIECE

    def until_open(self) -> float:
        """Return the seconds until it is the hour to send, or may be; 0 if it is."""
        if self._hours is None:
            return 0.0
        day, since = divmod(self._clock.local() - self._hours.first * _HOUR, _DAY)
        late, early = self._edges(int(day), self._hours)
        if since < late:
            return late - since
        return 0.0 if since < self._hours.seconds - early else _DAY - since

    def wait_open(self) -> None:
        """Return when it is the hour to send, or when nothing is to be sent any more."""
        while (left := self.until_open()) and not self._clock.wait(min(left, _STEP)):
            pass

    def take(self, size: int) -> None:
        """Return when so many bytes may be sent.

        Raises:
            Closed: the hours are over.
        """
        if self.until_open():
            raise Closed
        if not self._rate:
            return
        with self._lock:
            now = self._clock.steady()
            if now >= self._drawn_until:
                self._draw(now)
            begin = max(now, self._due)
            self._due = begin + size / self._drawn
        while (left := begin - self._clock.steady()) > 0 and not self._clock.wait(min(left, _STEP)):
            pass

    def _draw(self, now: float) -> None:
        percent = _SLOWEST + self._clock.below(101 - _SLOWEST)
        self._drawn = self._rate * percent / 100
        self._drawn_until = now + _HOLDS[0] + self._clock.below(_HOLDS[1])

    def _edges(self, day: int, hours: Hours) -> tuple[int, int]:
        """Return by how many seconds the hours of a day are entered late and left early."""
        with self._lock:
            if self._day is None or self._day[0] != day:
                most = hours.seconds // _EDGE + 1
                self._day = (day, self._clock.below(most), self._clock.below(most))
            return self._day[1:]
