"""One line that says how far it is, on a terminal alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TextIO

_EVERY_SECONDS = 0.1
_WIDTH = 24
_CLEAR = "\r\x1b[K"


class Progress:
    """Bytes of a known total; on any thread.

    Args:
        out: nothing is written where it is no terminal.
        clock: seconds of a clock that only moves forward.
    """

    def __init__(self, total: int, out: TextIO, clock: Callable[[], float]) -> None:
        self._total = total
        self._out = out
        self._clock = clock
        self._shown = out.isatty() and total > 0
        self._begin = self._last = clock()
        self._done = 0
        self._turn = RLock()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return max(self._clock() - self._begin, 1e-6)

    def add(self, size: int) -> None:
        """So many bytes more."""
        with self._turn:
            self._done += size
            self._draw()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is said."""
        with self._turn:
            if self._shown:
                self._out.write(_CLEAR)
                self._out.flush()
            yield

    def _draw(self) -> None:
        now = self._clock()
        if not self._shown or now - self._last < _EVERY_SECONDS:
            return
        self._last = now
        done = min(self._done, self._total)
        rate = done / self.seconds
        bar = "█" * (_WIDTH * done // self._total)
        left = f"{duration((self._total - done) / rate)} left" if rate else ""
        self._out.write(
            f"{_CLEAR}{bar:░<{_WIDTH}} {100 * done // self._total:3d} %  "
            f"{amount(done)} of {amount(self._total)}  {amount(round(rate))}/s  {left}"
        )
        self._out.flush()


def amount(size: int) -> str:
    """Return bytes for people: ``1.2 GB``."""
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit != "bytes" else f"{size} byte{'s' * (size != 1)}"


def duration(seconds: float) -> str:
    """Return seconds for people: ``2 min 5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
