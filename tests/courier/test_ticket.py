"""Tickets, addresses, the roll: what is accepted, and what is said of the rest."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.courier.address import server_at
from intake.courier.errors import TicketError
from intake.courier.ticket import Ticket
from intake.couriers.roll import Courier, Roll, RollError, hash_token
from intake.reach.errors import AddressError
from intake.tor.keys import OnionKey, VisitorKey
from tests.newsroom import Operator

SOCKS = ("127.0.0.1", 9_050)


def a_ticket() -> Ticket:
    """Return a ticket that opens nothing."""
    address = OnionKey.of(os.urandom(32)).address
    return Ticket(address, VisitorKey(os.urandom(32)), os.urandom(32).hex())


def test_a_ticket_is_read_as_it_was_written() -> None:
    ticket = a_ticket()
    assert Ticket.parse(ticket.serialise()) == ticket
    assert ticket.token not in repr(ticket)
    assert ticket.key.encoded not in repr(ticket)


@given(data=st.data())
def test_a_ticket_with_any_character_changed_is_refused_or_another(data: st.DataObject) -> None:
    text = a_ticket().serialise()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    with suppress(TicketError):
        assert Ticket.parse(changed).serialise() == changed


@given(text=st.text(max_size=300))
def test_what_is_no_ticket_is_told(text: str) -> None:
    with pytest.raises(TicketError):
        Ticket.parse(text)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com",
        "https://127.0.0.1:1",
        "ftp://127.0.0.1:1",
        f"{'a' * 56}.onion",
        "short.onion",
        "no-such-file",
    ],
)
def test_an_address_that_leads_past_tor_or_nowhere_is_refused(address: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0" * 64 + "\n")
    kind = TicketError if address == "no-such-file" else AddressError
    with pytest.raises(kind):
        server_at(address, token, SOCKS)


def test_addresses_and_tickets_lead_to_a_server(tmp_path: Path) -> None:
    ticket = a_ticket()
    path = tmp_path / "ticket"
    path.write_text(ticket.serialise())
    assert server_at(str(path), None, SOCKS).place.host == ticket.address
    assert server_at(f"http://{ticket.address}/", path, SOCKS).token == ticket.token
    assert server_at("127.0.0.1:8080", path, SOCKS).place.host == "localhost"
    with pytest.raises(TicketError, match="no token"):
        server_at(ticket.address, None, SOCKS)


def test_the_roll_is_read_as_it_was_written_by_another(tmp_path: Path) -> None:
    one = Courier("one", VisitorKey(os.urandom(32)).public, hash_token("one"))
    two = Courier("two", VisitorKey(os.urandom(32)).public, hash_token("two"))
    reading, writing = Roll(tmp_path), Roll(tmp_path)
    assert reading.couriers() == ()
    writing.add(two)
    writing.add(one)
    assert reading.couriers() == (one, two)
    assert reading.holder("two") == two
    assert writing.remove("two")
    assert reading.holder("two") is None
    with pytest.raises(RollError, match="already"):
        writing.add(one)
    assert (tmp_path / "couriers").stat().st_mode & 0o777 == 0o600


def test_a_damaged_roll_lets_nobody_in_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "couriers").write_text("somebody\n")
    with pytest.raises(RollError, match="line 1"):
        Roll(tmp_path).holder("x")


def test_couriers_are_added_listed_and_revoked(operator: Operator) -> None:
    run = lambda *words: operator.run("couriers", words[0], operator.home, *words[1:])  # noqa: E731
    path = operator.folder / "ticket"
    assert run("add", "b-2", "--ticket", path).stdout.startswith("The ticket of b-2 is in ")
    assert path.stat().st_mode & 0o777 == 0o600
    ticket = Ticket.read(path)
    assert Ticket.parse(run("add", "a-1").stdout).address == ticket.address
    assert run("list").stdout == "a-1\nb-2\n"
    assert run("add", "a-1").returncode == 1
    for name in ("", "-a", "A", "a/b", "_nobody", "ä", "a" * 33):
        assert run("add", "--", name).returncode == 1
    assert run("revoke", "a-1").returncode == 0
    again = run("revoke", "a-1")
    assert (again.returncode, again.stdout) == (1, "")
    assert "There is no courier called a-1." in again.stderr
    assert run("list").stdout == "b-2\n"


def test_the_key_is_printed_as_tor_reads_it(operator: Operator, tmp_path: Path) -> None:
    ticket = a_ticket()
    path = tmp_path / "ticket"
    path.write_text(ticket.serialise())
    host = ticket.address.removesuffix(".onion")
    done = operator.run("courier", "key", path)
    assert done.stdout == f"{host}:descriptor:x25519:{ticket.key.encoded}\n"
