"""Where the couriers' service is, and how to be let in."""

import socket
from dataclasses import dataclass
from pathlib import Path

from intake.courier.errors import TicketError
from intake.courier.ticket import Ticket, checked_token, read_small
from intake.reach.errors import Locked, NotReached
from intake.reach.place import Place, is_place, place_at


@dataclass(frozen=True)
class Server:
    """A server and how to be let in.

    Attributes:
        token: the courier's.
    """

    place: Place
    token: str

    def __repr__(self) -> str:
        return f"<Server {self.place.host}>"


def server_at(address: str, token_file: Path | None, proxy: tuple[str, int]) -> Server:
    """Return the server of an ADDRESS.

    Args:
        address: a ticket's path, or as ``place_at`` has it.
        token_file: holds the token; not needed where there is a ticket.
        proxy: host and port of Tor's SOCKS port.

    Raises:
        AddressError, TicketError: the address or the token cannot be used.
    """
    if is_place(address):
        return Server(_hinted(place_at(address, proxy)), _token(token_file))
    ticket = Ticket.read(Path(address))
    return Server(_hinted(place_at(ticket.address, proxy)), ticket.token)


def _hinted(place: Place) -> Place:
    """Return the place, with a courier's hint where Tor does not reach it."""

    def connect(circuit: str, wait: float) -> socket.socket:
        try:
            return place.connect(circuit, wait)
        except Locked as error:
            raise Locked(
                error.message,
                "Give it the ticket's key: see `intake courier key`, or use --control. "
                "A courier who was revoked has no key any more.",
            ) from error
        except NotReached as error:
            if not place.host.endswith(".onion"):
                raise
            raise NotReached(
                error.message,
                f"{error.hint} Tor needs the ticket's key: see `intake courier key`.",
            ) from error

    return Place(place.host, connect)


def _token(path: Path | None) -> str:
    if path is None:
        raise TicketError(
            "There is no token.", "Give the ticket instead of an address, or --token-file."
        )
    text = read_small(path)
    return Ticket.parse(text).token if "\n" in text.strip() else checked_token(text.strip())
