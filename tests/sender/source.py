"""``intake send`` and ``intake replies`` as somebody gives them who has a codename in the head."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.newsroom.server import ROOT, environment
from tests.newsroom.source import new_codename

_PATIENCE = 120.0


class Source:
    """Somebody with a codename.

    Args:
        folder: all that the command could write to.
        python: runs it.
    """

    def __init__(self, folder: Path, python: str | Path = sys.executable) -> None:
        self.codename = new_codename()
        self._python = str(python)
        self._folder = folder

    def send(
        self, address: str, *arguments: str | Path, message: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Send, and return how it ended."""
        return self.run("send", address, *arguments, more=message)

    def replies(self, address: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Read replies, and return how it ended."""
        return self.run("replies", address, *arguments)

    def run(self, *arguments: str | Path, more: str = "") -> "subprocess.CompletedProcess[str]":
        """Give a command to its end, with the codename and more on its standard input."""
        return subprocess.run(
            self._command(arguments),
            cwd=ROOT,
            env=environment(self._folder),
            input=f"{self.codename}\n{more}",
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )

    def begin(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Begin to send, and return the process; what it says is not to be had."""
        process = self._start(*arguments, errors=subprocess.DEVNULL)
        assert process.stdin is not None
        process.stdin.write(f"{self.codename}\n")
        process.stdin.close()
        return process

    @contextmanager
    def waiting(self, *arguments: str | Path) -> Iterator["subprocess.Popen[str]"]:
        """Give a process that has reached the newsroom and waits for the codename."""
        with self.saying(*arguments) as process:
            assert process.stderr is not None
            # The last that is said before it asks.
            while "Compare it with" not in process.stderr.readline():
                assert process.poll() is None
            yield process

    @contextmanager
    def saying(self, *arguments: str | Path) -> Iterator["subprocess.Popen[str]"]:
        """Give a process whose words can be read, and which has not been given a codename."""
        with self._start(*arguments, errors=subprocess.PIPE) as process:
            yield process
            process.kill()

    def _start(self, *arguments: str | Path, errors: int) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._command(["send", *arguments]),
            cwd=ROOT,
            env=environment(self._folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            text=True,
        )

    def _command(self, arguments: Sequence[str | Path]) -> list[str]:
        return [self._python, "-m", "intake", *map(str, arguments)]
