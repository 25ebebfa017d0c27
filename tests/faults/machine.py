"""The server's machine: a clock that can be set, a process that is started again when it ends."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.newsroom.http import connect
from tests.newsroom.operator import intake
from tests.newsroom.server import ROOT, environment

#: Root without what makes root special: permissions are for it as for anybody.
_POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
_SITE = Path(__file__).with_name("clock")
#: Seconds before the server is started again; as a service manager does, only sooner.
_AGAIN = 0.3
_PATIENCE = 60.0


class Clock:
    """The time of day of the server's machine, as its processes see it.

    Args:
        file: says how far it is off.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()
        self.set(0)

    def set(self, seconds: int) -> None:
        """Have it be off by so many seconds."""
        # Processes have it open: it is written over, all of it at once.
        with self._file.open("r+b", buffering=0) as file:
            file.write(b"%+15d\n" % seconds)

    def environment(self) -> dict[str, str]:
        """Return what has a process of Python's go by this clock."""
        return {"PYTHONPATH": f"{_SITE}:{ROOT}", "CLOCK_IS_OFF_BY": str(self._file)}


@dataclass(frozen=True)
class Ended:
    """A server's life that is over.

    Attributes:
        code: its exit code, or the negative number of a signal.
        expected: whether we ended it.
        said: all that it wrote.
    """

    code: int
    expected: bool
    said: str


#: Runs ``intake`` with arguments to its end.
Command = Callable[..., Ended]


def at_once(*arguments: str | Path) -> Ended:
    """Run ``intake`` in this process, where nothing fails it: it is the same, only sooner."""
    done = intake(*arguments)
    return Ended(done.returncode, expected=False, said=done.stdout + done.stderr)


def _log(path: Path) -> "subprocess.Popen[bytes]":
    """Return what writes a server's words down, whatever limits the server is under."""
    with path.open("wb") as file:
        return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)


class Machine:
    """``intake serve``, kept running, and ``intake`` as an operator types it.

    Args:
        folder: for all that is not in HOME.
        control: a tor's control socket, where the onions are to be published.
    """

    def __init__(self, folder: Path, home: Path, clock: Clock, control: str | None) -> None:
        self.home = home
        self.address = f"unix:{folder / 'socket'}"
        self.lives: list[Ended] = []
        self._folder = folder
        self._clock = clock
        self._control = control
        self._with_tor = False
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._commands: set[subprocess.Popen[str]] = set()
        self._may_run = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._keeping = threading.Thread(target=self._keep, daemon=True)
        self._keeping.start()

    # --- The server ---------------------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """The server's process, while there is one."""
        with self._lock:
            return self._process.pid if self._process is not None else None

    @property
    def has_tor(self) -> bool:
        """Whether it publishes onions."""
        return self._with_tor

    def is_halted(self) -> bool:
        """Return whether no server is to run."""
        return not self._may_run.is_set()

    def run(self, *, with_tor: bool = False) -> None:
        """Have a server run from now on."""
        self._with_tor = with_tor and self._control is not None
        run = self.home / "run" / "sources.sock"
        self.address = f"unix:{run if self._with_tor else self._folder / 'socket'}"
        self._may_run.set()

    def end(self, number: signal.Signals) -> bool:
        """Send the server a signal that it ends by; return whether there was one."""
        with self._lock:
            if self._process is None:
                return False
            self._killed = True
            self._process.send_signal(number)
            return True

    def halt(self) -> None:
        """Have no process run, as when the power goes."""
        self._may_run.clear()
        deadline = time.monotonic() + _PATIENCE
        while self.pid is not None:
            self.end(signal.SIGKILL)
            assert time.monotonic() < deadline, "the server cannot be killed"
            time.sleep(0.01)
        self.kill_commands()

    def close(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End all of it by a signal."""
        self._over.set()
        self._may_run.clear()
        self.end(number)
        deadline = time.monotonic() + _PATIENCE
        while self.pid is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        self.halt()
        self._may_run.set()
        self._keeping.join(_PATIENCE)

    def limit(self, what: int, value: int | None) -> bool:
        """Set a limit of the server's process, or lift it; return whether there is one."""
        pid = self.pid
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, what)
            resource.prlimit(pid, what, (hard if value is None else value, hard))
            return True
        return False

    def signal(self, number: signal.Signals) -> bool:
        """Send the server a signal that it goes on after."""
        pid = self.pid
        with suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, number)
                return True
        return False

    def serves(self) -> bool:
        """Return whether it can be spoken to."""
        try:
            connect(self.address).close()
        except OSError:
            return False
        return True

    def open_files(self) -> int:
        """Return how many files the server has open."""
        with suppress(OSError):
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        return 0

    def children(self) -> list[int]:
        """Return the processes that the server started."""
        found: list[int] = []
        for task in Path(f"/proc/{self.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, task.read_text().split())
        return found

    def _keep(self) -> None:
        while True:
            self._may_run.wait()
            if self._over.is_set():
                return
            said = self._folder / f"said-{len(self.lives)}"
            log = _log(said)
            with self._lock:
                self._killed = False
                self._process = subprocess.Popen(
                    [*_POWERLESS, sys.executable, "-m", "intake", "serve", self.home, *self._how()],
                    cwd=ROOT,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log.stdin,
                )
            code = self._process.wait()
            if log.stdin is not None:
                log.stdin.close()
            # A keeper may hold it open for a moment longer, and has nothing to say any more.
            with suppress(subprocess.TimeoutExpired):
                log.wait(_AGAIN)
            with self._lock:
                self._process = None
                self.lives.append(Ended(code, self._killed, said.read_text("utf-8", "replace")))
            time.sleep(_AGAIN)

    def said(self) -> str:
        """Return what the server said that runs."""
        return (self._folder / f"said-{len(self.lives)}").read_text("utf-8", "replace")

    def _how(self) -> list[str]:
        if self._with_tor:
            return ["--control", str(self._control)]
        return ["--listen", self.address]

    def _environment(self) -> dict[str, str]:
        return environment(self._folder) | self._clock.environment()

    # --- Its operator ---------------------------------------------------------------------------

    def command(self, *arguments: str | Path) -> Ended:
        """Run ``intake`` to its end, which may be forced."""
        process = subprocess.Popen(
            [*_POWERLESS, sys.executable, "-m", "intake", *map(str, arguments)],
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with self._lock:
            self._commands.add(process)
        try:
            said, _ = process.communicate()
        finally:
            with self._lock:
                self._commands.discard(process)
        return Ended(process.returncode, process.returncode == -signal.SIGKILL, said)

    def kill_commands(self) -> int:
        """End what the operator has started; return how many there were."""
        with self._lock:
            commands = list(self._commands)
        for process in commands:
            process.kill()
        return len(commands)
