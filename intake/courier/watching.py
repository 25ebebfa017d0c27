"""Watching: a pull every day, and word of it at a fixed time that tells nothing.

Both happen by the clock alone: the pull begins ``LEAD`` before the hour, the word is given on the
hour, every day, whether or not anything has come. What has not come whole by then is spoken of a
day later. So neither whoever watches the courier's line nor whoever sees the word
learns when something arrived, how much it was, or when it was fetched.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from intake.errors import IntakeError

DAY: Final = 86_400
#: Seconds before the hour at which the pull begins.
LEAD: Final = 2 * 3_600


@dataclass(frozen=True)
class Word:
    """What is said on the hour.

    Attributes:
        arrived: whether anything new has come since the last one.
        failure: of the last pull, if it failed.
    """

    arrived: bool
    failure: IntakeError | None = None


class Watch:
    """Pulls and gives word, each by the clock. ``pulls`` and ``words`` run in a thread each.

    Args:
        pull: pulls once; returns how many envelopes are new, and the failure if there was one.
        at: second of the UTC day at which word is given.
        now: the Unix time.
        wait_until: returns at a Unix time, or later if the machine slept.
    """

    def __init__(
        self,
        pull: Callable[[], tuple[int, IntakeError | None]],
        *,
        at: int,
        now: Callable[[], float],
        wait_until: Callable[[float], None],
    ) -> None:
        self._pull = pull
        self._at = at
        self._now = now
        self._wait_until = wait_until
        self._lock = threading.Lock()
        self._word = Word(arrived=False)

    def pulls(self) -> None:
        """Pull every day, for ever. A pull that lasts beyond the next one's time replaces it."""
        while True:
            self.pull_once()

    def words(self, say: Callable[[Word], None]) -> None:
        """Give word every day, for ever."""
        while True:
            say(self.word_once())

    def pull_once(self) -> None:
        """Wait until it is time, and pull."""
        self._wait_until(next_at(self._now(), (self._at - LEAD) % DAY))
        new, failure = self._pull()
        with self._lock:
            self._word = Word(self._word.arrived or new > 0, failure)

    def word_once(self) -> Word:
        """Wait until it is time, and return what is to be said."""
        self._wait_until(next_at(self._now(), self._at))
        with self._lock:
            word, self._word = self._word, Word(arrived=False)
        return word


def next_at(now: float, second_of_day: int) -> float:
    """Return the first time after ``now`` at this second of a UTC day, in Unix seconds."""
    today = now // DAY * DAY + second_of_day
    return today if today > now else today + DAY
