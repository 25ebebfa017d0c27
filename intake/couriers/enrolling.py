"""Adding a courier and taking one away: the roll, the onion's key, and the ticket."""

from collections.abc import Callable
from pathlib import Path

from intake.courier.ticket import Ticket
from intake.couriers.roll import TOKEN, Courier, Roll, RollError, checked_name, hash_token
from intake.tor.folder import OnionFolder
from intake.tor.keys import SEED, VisitorKey


def enrol(home: Path, name: str, token: Callable[[int], bytes]) -> Ticket:
    """Add a courier and return the ticket, of which nothing secret stays on the server.

    Args:
        home: the server's folder.
        token: ``token(n)`` gives n random bytes.

    Raises:
        RollError: the name is taken or unfit.
        KeysForbidden: this user may not change who visits the onion.
    """
    roll, onion = Roll(home), OnionFolder(home, token)
    if roll.named(checked_name(name)) is not None:
        raise RollError(
            f"There is a courier called {name} already.",
            "Choose another name, or revoke that one first: intake couriers revoke",
        )
    _, service = onion.services()
    ticket = Ticket(service.address, VisitorKey(token(SEED)), token(TOKEN).hex())
    onion.admit(name, ticket.key.public)
    roll.add(Courier(name, ticket.key.public, hash_token(ticket.token)))
    return ticket


def dismiss(home: Path, name: str, token: Callable[[int], bytes]) -> None:
    """Take a courier away. From now on the token opens nothing; the onion's key goes with it.

    Raises:
        RollError: there is none of this name.
        KeysForbidden: this user may not change who visits the onion.
    """
    struck = Roll(home).remove(checked_name(name))
    # Also where the roll has no such line: a command that was interrupted can be given again.
    if not OnionFolder(home, token).dismiss(name) and not struck:
        raise RollError(f"There is no courier called {name}.", "See: intake couriers list")
