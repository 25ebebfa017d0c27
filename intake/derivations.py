"""Deriving threads from codenames: few at a time, and in turn for those who send and who read.

Each derivation takes 19 MiB and a processor for some time, which is the easiest way to keep a
server busy. So those who wait stand in two lines, and each line has every second turn: whoever
floods the one leaves the other half of what there is. A line has an end, beyond which a source is
told to try again, with all that was typed still there. Together they are shorter than there may be
connections, so that there is always a place for whoever only looks at a page. Who has gone away
meanwhile costs nothing but the place.
"""

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from gevent.event import Event
from gevent.threadpool import ThreadPool

from intake.problems import Busy, Interrupted
from intake.wire.codename import Thread, derive_thread

#: Whether nobody is there any more to read an answer.
HasGone = Callable[[], bool]


def stays() -> bool:
    """Say that nobody has gone: for requests whose connection cannot be looked at."""
    return False


class Purpose(Enum):
    """What a thread is needed for."""

    SENDING = "sending"
    READING = "reading"


#: How many may wait, at some forty derivations a second. Who sends has written something, and waits
#: with it; a page of replies that takes longer is taken for one that does not come.
MOST_WAITING: Final = {Purpose.SENDING: 1_024, Purpose.READING: 256}


class Derivations:
    """Derives; as many at a time as there are threads.

    Args:
        threads: for nothing but this.
    """

    def __init__(self, threads: ThreadPool) -> None:
        self._threads = threads
        self._free = threads.maxsize
        #: The line whose turn is next comes first.
        self._lines: deque[tuple[Purpose, deque[Event]]] = deque((p, deque()) for p in Purpose)

    def derive(
        self, words: Sequence[str], salt: bytes, purpose: Purpose, has_gone: HasGone
    ) -> Thread:
        """Return what a codename stands for.

        Raises:
            Busy: too many wait for the same.
            Interrupted: whoever waited has gone.
        """
        waited = self._wait(purpose)
        try:
            if waited and has_gone():
                raise Interrupted
            thread: Thread = self._threads.apply(derive_thread, (words, salt))
        finally:
            self._next()
        return thread

    def _wait(self, purpose: Purpose) -> bool:
        """Wait for a turn, and return whether there was none at once."""
        if self._free:
            self._free -= 1
            return False
        line = dict(self._lines)[purpose]
        if len(line) >= MOST_WAITING[purpose]:
            raise Busy
        turn = Event()
        line.append(turn)
        try:
            turn.wait()
        except BaseException:
            # The server ends.
            if turn.is_set():
                self._next()
            else:
                line.remove(turn)
            raise
        return True

    def _next(self) -> None:
        """Let the next one go on, out of the line that had no turn just now."""
        for place, (_, line) in enumerate(self._lines):
            if line:
                line.popleft().set()
                self._lines.rotate(-1 - place)
                return
        self._free += 1
