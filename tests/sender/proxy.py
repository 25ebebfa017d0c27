"""A proxy between a source and a server: it cuts connections, counts and compares what passes."""

import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from intake.wire.envelope import header_size
from tests.newsroom.http import connect
from tests.newsroom.relay import Relay, read_head

_LINE = re.compile(rb"(\w+) (\S+) HTTP/1.1\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_OFFSET = re.compile(rb"\r\nupload-offset: (\d+)", re.IGNORECASE)
_PIECE = 64 * 1024
#: To close without waiting for anybody: by a reset.
_AT_ONCE = struct.pack("ii", 1, 0)
#: Of the newsrooms here, which have one editor.
_HEADER = header_size(1)


class Proxy(Relay):
    """Listens on a port of this machine and passes requests on, until the end of a ``with``.

    Args:
        target: the server, as ``--listen`` writes it.
        cut: asked after each piece of an upload, with the bytes of uploads so far, whether to reset
            this connection now.
        keep: whether what passes is kept, to be compared.
        seen: is given all that the source says.

    Attributes:
        sent: bytes of uploads that came from the source, whether or not they were passed on.
        requests: each as its method and path, in order.
        uploads: for each URL what was sent to it, from the first chunk on.
        conflicts: URLs to which different bytes were sent for one place.
        cuts: how many connections were reset.
    """

    def __init__(
        self,
        target: str,
        cut: Callable[[int], bool] = lambda _: False,
        *,
        keep: bool = False,
        seen: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self.sent = 0
        self.requests: list[str] = []
        self.uploads: dict[str, bytearray] = {}
        self.conflicts: set[str] = set()
        self.cuts = 0
        self._target = target
        self._cut = cut
        self._keep = keep
        self._seen = seen
        self._lock = threading.Lock()
        self._clients: set[socket.socket] = set()
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        super().__init__(listener)

    def cut_all(self) -> None:
        """Reset every connection that there is."""
        with self._lock:
            clients = list(self._clients)
        self.cuts += len(clients)
        for client in clients:
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                # Its own thread is told of the end, and closes it.
                client.shutdown(socket.SHUT_RDWR)

    def whole(self) -> int:
        """Return the bytes of all envelopes that something was sent of, once each."""
        return sum(int(url.rpartition(".")[2]) for url in self.uploads)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = connect(self._target)
        except OSError:
            _reset(client)
            return
        with self._lock:
            self._clients.add(client)
        back = threading.Thread(target=_pour, args=(server, client), daemon=True)
        back.start()
        try:
            while self._pass_one(client, server):
                pass
        except OSError:
            pass
        finally:
            for end in (server, client):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()
            with self._lock:
                self._clients.discard(client)
            client.close()
            server.close()

    def _pass_one(self, client: socket.socket, server: socket.socket) -> bool:
        """Pass one request on; return whether the connection goes on."""
        head, body = read_head(client)
        line = _LINE.match(head)
        if line is None:
            return False
        method, url = line[1].decode(), line[2].decode()
        with self._lock:
            self.requests.append(f"{method} {url}")
        self._seen(head)
        server.sendall(head)
        length, offset = _LENGTH.search(head), _OFFSET.search(head)
        left, at = int(length[1]) if length else 0, int(offset[1]) if offset else 0
        while left:
            piece = body or client.recv(min(left, _PIECE))
            body = b""
            if not piece:
                return False
            self._seen(piece)
            if method == "PATCH" and self._note(url, at, piece):
                _reset(client)
                return False
            server.sendall(piece)
            left -= len(piece)
            at += len(piece)
        return True

    def _note(self, url: str, at: int, piece: bytes) -> bool:
        """Count a piece, and return whether to cut now."""
        with self._lock:
            self.sent += len(piece)
            kept = self.uploads.setdefault(url, bytearray())
            if self._keep:
                self._compare(url, kept, at, piece)
            cut = self._cut(self.sent)
            self.cuts += cut
            return cut

    def _compare(self, url: str, kept: bytearray, at: int, piece: bytes) -> None:
        piece = piece[max(0, _HEADER - at) :]
        at = max(0, at - _HEADER)
        known = bytes(kept[at : at + len(piece)])
        if at > len(kept) or known != piece[: len(known)]:
            self.conflicts.add(url)
        kept += piece[len(known) :]


def _pour(source: socket.socket, target: socket.socket) -> None:
    """Pass on whatever comes, up to the end of either."""
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _reset(client: socket.socket) -> None:
    """End a connection as a host that vanishes does."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    client.close()
