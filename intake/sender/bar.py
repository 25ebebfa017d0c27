"""How far it is, in a line of a terminal's that is drawn anew, or in a line now and then."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TextIO

from intake.sender.sending import Progress
from intake.sender.words import count, duration, human, wrapped

#: Seconds over which the rate is taken, and after which the same trouble is told again.
_SPAN: Final = 30.0
_AGAIN: Final = 60.0
#: Where there is no terminal: seconds between two lines, if a tenth of it did not come first.
_SELDOM: Final = 600.0
#: Columns of the shortest bar that is shown, and of the longest.
_BAR: Final = (10, 40)


class Bar:
    """The line.

    Args:
        clock: gives seconds that only go forward.
        columns: gives the terminal's; 0 where there is none.
    """

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], columns: Callable[[], int]
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._columns = columns
        # Troubles are told by whichever thread has them.
        self._lock = threading.RLock()
        self._shown = 0
        self._samples: deque[tuple[float, int]] = deque()
        self._told: dict[str, float] = {}
        self._stage = False
        self._last = (-1, clock())

    def draw(self, progress: Progress, waits: float = 0) -> None:
        """Show how far it is.

        Args:
            waits: seconds until the hour to go on.
        """
        now = self._clock()
        if progress.checking != self._stage:
            self._stage = progress.checking
            self._samples.clear()
            self._last = (-1, now)
        rate = self._rate(progress.done, now)
        with self._lock:
            if columns := self._columns():
                self._put(line(progress, rate, waits, columns - 1))
            else:
                self._put_seldom(progress, rate, waits, now)

    def count(self, text: str) -> None:
        """Show what is being counted, where there is a terminal."""
        if columns := self._columns():
            self._put(text[: columns - 1])

    def say(self, text: str) -> None:
        """Say something above the line; the same not over and over."""
        now = self._clock()
        with self._lock:
            if now - self._told.get(text, now - _AGAIN) >= _AGAIN:
                self._told[text] = now
                self._put("")
                self._write(f"{wrapped(text, max(0, self._columns() - 1))}\n")

    def end(self) -> None:
        """Leave the line as it is, and begin another."""
        if self._shown:
            self._write("\n")
            self._shown = 0

    def _rate(self, done: int, now: float) -> float:
        """Return the bytes a second of the last while."""
        self._samples.append((now, done))
        while now - self._samples[0][0] > _SPAN:
            self._samples.popleft()
        began, before = self._samples[0]
        return (done - before) / (now - began) if now - began >= 1 else 0.0

    def _put(self, text: str) -> None:
        if text or self._shown:
            # None, where the terminal has gone meanwhile.
            over = max(0, min(self._shown, self._columns() - 1))
            self._write(f"\r{text:<{over}}" + ("" if text else "\r"))
        self._shown = len(text)

    def _put_seldom(self, progress: Progress, rate: float, waits: float, now: float) -> None:
        tenth, (last, since) = _percent(progress) // 10, self._last
        if tenth != last or now - since >= _SELDOM:
            self._last = (tenth, now)
            self._write(f"{', '.join(_figures(progress, rate, waits))}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def line(progress: Progress, rate: float, waits: float, width: int) -> str:
    """Return the line, with as much as fits ``width`` columns."""
    text, *more = _figures(progress, rate, waits)
    for figure in more:
        if len(text) + 2 + len(figure) <= width:
            text += f"  {figure}"
    room = min(_BAR[1], width - len(text) - 4)
    if room >= _BAR[0]:
        full = room * _percent(progress) // 100
        text = f"[{'#' * full}{'-' * (room - full)}]  {text}"
    return text[:width]


def _figures(progress: Progress, rate: float, waits: float) -> list[str]:
    """Return what there is to say, what counts most first."""
    done, total = progress.done, progress.total
    what = "looked through" if progress.checking else ""
    amount = f"{human(done, like=total)} of {human(total)} {what}".rstrip()
    figures = [f"{_percent(progress)} %", amount]
    if waits:
        return [*figures, f"goes on in {duration(waits)}"]
    if rate >= 1:
        figures += [f"{duration((total - done) / rate)} left", f"{human(rate)}/s"]
    return [*figures, count(progress.circuits, "circuit")]


def _percent(progress: Progress) -> int:
    return 100 * progress.done // progress.total if progress.total else 100
