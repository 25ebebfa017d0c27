"""A server with a couriers' service, envelopes on its shelf, and couriers with tickets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from intake.courier.ticket import Ticket
from intake.wire.envelope import ID_BYTES, envelope_id
from tests.newsroom import Answer, Operator, request
from tests.newsroom.http import connect
from tests.newsroom.server import ROOT, environment

_PATIENCE = 30.0


class CourierService:
    """``intake serve`` with both services, each on a unix socket, until the end of a ``with``."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.address = f"unix:{operator.folder / 'couriers.sock'}"
        self.sources = f"unix:{operator.folder / 'sources.sock'}"
        self.errors = operator.folder / "service-stderr"
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "intake", "serve", str(self.operator.home)),
                    *("--listen", self.sources, "--listen-couriers", self.address),
                ],
                cwd=ROOT,
                env=environment(self.operator.folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                connect(self.sources).close()
                connect(self.address).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(self.errors.read_text())

    def stop(self) -> None:
        """End it as a service manager would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(_PATIENCE)

    def __enter__(self) -> "CourierService":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ask(
        self,
        method: str,
        path: str,
        token: str | None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send one request."""
        given = dict(headers or {})
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        return request(self.address, method, path, body, given)

    def add(self, name: str) -> tuple[Ticket, Path]:
        """Add a courier; return the ticket, and a file with its token."""
        done = self.operator.run("couriers", "add", self.operator.home, name)
        assert done.returncode == 0, done.stderr
        ticket = Ticket.parse(done.stdout)
        path = self.operator.folder / f"token-{name}"
        path.write_text(ticket.token)
        return ticket, path

    def put(self, size: int) -> Path:
        """Put an envelope of random bytes on the shelf, as far as a server can tell."""
        content = os.urandom(size)
        path = self.operator.shelf / envelope_id(content[:ID_BYTES]).hex()
        path.write_bytes(content)
        return path

    def empty(self) -> None:
        """Take everything off the shelf."""
        for path in self.operator.shelf.iterdir():
            path.unlink()
