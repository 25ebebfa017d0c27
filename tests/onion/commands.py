"""``intake onion`` and ``intake serve`` as processes whose words can be waited for."""

import re
import subprocess
import sys
import time
from pathlib import Path

from tests.newsroom.server import ROOT, environment

_PATIENCE = 90.0


class Running:
    """A command until the end of a ``with``.

    Args:
        folder: for all that it could write to.
        arguments: after ``intake``.
    """

    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        self._said = folder / "said"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "intake", *map(str, arguments)],
                cwd=ROOT,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def said(self) -> str:
        """All that it said."""
        return self._said.read_text()

    def hear(self, pattern: str, times: int = 1) -> "re.Match[str]":
        """Wait until it has said something so many times, and return the last."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = list(re.finditer(pattern, self.said, re.MULTILINE))
            if len(found) >= times:
                return found[-1]
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{pattern} was not said {times} times:\n{self.said}")
            time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return found


def gone(pid: int) -> bool:
    """Wait until a process has ended; return whether it has."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False
