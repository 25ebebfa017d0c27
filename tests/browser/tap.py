"""A line between a browser and a newsroom that is listened to, can be slow, and can break."""

import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from tests.newsroom.http import connect
from tests.newsroom.relay import Relay

_PIECE = 16 * 1024


class Tap(Relay):
    """Passes connections on, until the end of a ``with``.

    Args:
        target: the server, as ``--listen`` writes it; it may come and go.
        rate: bytes a second that each connection carries up to it, or ``None`` for all it can.
        lies: what is replaced on the way down, by something of the same length.

    Attributes:
        base: what a browser enters, without the last slash.
        heard: all that went up, of all connections one after the other.
        down: whether whoever connects is turned away.
    """

    def __init__(
        self,
        target: str,
        rate: float | None = None,
        lies: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self.rate = rate
        self.down = False
        self._target = target
        self._lies = lies or {}
        self._heard: list[bytearray] = []
        self._ends: list[socket.socket] = []
        listener = socket.socket()
        # What is not on the line yet is to wait in the browser.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        self.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        super().__init__(listener)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.cut()

    @property
    def heard(self) -> bytes:
        """All that went up."""
        return b"".join(self._heard)

    @property
    def passed(self) -> int:
        """How many bytes went up."""
        return sum(map(len, self._heard))

    def cut(self) -> None:
        """Cut what is connected now."""
        ends, self._ends = self._ends, []
        for end in ends:
            _shut(end)

    def _serve(self, client: socket.socket) -> None:
        """Pass one connection on, both ways, until both have ended."""
        if self.down:
            client.close()
            return
        heard = bytearray()
        self._heard.append(heard)
        with client, suppress(OSError), connect(self._target) as server:
            self._ends += [client, server]
            down = threading.Thread(target=self._end, args=(self._down, server, client))
            down.start()
            self._end(self._up, client, server, heard)
            down.join()

    def _end(self, way: Callable[..., None], *ends: Any) -> None:
        source, sink, *_ = ends
        try:
            way(*ends)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _shut(source)
            _shut(sink)

    def _up(self, browser: socket.socket, server: socket.socket, heard: bytearray) -> None:
        while piece := browser.recv(_PIECE):
            if self.down:
                raise ConnectionAbortedError
            heard += piece
            server.sendall(piece)
            if self.rate is not None:
                time.sleep(len(piece) / self.rate)

    def _down(self, server: socket.socket, browser: socket.socket) -> None:
        while piece := server.recv(1 << 20):
            for truth, lie in self._lies.items():
                piece = piece.replace(truth, lie)
            browser.sendall(piece)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def gives_away(heard: bytes, codename: str) -> bool:
    """Return whether a codename was sent: as it is, encoded, or its words one by one."""
    words = [re.escape(word).encode() for word in codename.split()]
    together = re.search(rb"[^a-z]{1,9}".join(words), heard, re.IGNORECASE)
    # By chance a word is in a path, or a short one in what is sealed.
    alone = [word for word in words if len(word) > 4 and word in heard]
    return together is not None or len(alone) > 2
