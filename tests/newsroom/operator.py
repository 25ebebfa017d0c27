"""The operator: a HOME, and the ``intake`` command as it is typed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from intake.cli import main
from tests.newsroom.desk import Desk
from tests.newsroom.server import ROOT, Server, environment

Done = subprocess.CompletedProcess[str]


class Operator:
    """Whoever runs the server of a desk's newsroom.

    Args:
        folder: an empty folder; HOME and all that the server could write to are made in it.
        options: more arguments of ``intake init``.
        home: for HOME, where it is to lie elsewhere.
    """

    def __init__(
        self, folder: Path, desk: Desk, *options: str, tick: int = 1, home: Path | None = None
    ) -> None:
        self.folder = folder
        self.desk = desk
        self.home = home or folder / "HOME"
        self._carried = 0
        keyring = folder / "keyring-from-the-root"
        keyring.write_bytes(desk.signed_keyring())
        done = self.run(
            *("init", self.home, "--keyring", keyring, "--name", "The Gazette"),
            # Tests count what arrives.
            *("--tick", str(tick), "--decoys", "0", *options),
        )
        assert done.returncode == 0, done.stderr

    @property
    def shelf(self) -> Path:
        """Where the server's envelopes lie."""
        return self.home / "store" / "shelf"

    def run(self, *arguments: str | Path) -> Done:
        """Run ``intake`` to its end, in this process: what it does is the same, only sooner."""
        return intake(*arguments)

    def begin(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start ``intake``, for somebody who will not let it end."""
        return subprocess.Popen(
            [sys.executable, "-m", "intake", *map(str, arguments)],
            cwd=ROOT,
            env=environment(self.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def serve(self, *options: str, listen: str = "", within: Sequence[str] = ()) -> Server:
        """Start the server, by default on a socket in the folder."""
        listen = listen or f"unix:{self.folder / 'socket'}"
        return Server(self.home, listen, self.folder, *options, within=within)

    def collect(self, stick: Path | None = None) -> Path:
        """Collect to a stick, by default to an empty one, and return its folder."""
        if stick is None:
            self._carried += 1
            stick = self.folder / f"stick-{self._carried}"
        done = self.run("collect", self.home, stick)
        assert done.returncode == 0, done.stderr
        return stick

    def deliver(self, dispatch: bytes) -> Done:
        """Deliver a dispatch, and return how the command ended."""
        self._carried += 1
        path = self.folder / f"dispatch-{self._carried}"
        path.write_bytes(dispatch)
        return self.run("deliver", self.home, path)


def intake(*arguments: str | Path) -> Done:
    """Run ``intake`` in this process."""
    given = list(map(str, arguments))
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        try:
            code = main(given)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Done(given, code, output.getvalue(), errors.getvalue())


def python_m_intake(*arguments: str | Path, folder: Path) -> Done:
    """Run ``intake`` in a process of its own, all that it could write to inside ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "intake", *map(str, arguments)],
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def is_root() -> bool:
    """Return whether disks can be mounted and the like."""
    return os.geteuid() == 0
