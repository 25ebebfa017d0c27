"""What stands between somebody and a server: it takes connections, and passes on what it likes."""

import socket
import threading
from abc import ABC, abstractmethod
from typing import Self

_PIECE = 64 * 1024


class Relay(ABC):
    """Takes connections, each in a thread of its own, until the end of a ``with``.

    Args:
        listener: where they are taken.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    @abstractmethod
    def _serve(self, client: socket.socket) -> None:
        """Do what is to be done with a connection, up to its end."""


def read_head(sock: socket.socket) -> tuple[bytes, bytes]:
    """Return a message's head, and what came of its body with it; nothing at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(_PIECE)
        if not piece:
            return b"", b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest
