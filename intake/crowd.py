"""All connections at once, and which of them have to go when there are too many.

A connection costs some 20 KB, and while something is being sent on it up to some hundreds. So any
number of them can be held open for little. Before there is no place left for a new one, those go
that keep us waiting: first who asks for nothing, the longest wait first; then who sends or reads
slowest. A sender at the pace of a bad line stays.

This only decides. It moves no bytes, and it is handed the clock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

#: Bytes for which a connection is waited for anew.
SOME: Final = 4_096
#: Seconds for so many bytes, under which nobody in a request has to go: 400 bytes a second.
TOO_SLOW: Final = 10.0
#: The part of all places, one in so many, that is kept free.
_MARGIN: Final = 16


class Pace:
    """How long a connection keeps us waiting.

    Args:
        hang_up: ends it.
        now: seconds, of any clock.

    Attributes:
        asks: whether it has sent the whole head of a request that is not answered yet.
    """

    def __init__(self, hang_up: Callable[[], None], now: Callable[[], float]) -> None:
        self.hang_up = hang_up
        self.asks = False
        self._now = now
        self._waited = 0.0
        self._since: float | None = now()
        self._moved = 0

    def ask(self) -> None:
        """A request begins."""
        self.asks = True
        self._since, self._waited, self._moved = None, 0.0, 0

    def rest(self) -> None:
        """It is answered; nothing is asked for until the next one."""
        self.asks = False
        self._since, self._waited = self._now(), 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time in which we can do nothing but wait for the other end."""
        self._since = begun = self._now()
        try:
            yield
        finally:
            self._since = None
            self._waited += self._now() - begun

    def moved(self, size: int) -> None:
        """So many bytes of a body or an answer went through."""
        self._moved += size
        if self._moved >= SOME:
            self._moved, self._waited = 0, 0.0

    def waited(self) -> float:
        """Return for how many seconds we have been waiting for the next few bytes."""
        return self._waited + (0.0 if self._since is None else self._now() - self._since)


class Crowd:
    """The connections of a server.

    Args:
        most: that there may be.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._paces: set[Pace] = set()

    def enter(self, pace: Pace) -> None:
        """One more is there."""
        self._paces.add(pace)

    def leave(self, pace: Pace) -> None:
        """It has ended."""
        self._paces.discard(pace)

    def thin_out(self) -> None:
        """End as many as it takes for some places to be free, if there are so many to be ended."""
        too_many = len(self._paces) - (self.most - max(1, self.most // _MARGIN))
        if too_many <= 0:
            return
        slowest = sorted(self._paces, key=lambda pace: (pace.asks, -pace.waited()))
        for pace in slowest[:too_many]:
            if not pace.asks or pace.waited() >= TOO_SLOW:
                pace.hang_up()
