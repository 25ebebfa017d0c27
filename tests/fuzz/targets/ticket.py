"""A courier's ticket, as it is carried and typed."""

from collections.abc import Iterator

from intake.courier.errors import TicketError
from intake.courier.ticket import Ticket, checked_token
from intake.tor.keys import OnionKey, VisitorKey
from tests.vectors.vector import chance

LONGEST = 512
RATE = 10_000


def one_input(data: bytes) -> None:
    text = data.decode("latin-1")
    try:
        ticket = Ticket.parse(text)
    except TicketError:
        pass
    else:
        assert ticket.serialise() == text
    try:
        assert checked_token(text) == text
    except TicketError:
        return
    assert len(text) == 64


def seeds() -> Iterator[bytes]:
    address = OnionKey.of(chance("onion", 32)).address
    ticket = Ticket(address, VisitorKey(chance("visitor", 32)), chance("token", 32).hex())
    whole = ticket.serialise().encode()
    yield whole
    yield whole.replace(b"key     ", b"key ")
    yield whole.replace(b"\n", b"\r\n")
    yield whole[:-1]
    yield whole.replace(b"token", b"key  ")
    yield ticket.token.encode()
