"""Uploads and pulls through onions, on a private Tor network.

``intake serve`` publishes its onions as it does anywhere, with every defence on. The bare sink is
an onion of the same tor. What is compared takes turns, and every upload has a circuit of its own,
as every source has: new, and built by loading a page, which is not timed. To send both over one
circuit would be no steadier: what Tor's congestion control makes of it varies by a quarter from one
upload to the next, also on the same circuit. Rounds even that out, and so there are many.

One upload is as fast as Tor's window lets it be. Several at once take all of the processor, which
the server shares with the sender and seven tors: what it computes shows there first, and so does
whatever else the machine is doing.
"""

import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from intake.courier.pulling import RANGE
from intake.wire.envelope import ID_BYTES, envelope_id
from tests.bench import sender, servers, source, uploads
from tests.bench.servers import PROJECT, Server
from tests.bench.table import Row, at_least, progress, rate, share
from tests.tor import socks
from tests.tor.network import PrivateNetwork

#: Circuits, where there are several at once.
_SEVERAL = 4
_NOISE = 1024 * 1024


class _Onion:
    """An onion that is sent to.

    Args:
        codename: without one the body is sent as it is, for the sink.
    """

    def __init__(
        self, server: Server, visitor: tuple[str, int], host: str, codename: str = ""
    ) -> None:
        self._server = server
        self._visitor = visitor
        self.host = host
        self._start, self._end = uploads.around(codename)
        self._noise = memoryview(secrets.token_bytes(_NOISE))

    def upload(self, size: int, circuits: int = 1) -> float:
        """Send so many bytes over each of so many new circuits, all at once.

        Returns:
            Seconds until the last was acknowledged.
        """
        names = [secrets.token_hex(8) for _ in range(circuits)]
        for name in names:
            self.visit(name)
        with ThreadPoolExecutor(circuits) as pool:
            begun = time.perf_counter()
            for _ in pool.map(self._send, names, [size] * circuits):
                pass
            seconds = time.perf_counter() - begun
        self._server.clear()
        return seconds

    def visit(self, circuit: str) -> bytes:
        """Return the first page."""
        connection = socks.connect(self._visitor, self.host, circuit=circuit)
        with connection:
            connection.sendall(sender.head("GET", "/", "", 0))
            return sender.answer(connection)

    def _send(self, circuit: str, size: int) -> None:
        length = len(self._start) + size + len(self._end)
        with socks.connect(self._visitor, self.host, circuit=circuit) as connection:
            connection.sendall(sender.head("POST", "/submit", uploads.FORM, length) + self._start)
            for at in range(0, size, _NOISE):
                connection.sendall(self._noise[: size - at])
            connection.sendall(self._end)
            sender.answer(connection)


def measure(home: Path, size: int, rounds: int) -> Iterator[Row]:
    """Measure, with so many bytes an upload.

    Args:
        home: to be made, on the disk; its path is short, since sockets are put there.
    """
    with ExitStack() as running:
        begun = time.perf_counter()
        root = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="tor-", dir="/tmp")))
        network = running.enter_context(PrivateNetwork(root))
        server = running.enter_context(servers.behind_onions(home, network.service_control.path))
        visitor = network.client_socks
        ours = _Onion(server, visitor, _host(server), uploads.codename(server))
        socks.published(lambda: ours.visit(""))
        cold = time.perf_counter() - begun
        yield Row("a Tor network from nothing to the first page", f"{cold:.0f} s", "", "< 60 s")

        plain = running.enter_context(servers.sink(root))
        host = running.enter_context(network.onion(f"unix:{plain.address}"))
        sink = _Onion(plain, visitor, host)
        socks.published(lambda: sink.visit(""))
        yield from _uploads(sink, ours, size, rounds)
        yield from _pulls(home, root / "ticket", network, rounds)
        yield from source.over_onion(home, ours.host, network, _SEVERAL * size, rounds)


def _uploads(sink: _Onion, ours: _Onion, size: int, rounds: int) -> Iterator[Row]:
    for onion in (sink, ours):
        onion.upload(size // 4, _SEVERAL)
    alone = _in_turn(sink, ours, size, 2 * rounds, circuits=1)
    ratio = share(*alone)
    yield Row("floor: one upload to a bare sink's onion", rate(size, alone[0]))
    yield Row("one upload through the onion", rate(size, alone[1]), *at_least(ratio, 90))
    several = _in_turn(sink, ours, size, rounds, circuits=_SEVERAL)
    yield Row(f"floor: {_SEVERAL} at once to the sink", rate(_SEVERAL * size, several[0]))
    ratio = share(*several)
    what = f"{_SEVERAL} at once through the onion"
    yield Row(what, rate(_SEVERAL * size, several[1]), *at_least(ratio, 90))


def _in_turn(
    sink: _Onion, ours: _Onion, size: int, rounds: int, circuits: int
) -> tuple[list[float], list[float]]:
    """Return the seconds that the sink took in each round, and ours."""
    floor: list[float] = []
    sealed: list[float] = []
    for number in range(rounds):
        progress(f"  uploads, {circuits} at once: round {number + 1} of {rounds}")
        floor.append(sink.upload(size, circuits))
        sealed.append(ours.upload(size, circuits))
    return floor, sealed


def _pulls(home: Path, ticket: Path, network: PrivateNetwork, rounds: int) -> Iterator[Row]:
    """Pull one envelope with a range for each circuit, by the command as a whole.

    Args:
        ticket: where the courier's is to be.
    """
    content = secrets.token_bytes(_SEVERAL * RANGE)
    (home / "store" / "shelf" / envelope_id(content[:ID_BYTES]).hex()).write_bytes(content)
    _intake("couriers", "add", home, "bench", "--ticket", ticket)
    host, port = network.client_socks
    tor = ("--socks", f"{host}:{port}", "--control", network.client_control.path)

    def pull(circuits: int) -> float:
        with tempfile.TemporaryDirectory(dir=home) as stick:
            begun = time.perf_counter()
            _intake("courier", "pull", ticket, stick, *tor, "--circuits", str(circuits))
            return time.perf_counter() - begun

    # Until the onion has opened to the courier, it is tried again.
    pull(_SEVERAL)
    alone: list[float] = []
    several: list[float] = []
    for number in range(rounds):
        progress(f"  pulls: round {number + 1} of {rounds}")
        alone.append(pull(1))
        several.append(pull(_SEVERAL))
    yield Row("a courier's pull over one circuit", rate(len(content), alone))
    gain = f"{share(alone, several):.0f} %"
    yield Row(f"a courier's pull over {_SEVERAL} circuits", rate(len(content), several), gain)


def _host(server: Server) -> str:
    """Return the sources' onion, once the server says where it is."""
    assert server.process.stdout is not None
    for line in server.process.stdout:
        name, _, address = line.partition(" ")
        if name == "sources":
            return address.strip().removeprefix("http://")
    raise RuntimeError("the onions were not published")


def _intake(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "intake", *map(str, arguments)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
