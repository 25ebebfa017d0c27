"""The void: a newsroom that takes every upload, and keeps nothing of it but that it came.

    python -m tests.bench.void SOCKET KEYRING KNOWN

KNOWN has a URL of a complete upload on each line. When the first byte of an envelope arrives, it
says so.
"""

import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Final

_PIECE: Final = 256 * 1024


class _Void(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        self._answer(200, {}, self.server.keyring)

    def do_HEAD(self) -> None:
        stands = self._size() if self.path in self.server.known else 0
        self._answer(200, {"Upload-Offset": str(stands), "Upload-Length": str(self._size())})

    def do_PATCH(self) -> None:
        self.server.say_first()
        left = int(self.headers["Content-Length"])
        while left and (piece := self.rfile.read1(min(left, _PIECE))):
            left -= len(piece)
        if not left:
            self.server.known.add(self.path)
            self._answer(204, {"Upload-Offset": str(self._size())})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"

    def _size(self) -> int:
        return int(self.path.rpartition(".")[2])

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, address: str, keyring: bytes, known: set[str]) -> None:
        super().__init__(address, _Void)
        self.keyring = keyring
        self.known = known
        self._first = threading.Lock()

    def say_first(self) -> None:
        """Say once that something arrived."""
        if self._first.acquire(blocking=False):
            print("First", flush=True)


def main() -> None:
    address, keyring, known = sys.argv[1:]
    uploads = set(Path(known).read_text().split())
    with _Server(address, Path(keyring).read_bytes(), uploads) as server:
        print("Serving", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
