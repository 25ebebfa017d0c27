"""SOCKS5 against a port that answers as Tor does, and as it should not."""

import socket
import threading
from collections.abc import Iterator

import pytest

from intake.reach import socks
from intake.reach.errors import AddressError, Locked, NotReached, ReachError

HOST = "a" * 56 + ".onion"


class Port:
    """A SOCKS port that gives prepared answers, each after something was read.

    Attributes:
        heard: what was said to it.
    """

    def __init__(self, answers: list[bytes]) -> None:
        self.heard = b""
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            for answer in self._answers:
                self.heard += connection.recv(1_024)
                connection.sendall(answer)


@pytest.fixture
def ports() -> Iterator[list[Port]]:
    """Ports that are closed in the end."""
    opened: list[Port] = []
    yield opened
    for port in opened:
        port.close()


GREETING, ADMITTED = b"\x05\x02", b"\x01\x00"


def test_the_name_goes_to_tor_with_the_circuit_as_the_user(ports: list[Port]) -> None:
    port = Port([GREETING, ADMITTED, b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00after"])
    ports.append(port)
    with socks.connect(port.address, HOST, "circuit-7", 5) as connection:
        assert connection.recv(10) == b"after"
    assert port.heard == (
        b"\x05\x01\x02\x01\x09circuit-7\x01-\x05\x01\x00\x03\x3e" + HOST.encode() + b"\x00\x50"
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x01, NotReached),
        (0x04, NotReached),
        (0x06, NotReached),
        (0x5A, NotReached),
        (0xF0, NotReached),
        (0xF2, NotReached),
        (0xF4, Locked),
        (0xF5, Locked),
        (0xF6, AddressError),
    ],
)
def test_each_refusal_is_told_apart(ports: list[Port], code: int, kind: type[ReachError]) -> None:
    port = Port([GREETING, ADMITTED, bytes([5, code, 0, 1]) + bytes(6)])
    ports.append(port)
    with pytest.raises(kind) as caught:
        socks.connect(port.address, HOST, "c", 5)
    assert caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "answers",
    [[b"HTTP/1.1 400"], [b"\x05\xff"], [GREETING, b"\x01\x01"], [GREETING, ADMITTED, b""]],
)
def test_what_is_no_socks_port_is_told(ports: list[Port], answers: list[bytes]) -> None:
    port = Port(answers)
    ports.append(port)
    with pytest.raises(NotReached, match="SOCKS port does not connect"):
        socks.connect(port.address, HOST, "c", 5)


def test_no_port_at_all_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(NotReached, match="Nothing answers"):
        socks.connect(address, HOST, "c", 5)
