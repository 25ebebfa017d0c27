"""Working ahead in threads, with little of it waiting."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

_WAITING: Final = 4
_BATCH: Final = 16
_PATIENCE_SECONDS: Final = 0.2


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Ahead:
    """As ``map``, with results made ahead in threads, at most ``waiting`` of them."""

    def __init__(self, pool: Executor, waiting: int) -> None:
        self._pool = pool
        self._waiting = waiting

    def __call__(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item], /
    ) -> Iterator[_Result]:
        """Yield the results in the order of their items."""
        running: deque[Future[_Result]] = deque()
        for item in items:
            running.append(self._pool.submit(function, item))
            if len(running) > self._waiting:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def as_done(
    pool: Executor,
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    most: int,
    stop: Callable[[], None],
) -> Generator[tuple[_Item, "Future[_Result]"], None, None]:
    """Yield each item with its result, in the order in which they are done.

    Items are asked for while fewer than ``most`` are under way. If it ends early, by an exception
    or because it is closed, none is under way any more when that is over.

    Args:
        stop: called if it ends early, so that what is under way does too.
    """
    running: dict[Future[_Result], _Item] = {}
    try:
        for item in items:
            running[pool.submit(function, item)] = item
            if len(running) >= most:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future
    finally:
        if running:
            stop()
            for future in running:
                future.cancel()
            wait(running)


class _Waiting:
    """A short queue that a thread gives up putting into once nobody takes from it any more."""

    def __init__(self) -> None:
        self._batches: queue.Queue[list[bytes] | None] = queue.Queue(_WAITING)
        self._abandoned = threading.Event()
        self.get = self._batches.get

    def put(self, batch: list[bytes] | None) -> bool:
        while not self._abandoned.is_set():
            try:
                self._batches.put(batch, timeout=_PATIENCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def abandon(self) -> None:
        self._abandoned.set()


def ahead(pieces: Iterable[bytes]) -> Generator[list[bytes], None, None]:
    """Yield the pieces in batches, made in a thread while the batch before is dealt with.

    Raises:
        whatever the iterable raises, after all that came before. Close the generator to stop.
    """
    waiting = _Waiting()
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(_read, pieces, waiting)
        try:
            while (batch := waiting.get()) is not None:
                yield batch
            future.result()
        finally:
            waiting.abandon()


def _read(pieces: Iterable[bytes], waiting: _Waiting) -> None:
    batch: list[bytes] = []
    try:
        for piece in pieces:
            batch.append(piece)
            if len(batch) == _BATCH:
                if not waiting.put(batch):
                    return
                batch = []
    finally:
        # After an error as well: what came before it counts.
        waiting.put(batch)
        waiting.put(None)
