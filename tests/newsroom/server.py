"""A server process, with all that it could write to in one folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from tests.newsroom.http import request

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 30.0


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which a program's every usual place lies in ``folder``."""
    for name in ("tmp", "user"):
        (folder / name).mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "user"),
        "TMPDIR": str(folder / "tmp"),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "error::ResourceWarning",
    }


class Server:
    """``intake serve`` until the end of a ``with``.

    Args:
        within: a command that becomes the one that is given to it.

    Attributes:
        address: as ``--listen`` has it.
        errors: what it wrote to stderr, a file.
    """

    def __init__(
        self, home: Path, listen: str, folder: Path, *options: str, within: Sequence[str] = ()
    ) -> None:
        self.home = home
        self.address = listen
        self.folder = folder
        self.cwd = folder / "cwd"
        self.cwd.mkdir(exist_ok=True)
        self.errors = folder / "stderr"
        with self.errors.open("ab") as errors, (folder / "stdout").open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(*within, sys.executable, "-m", "intake", "serve", str(home)),
                    *("--listen", listen, *options),
                ],
                cwd=self.cwd,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
        self._wait_until_it_answers()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> int:
        """End it as a service manager would, and return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(_PATIENCE)

    def stderr(self) -> str:
        """Return what it complained of."""
        return self.errors.read_text("utf-8", "replace")

    def family(self) -> list[int]:
        """Return the server's process and those that it started."""
        found = [self.pid]
        for task in Path(f"/proc/{self.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, task.read_text().split())
        return found

    def memory(self, field: str) -> int:
        """Return a figure of ``/proc/PID/status``, in bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise KeyError(field)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            # An answer says that it is all there: the listener comes first.
            with suppress(OSError, HTTPException):
                request(self.address, "HEAD", "/static/style.css")
                return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the server did not start: {self.stderr()}")
