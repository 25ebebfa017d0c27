"""The client: a process of its own that does as little as can be, so that it is never the slower.

    python -m tests.bench.sender SOCKET PATH TYPE BEFORE SIZE AFTER

sends one request, whose body is BEFORE (hex), SIZE bytes of noise from memory by ``sendfile``, and
AFTER (hex), and prints the seconds from connecting to the end of the answer.
"""

import os
import socket
import sys
import time

_NOISE = 16 * 1024 * 1024


def connect(address: str) -> socket.socket:
    """Return a connection to a server on a Unix socket."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # As much as the system lets it: the sender has the next bytes ready when they are asked for.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _NOISE)
    connection.connect(address)
    return connection


def head(method: str, path: str, kind: str, size: int) -> bytes:
    """Return the head of a request after whose answer the server closes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", "Connection: close"]
    if method == "POST":
        lines += [f"Content-Type: {kind}", f"Content-Length: {size}"]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(connection: socket.socket) -> bytes:
    """Return the body of the answer.

    Raises:
        RuntimeError: the server did not say that all is well.
    """
    data = bytearray()
    while part := connection.recv(1 << 16):
        data += part
    if not data.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server said: {bytes(data[:200])!r}")
    return bytes(data.partition(b"\r\n\r\n")[2])


def ask(address: str, method: str, path: str, kind: str = "", body: bytes = b"") -> bytes:
    """Send one small request on a connection of its own, and return the body of the answer."""
    with connect(address) as connection:
        connection.sendall(head(method, path, kind, len(body)) + body)
        return answer(connection)


def _send_noise(connection: socket.socket, noise: int, size: int) -> None:
    while size:
        size -= os.sendfile(connection.fileno(), noise, 0, min(size, _NOISE))


def main() -> None:
    address, path, kind, before, length, after = sys.argv[1:]
    noise = os.memfd_create("noise")
    os.write(noise, os.urandom(_NOISE))
    start, size, end = bytes.fromhex(before), int(length), bytes.fromhex(after)
    begun = time.perf_counter()
    with connect(address) as connection:
        connection.sendall(head("POST", path, kind, len(start) + size + len(end)) + start)
        _send_noise(connection, noise, size)
        connection.sendall(end)
        answer(connection)
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
