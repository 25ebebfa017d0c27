"""How long to go on trying: until nothing has come for so long, with growing pauses."""

import threading
import time

from intake.reach.errors import NotReached

_FIRST = 0.2


class Patience:
    """Shared by all who try. It lasts as long as any of them makes progress.

    Args:
        seconds: without any progress, after which the last failure is final; may be infinite.
        stop: ends every pause when it is set.
        longest: seconds of a pause.
    """

    def __init__(self, seconds: float, stop: threading.Event, *, longest: float = 15.0) -> None:
        self._seconds = seconds
        self._stop = stop
        self._longest = longest
        self._until = time.monotonic() + seconds

    def renew(self) -> None:
        """Note that there was progress."""
        self._until = time.monotonic() + self._seconds

    def pause(self, tries: int, failure: NotReached) -> None:
        """Wait before the next try.

        Args:
            tries: in a row that failed, of this one who tries.

        Raises:
            NotReached: ``failure``, when it is enough.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise failure
        self._stop.wait(min(self._longest, _FIRST * 2 ** min(tries, 10), left))
