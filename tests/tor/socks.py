"""A visit through Tor's SOCKS port: name resolution there, one circuit for each user name."""

import http.client
import socket
import struct
import time
from collections.abc import Callable
from typing import TypeVar

#: Seconds that a page through Tor may take on a busy machine.
PATIENCE = 60
_NOT_PUBLISHED = 0x04

Answer = TypeVar("Answer")


class SocksError(OSError):
    """Tor did not reach the onion; ``code`` is the reply of its SOCKS port."""

    def __init__(self, code: int) -> None:
        super().__init__(f"SOCKS reply {code:#04x}")
        self.code = code


def connect(
    socks: tuple[str, int], host: str, port: int = 80, *, circuit: str = ""
) -> socket.socket:
    """Return a connection to an onion.

    Args:
        circuit: streams with different names never share one.

    Raises:
        SocksError: Tor did not reach it.
    """
    connection = socket.create_connection(socks, timeout=PATIENCE)
    try:
        connection.sendall(b"\x05\x01\x02")
        _expect(connection, b"\x05\x02")
        user = circuit.encode()
        connection.sendall(b"\x01" + bytes([len(user)]) + user + b"\x01-")
        _expect(connection, b"\x01\x00")
        name = host.encode()
        connection.sendall(
            b"\x05\x01\x00\x03" + bytes([len(name)]) + name + struct.pack(">H", port)
        )
        answer = _exactly(connection, 10)
        if answer[1]:
            raise SocksError(answer[1])
    except OSError:
        connection.close()
        raise
    return connection


class OnionConnection(http.client.HTTPConnection):
    """HTTP to an onion; arguments as of ``connect``."""

    def __init__(self, socks: tuple[str, int], host: str, *, circuit: str = "") -> None:
        super().__init__(host, 80, timeout=PATIENCE)
        self._socks = socks
        self._circuit = circuit

    def connect(self) -> None:
        """Connect through Tor."""
        self.sock = connect(self._socks, self.host, self.port, circuit=self._circuit)


def published(visit: Callable[[], Answer]) -> Answer:
    """Return what the visit returns, once the onion is published: for a second or two it is not.

    Raises:
        SocksError: it was not for as long as ``PATIENCE``, or it is something else.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return visit()
        except SocksError as error:
            if error.code != _NOT_PUBLISHED or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _expect(connection: socket.socket, answer: bytes) -> None:
    given = _exactly(connection, len(answer))
    if given != answer:
        raise ConnectionError(f"no SOCKS port: {given.hex()}")


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("the SOCKS port closed the connection")
        data += piece
    return data
