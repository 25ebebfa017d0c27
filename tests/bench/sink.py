"""The bare sink: what every upload is measured against that comes through an onion.

    python -m tests.bench.sink SOCKET

It reads what is sent, keeps nothing of it, and answers.
"""

import socketserver
import sys

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PIECE = 256 * 1024


class _Sink(socketserver.StreamRequestHandler):
    """One request."""

    def handle(self) -> None:
        left = 0
        while (line := self.rfile.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                left = int(value)
        while left and (piece := self.rfile.read1(min(left, _PIECE))):
            left -= len(piece)
        if not left:
            self.wfile.write(_ANSWER)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


def main() -> None:
    with _Server(sys.argv[1], _Sink) as server:
        print("Serving", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
