"""Pulling: every envelope that is not in the folder yet, over several circuits at once.

Each worker has circuits of its own and takes the next range of the next envelope, so that many
small envelopes and one large one are both fetched by all of them. A cut is gone on from where it
was, byte by byte; a process that is killed loses at most the last second or megabyte of each.
"""

import errno
import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake.courier.errors import FolderFailed
from intake.courier.link import Gone, Link
from intake.courier.partial import Partial, failed
from intake.errors import IntakeError
from intake.reach.errors import NotReached
from intake.reach.patience import Patience

#: Bytes of a range, which one worker fetches.
RANGE: Final = 16 * 1024 * 1024
#: Bytes, and seconds, after which what has come is made durable.
_STEP: Final = 1024 * 1024
_OFTEN: Final = 1.0
_PIECE: Final = 128 * 1024
#: Seconds between two reports, and for which a worker that is told to stop is waited for.
_LOOK: Final = 0.1
_ENDING: Final = 5.0


@dataclass(frozen=True)
class Progress:
    """How far a pull is: bytes and envelopes, of those that were not in the folder at its start."""

    bytes_done: int
    bytes_total: int
    done: int
    total: int


@dataclass(frozen=True)
class Pulled:
    """What a pull did.

    Attributes:
        new: envelopes fetched.
        kept: envelopes that were in the folder already.
        gone: envelopes that were deleted on a receipt before they were fetched.
    """

    new: int
    kept: int
    gone: int


@dataclass
class _Task:
    partial: Partial
    start: int
    end: int


class Pull:
    """One pull into a folder.

    Args:
        link: makes a new way to the server.
        folder: made if it is missing.
        circuits: how many workers.
        patience: seconds without a byte after which it is given up.
        trouble: is told of each failure after which it is tried again.
    """

    def __init__(
        self,
        link: Callable[[], Link],
        folder: Path,
        *,
        circuits: int,
        patience: float,
        trouble: Callable[[NotReached], None],
    ) -> None:
        self._link = link
        self._folder = folder
        self._circuits = circuits
        self._trouble = trouble
        self._stop = threading.Event()
        self._patience = Patience(patience, self._stop)
        self._lock = threading.Lock()
        self._tasks: deque[_Task] = deque()
        self._partials: list[Partial] = []
        self._failure: IntakeError | None = None
        self._gone: set[str] = set()
        self._links: list[Link] = []
        self._ended = 0
        self._fresh = 0
        self._finished = 0

    @property
    def new(self) -> int:
        """Envelopes that were fetched whole so far, also where ``run`` raised."""
        return self._finished

    def run(self, progress: Callable[[Progress], None]) -> Pulled:
        """Pull, and return what was done.

        Args:
            progress: called several times a second, from this thread.

        Raises:
            IntakeError: it could not be brought to its end. What has come is kept; pull again to
                go on.
        """
        with _alone(self._folder):
            kept = self._plan(self._patiently(Link.listing))
            total, had = sum(p.size for p in self._partials), sum(p.had for p in self._partials)

            def report() -> None:
                done = min(total, had + self._fresh)
                progress(Progress(done, total, self._finished, len(self._partials)))

            self._work(report)
            for partial in self._partials:
                if partial.name in self._gone:
                    partial.discard()
                else:
                    partial.close()
        if self._failure is not None:
            raise self._failure
        return Pulled(self._finished, kept, len(self._gone))

    def _plan(self, listed: dict[str, int]) -> int:
        """Lay out the tasks; return how many envelopes are there already."""
        try:
            there = {entry.name: entry.stat().st_size for entry in os.scandir(self._folder)}
        except OSError as error:
            raise failed(self._folder, error) from error
        for name, size in sorted(listed.items()):
            if there.get(name) == size:
                continue
            partial = Partial(self._folder, name, size)
            self._partials.append(partial)
            missing = partial.missing()
            for start, end in missing or [(size, size)]:
                for at in range(start, max(end, start + 1), RANGE):
                    self._tasks.append(_Task(partial, at, min(at + RANGE, end)))
        return len(listed) - len(self._partials)

    def _work(self, report: Callable[[], None]) -> None:
        count = min(self._circuits, len(self._tasks))
        workers = [threading.Thread(target=self._worker, daemon=True) for _ in range(count)]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                while worker.is_alive():
                    report()
                    worker.join(_LOOK)
            report()
        finally:
            self._stop.set()
            for link in self._links:
                link.interrupt()
            for worker in workers:
                worker.join(_ENDING)
        if self._ended < count:
            raise RuntimeError("a worker failed")

    def _worker(self) -> None:
        link = self._link()
        self._links.append(link)
        try:
            while (task := self._next()) is not None:
                self._fetch(link, task)
        except IntakeError as error:
            with self._lock:
                self._failure = self._failure or error
            self._stop.set()
        finally:
            link.close()
        with self._lock:
            self._ended += 1

    def _next(self) -> _Task | None:
        with self._lock:
            while self._tasks and not self._stop.is_set():
                task = self._tasks.popleft()
                if task.partial.name not in self._gone:
                    return task
        return None

    def _fetch(self, link: Link, task: _Task) -> None:
        """Fetch one range, however often the connection is cut."""
        tries, whole = 0, task.start == task.end
        while task.start < task.end and not self._stop.is_set():
            before = task.start
            try:
                whole = self._fetch_some(link, task)
            except Gone:
                self._gone.add(task.partial.name)
                return
            except NotReached as error:
                tries = 0 if task.start > before else tries + 1
                self._trouble(error)
                self._patience.pause(tries, error)
        if whole:
            task.partial.finish()
            with self._lock:
                self._finished += 1

    def _fetch_some(self, link: Link, task: _Task) -> bool:
        """Fetch until the range or the connection ends; return whether the envelope is whole.

        ``task.start`` is moved on to the first byte that has not come.
        """
        partial, kept, since = task.partial, task.start, time.monotonic()
        whole = False
        try:
            with link.envelope(partial.name, task.start, task.end, partial.size) as read:
                while not self._stop.is_set() and (piece := read(_PIECE)):
                    partial.put(task.start, piece)
                    task.start += len(piece)
                    self._note(len(piece))
                    if task.start - kept >= _STEP or time.monotonic() - since >= _OFTEN:
                        whole = partial.keep(kept, task.start)
                        kept, since = task.start, time.monotonic()
        finally:
            whole = partial.keep(kept, task.start) or whole
        return whole

    def _note(self, size: int) -> None:
        with self._lock:
            self._fresh += size
        self._patience.renew()

    def _patiently(self, ask: Callable[[Link], dict[str, int]]) -> dict[str, int]:
        link, tries = self._link(), 0
        try:
            while True:
                try:
                    return ask(link)
                except NotReached as error:
                    tries += 1
                    self._trouble(error)
                    self._patience.pause(tries, error)
        finally:
            link.close()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder as the one who pulls into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise failed(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except OSError as error:
        if error.errno != errno.EWOULDBLOCK:
            raise
        raise FolderFailed(
            f"Another pull into {folder} is under way.", "Wait for it, or use another folder."
        ) from error
    finally:
        os.close(descriptor)
