"""Connections that are held: each has sent something, and sends and reads nothing more."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from intake.form import MAX_MESSAGE
from intake.wire.envelope import CHUNK, FILE_KEY, SLOT, header_size, seal_header
from tests.newsroom.http import BOUNDARY, connect, form_parts, head, multipart, part_head
from tests.newsroom.source import new_codename
from tests.uploads.program import BODY, url_of

#: Bytes that are promised and never sent.
_REST: Final = 1_000_000
#: An upload of a whole pack.
_PACK: Final = header_size(1) + 128 * CHUNK


def nothing() -> bytes:
    return b""


def part_of_a_line() -> bytes:
    return b"GET /subm"


def part_of_the_headers() -> bytes:
    return head("GET", "/submit", {}).removesuffix(b"\r\n\r\n")


def long_headers() -> bytes:
    return part_of_the_headers() + b"\r\nX-Long: " + bytes(10_000).replace(b"\0", b"x")


def kept_alive() -> bytes:
    return head("GET", "/favicon.ico", {})


def pages_unread() -> bytes:
    return 20 * head("GET", "/submit", {})


def form_without_a_word() -> bytes:
    return _form(b"")


def file_begun() -> bytes:
    return _form(_codename() + part_head("files", "x") + os.urandom(100))


def file_in_the_middle() -> bytes:
    return _form(_codename() + part_head("files", "x") + os.urandom(60_000))


def message_in_the_middle() -> bytes:
    return _form(_codename() + part_head("message") + b"x" * (MAX_MESSAGE - 1_000))


def login_in_the_middle() -> bytes:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "10000"}
    return head("POST", "/replies", headers) + b"codename="


def upload_in_the_middle() -> bytes:
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": BODY,
        "Content-Length": str(_PACK),
    }
    front = seal_header([os.urandom(SLOT)], os.urandom(FILE_KEY))
    return head("PATCH", url_of(_PACK), headers) + front + os.urandom(60_000)


#: Those that ask for nothing, and those that are in the middle of a request.
IDLE: Final = (
    nothing,
    part_of_a_line,
    part_of_the_headers,
    long_headers,
    kept_alive,
)
ASKING: Final = (
    pages_unread,
    form_without_a_word,
    file_begun,
    file_in_the_middle,
    message_in_the_middle,
    login_in_the_middle,
    upload_in_the_middle,
)


@contextmanager
def held(address: str, make: Callable[[], bytes], number: int) -> Iterator[list[socket.socket]]:
    """Hold so many connections, on each of which as much of ``make()`` was sent as was taken."""
    with ExitStack() as all_of_them:
        sockets = []
        for _ in range(number):
            sock = all_of_them.enter_context(_connected(address))
            # Whoever has to go is gone before all was sent; and a buffer may be full.
            with suppress(ConnectionError, TimeoutError):
                sock.sendall(make())
            sockets.append(sock)
        yield sockets


def _connected(address: str) -> socket.socket:
    """Connect, as soon as not too many others wait for the same."""
    while True:
        with suppress(BlockingIOError):
            return connect(address, timeout=5)
        time.sleep(0.05)


def _codename() -> bytes:
    _, body = multipart(form_parts(new_codename(), None, []))
    return body.removesuffix(f"--{BOUNDARY}--\r\n".encode())


def _form(begun: bytes) -> bytes:
    headers, _ = multipart([])
    headers["Content-Length"] = str(len(begun) + _REST)
    return head("POST", "/submit", headers) + begun
