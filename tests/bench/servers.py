"""The servers that are measured: the floor's, and a newsroom's for each suite."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from intake.days import SECONDS as DAY
from intake.home import Config, Home
from intake.wire.envelope import PRIVATE_KEY, Identity
from intake.wire.keyring import Editor, Epoch, SuiteName, keyring_of
from intake.wire.signing import verify_key_of

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        address: path of its socket.
        stored: folder in which it keeps what arrived.
    """

    process: "subprocess.Popen[str]"
    address: str
    stored: Path

    def clear(self) -> None:
        """Delete what was stored."""
        for path in self.stored.iterdir():
            path.unlink()

    def memory(self, field: str) -> int:
        """Return bytes of ``VmRSS``, what it has in memory, or ``VmHWM``, the most it had."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
        raise KeyError(field)

    def forget_peak(self) -> None:
        """Begin ``VmHWM`` anew from what is in memory now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


def floor(folder: Path) -> "Starting":
    """Return the floor's server, to be started."""
    folder.mkdir()
    return Starting("tests.bench.floor", "{address}", str(folder), stored=folder)


def newsroom(home: Path, openpgp: bytes = b"", *options: str) -> "Starting":
    """Make a newsroom with one editor and return its server, to be started.

    Args:
        openpgp: the editor's public key; where there is one, the suite is GPG, else NaCl.
        options: more arguments of ``intake serve``.
    """
    _make(home, openpgp)
    return serving(home, *options)


def behind_onions(home: Path, control: Path) -> "Starting":
    """Make a newsroom of the NaCl suite and return its server behind onions, to be started.

    Args:
        control: the control socket of the tor that publishes them.
    """
    _make(home)
    return Starting(
        *("intake", "serve", str(home), "--control", str(control)),
        stored=home / "store" / "ready",
        address=str(home / "run" / "sources.sock"),
    )


def sink(folder: Path) -> "Starting":
    """Return the bare sink, to be started."""
    (folder / "nothing").mkdir()
    return Starting("tests.bench.sink", "{address}", stored=folder / "nothing")


def void(keyring: Path, known: Path) -> "Starting":
    """Return a newsroom that keeps nothing, to be started; its folder is empty and stays so."""
    return Starting("tests.bench.void", "{address}", str(keyring), str(known), stored=known.parent)


def _make(home: Path, openpgp: bytes = b"") -> None:
    today = int(time.time()) // DAY
    seed, root = secrets.token_bytes(32), secrets.token_bytes(32)
    epoch = Epoch(today - 1, Identity(secrets.token_bytes(PRIVATE_KEY)).public())
    keyring = keyring_of(
        root,
        [Editor("bench", verify_key_of(seed), (epoch,), openpgp)],
        sequence=1,
        salt=secrets.token_bytes(16),
        first_day=today - 1,
        last_day=today + 7,
        suite=SuiteName.GPG if openpgp else SuiteName.NACL,
    )
    # A tick that does not come: nothing but what is measured is to be at work.
    Home.create(home, Config("Bench", tick=DAY, reserve=0, decoys=0), keyring)


def serving(home: Path, *options: str) -> "Starting":
    """Return the server of a newsroom that was made, to be started."""
    return Starting(
        *("intake", "serve", str(home), "--listen", "unix:{address}", *options),
        stored=home / "store" / "ready",
    )


class Starting:
    """A server to be started: ``with`` starts it, and stops it at the end.

    Args:
        address: of the socket that it makes; without one it is given one, as ``{address}``.
    """

    def __init__(self, module: str, *arguments: str, stored: Path, address: str = "") -> None:
        # A socket's path is short, and the folder's may be long.
        self._address = address or f"/tmp/bench-{os.getpid()}-{secrets.token_hex(4)}"
        self._module = module
        self._arguments = arguments
        self._stored = stored
        self._until = ExitStack()

    def __enter__(self) -> Server:
        return self._until.enter_context(self._run())

    def __exit__(self, *_: object) -> None:
        self._until.close()

    @contextmanager
    def _run(self) -> Iterator[Server]:
        address = self._address
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                self._module,
                *(a.format(address=address) for a in self._arguments),
            ],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError(f"{self._module} did not start")
            yield Server(process, address, self._stored)
        finally:
            process.terminate()
            process.wait()
            Path(address).unlink(missing_ok=True)
