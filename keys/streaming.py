"""Reading ahead in a thread of its own, with little of it waiting."""

import queue
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_WAITING: Final = 4
_BATCH: Final = 16
_PATIENCE_SECONDS: Final = 0.2


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
