"""Bytes on their way from the network to an upload's file."""

from typing import Any

from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

from intake.store import Growing

#: Bytes that are gathered before a thread is bothered with them: what a slow sender has sent is not
#: held back for longer.
PORTION = 64 * 1024


class Inflow:
    """Has one portion written while the next is received. ``close`` it in any case.

    Args:
        threads: where writing runs.
    """

    def __init__(self, growing: Growing, threads: ThreadPool) -> None:
        self._growing = growing
        self._threads = threads
        self._portion = bytearray()
        self._writing: AsyncResult[Any] | None = None

    def take(self, data: bytes) -> None:
        """Take what has come.

        Raises:
            DiskFull: some of it, or of what came before, found no room; take nothing more.
        """
        if not self._portion and len(data) >= PORTION:
            self._write(data)
            return
        self._portion += data
        if len(self._portion) >= PORTION:
            portion, self._portion = self._portion, bytearray()
            self._write(portion)

    def close(self) -> int:
        """Return how many bytes the upload has, when they are durable; raises as ``take``."""
        try:
            if self._portion:
                self._write(self._portion)
            self._wait()
        finally:
            size: int = self._threads.apply(self._growing.close)
        return size

    def _write(self, data: bytes | bytearray) -> None:
        self._wait()
        self._writing = self._threads.spawn(self._growing.write, data)

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.get()
