"""A slow line between a browser and a newsroom, such as Tor is."""

import math
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tests.newsroom.http import connect

#: Bytes at a time, and as many as the system may hold beside them: what is not on the line yet
#: is to wait at the browser.
_PIECE = 16 * 1024


class SlowLine:
    """Passes connections on, until the end of a ``with``.

    Args:
        target: the server, as ``--listen`` writes it.

    Attributes:
        rate: bytes a second that each connection carries up to it, from now on. Down it is as fast
            as it can be.
        base: what a browser enters, without the last slash.
    """

    def __init__(self, target: str, rate: float) -> None:
        self.rate = rate
        self._target = target
        self._open: set[socket.socket] = set()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> "SlowLine":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        _hang_up(*self._open)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(browser,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, browser: socket.socket) -> None:
        with browser, connect(self._target) as server:
            ends = {browser, server}
            self._open |= ends
            down = threading.Thread(target=_pass, args=(server, browser, lambda: math.inf))
            down.start()
            _pass(browser, server, lambda: self.rate)
            down.join()
            self._open -= ends


def _pass(source: socket.socket, sink: socket.socket, rate: Callable[[], float]) -> None:
    """Pass on what comes, and then the end."""
    try:
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
            time.sleep(len(piece) / rate())
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        _hang_up(source, sink)


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
