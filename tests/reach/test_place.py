"""Addresses: through Tor, or on this machine, and nowhere else."""

import os
import socket
from pathlib import Path

import pytest

from intake.reach.errors import AddressError, NotReached
from intake.reach.place import is_place, place_at
from intake.tor.keys import OnionKey

SOCKS = ("127.0.0.1", 9_050)
ONION = OnionKey.of(os.urandom(32)).address


@pytest.mark.parametrize(
    "address",
    [
        ONION,
        ONION.upper(),
        f"http://{ONION}",
        f"http://{ONION}/",
        f"{ONION}/submit?lang=de",
        f"HTTP://{ONION}/keyring",
    ],
)
def test_an_onions_address_is_taken_as_people_copy_it(address: str) -> None:
    assert is_place(address)
    assert place_at(address, SOCKS).host == ONION


@pytest.mark.parametrize("address", ["127.0.0.1:1", "http://localhost:1/", "unix:/no/such/socket"])
def test_a_socket_of_this_machine_is_a_place_whether_or_not_anything_is_there(address: str) -> None:
    assert is_place(address)
    place = place_at(address, SOCKS)
    assert (place.host, repr(place)) == ("localhost", "<Place localhost>")
    with pytest.raises(NotReached, match="Nothing answers"):
        place.connect("circuit", 5)


def test_a_place_connects(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        place_at(f"unix:{tmp_path / 'socket'}", SOCKS).connect("circuit", 5).close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        place_at(f"http://127.0.0.1:{port}/", SOCKS).connect("circuit", 5).close()


@pytest.mark.parametrize(
    "address",
    [
        f"https://{ONION}",
        f"http://{ONION}:8080",
        f"http://user@{ONION}",
        f"a{ONION[1:]}" if ONION[0] != "a" else f"b{ONION[1:]}",
        f"www.{ONION}",
        "a" * 56 + ".onion",
        "short.onion",
        "http://example.com",
        "http://127.0.0.1",
        "127.0.0.2:80",
        "ftp://127.0.0.1:21",
        "example.com",
        "",
    ],
)
def test_an_address_that_leads_past_tor_or_nowhere_is_refused(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        place_at(address, SOCKS)
    assert caught.value.hint


@pytest.mark.parametrize("path", ["ticket", "/media/stick/ticket", "./a.onion.ticket"])
def test_a_files_path_is_no_address(path: str) -> None:
    assert not is_place(path)
