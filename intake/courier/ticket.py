"""A courier's ticket: where the onion is, and the two secrets that it asks for.

Text, as ``intake couriers add`` writes it::

    intake courier's ticket 1
    address 56 letters and digits.onion
    key     the private x25519 key in base32
    token   64 hex digits
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake.courier.errors import TicketError
from intake.tor.keys import VisitorKey, is_address

_HEAD: Final = "intake courier's ticket 1"
_FIELDS: Final = ("address", "key", "token")
_TOKEN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LARGEST: Final = 4_096


@dataclass(frozen=True)
class Ticket:
    """What a courier is given.

    Attributes:
        address: of the couriers' onion.
        key: opens the onion's descriptor; for the courier's tor.
        token: opens the service; for the courier's command.
    """

    address: str
    key: VisitorKey
    token: str

    def __repr__(self) -> str:
        return "<Ticket>"

    def serialise(self) -> str:
        """Return it as text."""
        values = (self.address, self.key.encoded, self.token)
        lines = [f"{field:<7} {value}" for field, value in zip(_FIELDS, values, strict=True)]
        return "\n".join([_HEAD, *lines, ""])

    @classmethod
    def parse(cls, untrusted_text: str) -> "Ticket":
        """Return the ticket.

        Raises:
            TicketError: it is none.
        """
        lines = untrusted_text.splitlines()
        words = [line.split() for line in lines[1:]]
        if lines[:1] != [_HEAD] or [word[:1] for word in words] != [[one] for one in _FIELDS]:
            raise _damaged("It is not what `intake couriers add` writes.")
        if any(len(word) != 2 for word in words):
            raise _damaged("A line of it is incomplete.")
        address, key, token = (word[1] for word in words)
        if not is_address(address):
            raise _damaged("Its address is not an onion's.")
        try:
            ticket = cls(address, VisitorKey.parse(key), checked_token(token))
        except ValueError as error:
            raise _damaged("Its key is none.") from error
        if ticket.serialise() != untrusted_text:
            raise _damaged("It was edited.")
        return ticket

    @classmethod
    def read(cls, path: Path) -> "Ticket":
        """Return the ticket of a file; raises as ``parse`` does."""
        return cls.parse(read_small(path))


def checked_token(untrusted_text: str) -> str:
    """Return the token if it can be one.

    Raises:
        TicketError: it cannot.
    """
    if not _TOKEN.fullmatch(untrusted_text):
        raise TicketError("The token is not 64 hex digits.", "Copy it from the ticket, whole.")
    return untrusted_text


def read_small(path: Path) -> str:
    """Return the text of a small file.

    Raises:
        TicketError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("ascii")
    except OSError as error:
        raise TicketError(
            f"{path} cannot be read: {error.strerror}.",
            "Give the ticket's path, 127.0.0.1:PORT, unix:PATH or an onion's address.",
        ) from error
    except UnicodeDecodeError as error:
        raise TicketError(f"{path} is not what it should be.", "It is text.") from error


def _damaged(why: str) -> TicketError:
    return TicketError(
        f"The ticket cannot be used. {why}", "Carry it over once more, or ask for a new one."
    )
