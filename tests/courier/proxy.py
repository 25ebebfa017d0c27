"""A proxy between a courier and the service that cuts connections, and counts what it passes."""

import re
import socket
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests.newsroom.http import connect
from tests.newsroom.relay import Relay, read_head

_REQUEST = re.compile(rb"GET /envelopes/([0-9a-f]+) ")
_RANGE = re.compile(rb"\r\nrange: bytes=(\d+)-", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_PIECE = 64 * 1024


class CuttingProxy(Relay):
    """Listens on a unix socket and passes requests on, until the end of a ``with``.

    Args:
        path: its own socket.
        target: the service, as ``--listen`` writes it.
        cut: asked with the bytes of envelopes that were passed so far, after each piece, whether
            to cut this connection now.

    Attributes:
        passed: for each envelope, from and up to which byte each piece was that was passed.
        cuts: how many connections were cut.
    """

    def __init__(self, path: Path, target: str, cut: Callable[[int], bool]) -> None:
        self.address = f"unix:{path}"
        self.passed: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.cuts = 0
        self.total = 0
        self._target = target
        self._cut = cut
        self._lock = threading.Lock()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(64)
        super().__init__(listener)

    def most(self) -> int:
        """Return how often the byte was passed that was passed most often."""
        return max(map(_deepest, self.passed.values()), default=0)

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, connect(self._target) as server:
                while self._pass_one(client, server):
                    pass
        except OSError:
            return

    def _pass_one(self, client: socket.socket, server: socket.socket) -> bool:
        """Pass one request and its answer; return whether the connection goes on."""
        request, rest = read_head(client)
        if not request:
            return False
        server.sendall(request + rest)
        answer, body = read_head(server)
        client.sendall(answer)
        named, ranged = _REQUEST.match(request), _RANGE.search(request)
        length = _LENGTH.search(answer)
        left = int(length[1]) if length else 0
        at = int(ranged[1]) if ranged else 0
        counted = named is not None and answer.startswith(b"HTTP/1.1 20")
        while left:
            piece = body or server.recv(min(left, _PIECE))
            body = b""
            if not piece:
                return False
            client.sendall(piece)
            left -= len(piece)
            if named is not None and counted and self._count(named[1].decode(), at, len(piece)):
                return False
            at += len(piece)
        return True

    def _count(self, name: str, at: int, size: int) -> bool:
        with self._lock:
            self.passed[name].append((at, at + size))
            self.total += size
            cut = self._cut(self.total)
            self.cuts += cut
            return cut


def _deepest(pieces: list[tuple[int, int]]) -> int:
    edges = sorted([(start, 1) for start, _ in pieces] + [(end, -1) for _, end in pieces])
    depth = deepest = 0
    for _, step in edges:
        depth += step
        deepest = max(deepest, depth)
    return deepest
