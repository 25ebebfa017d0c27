"""SOCKS5 as Tor speaks it: names are resolved there, and each user name has circuits of its own."""

import socket
import struct
from typing import Final

from intake.reach.errors import AddressError, Locked, NotReached

_VERSION: Final = 5
_PASSWORD: Final = 2
_CONNECT: Final = 1
_NAME: Final = 3
#: Bytes of the address in a reply, by its type.
_ADDRESS: Final = {1: 4, 4: 16}

#: What Tor's own reply codes say; those from 0xf0 on come where the torrc has
#: ``SocksPort ... ExtendedErrors``.
_REASONS: Final = {
    0x01: "Tor could not connect to the onion, or has no key to it",
    0x04: "the onion is not there at the moment",
    0x06: "the onion took too long",
    0xF0: "the onion's descriptor was not found: it is not there at the moment",
    0xF2: "the onion did not answer",
    0xF3: "the onion did not answer",
    0xF7: "the onion took too long",
}
_NO_KEY: Final = (0xF4, 0xF5)
_NO_ONION: Final = (0xF1, 0xF6)


def connect(proxy: tuple[str, int], host: str, circuit: str, timeout: float) -> socket.socket:
    """Return a connection to port 80 of an onion.

    Args:
        proxy: host and port of Tor's SOCKS port.
        circuit: streams of different names never share a circuit.
        timeout: seconds for each step.

    Raises:
        NotReached: there is no Tor, or it does not reach the onion at the moment.
        Locked: Tor says that it has no key, or the wrong one.
        AddressError: Tor says that there can be no such onion.
    """
    try:
        connection = socket.create_connection(proxy, timeout)
    except OSError as error:
        raise NotReached(
            f"Nothing answers at Tor's SOCKS port {proxy[0]}:{proxy[1]}.",
            "Start Tor; where it listens elsewhere (Tor Browser: 127.0.0.1:9150), say so with "
            "--socks.",
        ) from error
    try:
        _negotiate(connection, host.encode("ascii"), circuit.encode("ascii"))
    except OSError as error:
        connection.close()
        raise NotReached(
            f"Tor's SOCKS port does not connect: {error}.", "It is tried again."
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _negotiate(connection: socket.socket, host: bytes, user: bytes) -> None:
    connection.sendall(bytes([_VERSION, 1, _PASSWORD]))
    if _exactly(connection, 2) != bytes([_VERSION, _PASSWORD]):
        raise ConnectionError("it is not Tor's")
    connection.sendall(bytes([1, len(user)]) + user + b"\x01-")
    if _exactly(connection, 2)[1] != 0:
        raise ConnectionError("it asks for a password")
    connection.sendall(
        bytes([_VERSION, _CONNECT, 0, _NAME, len(host)]) + host + struct.pack(">H", 80)
    )
    _version, reply, _reserved, kind = _exactly(connection, 4)
    if reply:
        raise _refused(reply)
    size = _ADDRESS.get(kind) or _exactly(connection, 1)[0]
    _exactly(connection, size + 2)


def _refused(reply: int) -> NotReached | Locked | AddressError:
    if reply in _NO_KEY:
        return Locked(
            "Tor has no key to this onion, or the wrong one.",
            "It is not open to everybody. Check the address.",
        )
    if reply in _NO_ONION:
        return AddressError("Tor says that there can be no such onion.", "Check the address.")
    reason = _REASONS.get(reply, f"Tor gave the reason {reply:#04x}")
    return NotReached(f"The server was not reached: {reason}.", "The server may be away.")


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("it closed the connection")
        data += piece
    return data
