"""The newsroom that a browser visits: its address, and the people behind it."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.newsroom import Desk, Opened, Operator, Source
from tests.newsroom.desk import today
from tests.newsroom.http import free_port
from tests.newsroom.server import environment
from tests.tor import processes
from tests.tor.network import PrivateNetwork
from tests.tor.socks import PATIENCE, OnionConnection, published


@dataclass(frozen=True)
class Site:
    """A newsroom with a server that runs.

    Attributes:
        base: what a browser enters, without the last slash.
        listens: the server's address, as ``--listen`` has it.
        pid: of the server.
    """

    base: str
    listens: str
    operator: Operator
    pid: int

    @property
    def desk(self) -> Desk:
        """Where its envelopes are opened."""
        return self.operator.desk

    def answer(self, codename: str, *texts: str) -> None:
        """Have the editors write replies to a source, and deliver them."""
        thread = Source(self.listens, codename).thread(self.desk.salt)
        replies = [
            self.desk.reply(thread, text, number=number)
            for number, text in enumerate(texts, start=1)
        ]
        done = self.operator.deliver(self.desk.dispatch(replies=replies))
        assert done.returncode == 0, done.stderr

    def received(self, codename: str) -> list[Opened]:
        """Return what the desk finds of a source: message first, then the files in their order."""
        capability = Source(self.listens, codename).thread(self.desk.salt).capability
        opened = self.desk.open_all(self.operator.collect())
        return sorted(
            (one for one in opened if one.header.capability == capability),
            key=lambda one: one.header.position,
        )


@contextmanager
def on_loopback(folder: Path, *options: str, desk: Desk | None = None) -> Iterator[Site]:
    """Serve on a port of this machine; ``options`` are of ``intake init``."""
    operator = Operator(folder, desk or Desk(), *options)
    listen = f"127.0.0.1:{free_port()}"
    with operator.serve(listen=listen) as server:
        yield Site(f"http://{listen}", listen, operator, server.pid)


@contextmanager
def closed(folder: Path) -> Iterator[Site]:
    """Serve a newsroom whose keyring has run out."""
    with on_loopback(folder, desk=Desk(first_day=today() - 2, last_day=today() - 1)) as site:
        yield site


@contextmanager
def on_onion(folder: Path, network: PrivateNetwork, *options: str) -> Iterator[Site]:
    """Serve as an operator does: on unix sockets, behind onions that ``intake serve`` publishes."""
    operator = Operator(folder, Desk(), *options)
    output = folder / "output"
    control = ("--control", str(network.service_control.path))
    command = [sys.executable, "-m", "intake", "serve", str(operator.home), *control]
    process = processes.start(command, output, environment(folder))
    try:
        base = _printed_address(process, output)
        published(lambda: _visit(network, base.removeprefix("http://")))
        listens = f"unix:{operator.home / 'run' / 'sources.sock'}"
        yield Site(base, listens, operator, process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _printed_address(process: subprocess.Popen[bytes], output: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        said = output.read_text()
        if found := re.search(r"http://[a-z2-7]{56}\.onion", said):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"intake serve printed no address:\n{output.read_text()}")


def _visit(network: PrivateNetwork, host: str) -> None:
    connection = OnionConnection(network.client_socks, host)
    connection.request("GET", "/static/style.css")
    connection.close()
