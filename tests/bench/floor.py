"""The floor: the same server storing the same body, neither parsed nor sealed.

    python -m tests.bench.floor SOCKET FOLDER

It receives, hands to a thread and writes as ``intake`` does, and syncs before it answers.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

from intake.body import Body
from intake.server import listen, serve
from intake.store.direct import DirectFile

#: Bytes that are gathered before they are handed to the thread.
_PORTION = 256 * 1024


class _Writing:
    """One body on its way to the disk: a portion is written while the next one comes."""

    def __init__(self, file: DirectFile, threads: ThreadPool) -> None:
        self._file = file
        self._threads = threads
        self._job: AsyncResult | None = None

    def hand_over(self, portion: list[bytes]) -> None:
        self.settle()
        self._job = self._threads.spawn(self._file.write, portion)

    def settle(self) -> None:
        if self._job is not None:
            self._job.get()


def _store(body: Body, file: DirectFile, threads: ThreadPool) -> None:
    writing = _Writing(file, threads)
    portion: list[bytes] = []
    while piece := body.receive():
        portion.append(piece)
        if sum(map(len, portion)) >= _PORTION:
            writing.hand_over(portion)
            portion = []
    writing.hand_over(portion)
    writing.settle()
    threads.apply(file.sync)
    file.close()


def application(folder: Path) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that stores every body under a number."""
    threads = ThreadPool(8)
    count = iter(range(sys.maxsize))

    def run(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        _store(Body(environ), DirectFile(folder / str(next(count))), threads)
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    return run


def main() -> None:
    address, folder = sys.argv[1:]
    listener = listen(f"unix:{address}")
    print("Serving", flush=True)
    serve(
        listener,
        application(Path(folder)),
        tick=lambda: None,
        seconds_to_tick=lambda: 86_400.0,
    )


if __name__ == "__main__":
    main()
