"""Where the couriers' service is: an onion through Tor, or a socket of this machine."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake.courier import socks
from intake.courier.errors import NotReached, TicketError
from intake.courier.ticket import Ticket, checked_token, read_small
from intake.tor.keys import is_address

_LOOPBACK: Final = re.compile(r"(?:http://)?(127\.0\.0\.1|localhost):(\d{1,5})/?", re.ASCII)


@dataclass(frozen=True)
class Server:
    """A server and how to be let in.

    Attributes:
        host: as HTTP has it.
        token: the courier's.
        connect: makes a connection, given the name of a circuit and the seconds that it may take.
    """

    host: str
    token: str
    connect: Callable[[str, float], socket.socket]

    def __repr__(self) -> str:
        return f"<Server {self.host}>"


def server_at(address: str, token_file: Path | None, proxy: tuple[str, int]) -> Server:
    """Return the server of an ADDRESS.

    Args:
        address: a ticket's path, ``ADDRESS.onion``, ``http://127.0.0.1:PORT`` or ``unix:PATH``.
        token_file: holds the token; not needed where there is a ticket.
        proxy: host and port of Tor's SOCKS port.

    Raises:
        TicketError: the address or the token cannot be used.
    """
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        return Server("localhost", _token(token_file), lambda _circuit, wait: _unix(path, wait))
    if match := _LOOPBACK.fullmatch(address):
        where = ("127.0.0.1", int(match[2]))
        return Server("localhost", _token(token_file), lambda _circuit, wait: _tcp(where, wait))
    onion = address.removeprefix("http://").removesuffix("/")
    if onion.endswith(".onion"):
        if not is_address(onion):
            raise TicketError(f"{onion} is not an onion's address.", "Copy it from the ticket.")
        return _onion(onion, _token(token_file), proxy)
    if "://" in address:
        raise TicketError(
            f"{address} is neither an onion nor on this machine.",
            "A courier goes through Tor and nowhere else.",
        )
    ticket = Ticket.read(Path(address))
    return _onion(ticket.address, ticket.token, proxy)


def _onion(host: str, token: str, proxy: tuple[str, int]) -> Server:
    return Server(host, token, lambda circuit, wait: socks.connect(proxy, host, circuit, wait))


def _token(path: Path | None) -> str:
    if path is None:
        raise TicketError(
            "There is no token.", "Give the ticket instead of an address, or --token-file."
        )
    text = read_small(path)
    return Ticket.parse(text).token if "\n" in text.strip() else checked_token(text.strip())


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
