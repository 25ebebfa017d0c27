"""Where a server is: an onion through Tor, or a socket of this machine."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from intake.reach import socks
from intake.reach.errors import AddressError, NotReached
from intake.tor.keys import is_address

_LOOPBACK: Final = re.compile(r"(?:http://)?(127\.0\.0\.1|localhost):(\d{1,5})/?", re.ASCII)
#: What somebody copies who is on one of the newsroom's pages.
_ONION: Final = re.compile(r"(?:http://)?([^/:@]+\.onion)(?:/.*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A server's.

    Attributes:
        host: as HTTP has it.
        connect: makes a connection, given the name of a circuit and the seconds that it may take.
    """

    host: str
    connect: Callable[[str, float], socket.socket]

    def __repr__(self) -> str:
        return f"<Place {self.host}>"


def is_place(text: str) -> bool:
    """Return whether a text is meant as an address, right or wrong, and not as a file's path."""
    forms = (_LOOPBACK, _ONION)
    return text.startswith("unix:") or "://" in text or any(form.fullmatch(text) for form in forms)


def place_at(address: str, proxy: tuple[str, int]) -> Place:
    """Return the place of an address.

    Args:
        address: ``ADDRESS.onion``, ``http://127.0.0.1:PORT`` or ``unix:PATH``.
        proxy: host and port of Tor's SOCKS port.

    Raises:
        AddressError: it is neither an onion's nor this machine's.
    """
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        return Place("localhost", lambda _circuit, wait: _unix(path, wait))
    if match := _LOOPBACK.fullmatch(address):
        where = ("127.0.0.1", int(match[2]))
        return Place("localhost", lambda _circuit, wait: _tcp(where, wait))
    if match := _ONION.fullmatch(address):
        onion = match[1].lower()
        if not is_address(onion):
            raise AddressError(f"{onion} is not an onion's address.", "Copy it once more, whole.")
        return Place(onion, lambda circuit, wait: socks.connect(proxy, onion, circuit, wait))
    raise AddressError(
        f"{address} is neither an onion nor on this machine.",
        "It goes through Tor and nowhere else. An onion's address ends with .onion.",
    )


def _unix(path: str, wait: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(wait)
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise NotReached(
            f"Nothing answers at {path}: {error.strerror or error}.", "Is the server running?"
        ) from error
    return connection


def _tcp(where: tuple[str, int], wait: float) -> socket.socket:
    try:
        return socket.create_connection(where, wait)
    except OSError as error:
        raise NotReached(
            f"Nothing answers at {where[0]}:{where[1]}.", "Is the server running?"
        ) from error
