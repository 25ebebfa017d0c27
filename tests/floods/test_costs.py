"""What a connection costs that is held, in memory, whatever was sent on it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.floods import holding
from tests.newsroom import Desk, Operator, Server, request

NUMBER = 150
KIB = 1 << 10


def settled(server: Server) -> int:
    """Return what the server has in memory when that does not change any more."""
    before = 0
    while abs(before - (now := server.memory("VmRSS"))) > 64 * KIB:
        before = now
        time.sleep(0.5)
    return now


def cost(operator: Operator, make: Callable[[], bytes], number: int = NUMBER) -> int:
    """Return how many bytes more each of so many connections makes a server have in memory."""
    with operator.serve() as server:
        for _ in range(3):
            request(server.address, "GET", "/submit")
        before = settled(server)
        with holding.held(server.address, make, number):
            return (settled(server) - before) // number


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "most"),
    [(holding.long_headers, 48 * KIB), (holding.message_in_the_middle, 512 * KIB)],
)
def test_a_connection_costs_little_that_asks_for_nothing_and_some_that_is_in_the_middle(
    tmp_path: Path,
    make: Callable[[], bytes],
    most: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bytes_each = cost(Operator(tmp_path, Desk(), "--reserve", "1M"), make)
    with capsys.disabled():
        print(f"\n{make.__name__}: {bytes_each / KIB:.0f} KiB each")
    assert bytes_each <= most


@pytest.mark.slow
def test_headers_that_do_not_end_are_not_gathered(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(), "--reserve", "1M")
    line = b"X-Long: " + b"x" * 60_000 + b"\r\n"
    with operator.serve() as server:
        with holding.held(server.address, lambda: b"GET / HTTP/1.1\r\n" + line, 1) as [first]:
            first.sendall(line)
            assert first.recv(1 << 16).startswith(b"HTTP/1.1 400 ")
        assert server.stderr() == ""
