"""``keys open``: a stick with one large file and a message, or packs, at an editor's desk."""

import os
import subprocess
import sys
import time
from pathlib import Path

from intake.home import Config, Home
from intake.wire.keyring import Editor
from tests.bench import uploads
from tests.bench.servers import PROJECT, serving


class Desk:
    """A desk, its newsroom and a stick.

    Args:
        folder: empty; on the disk that is measured.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "passphrase").write_text("only for the bench, and for nothing else\n")
        self._keys("new", "desk", "--editor", "bench", "--strength", "light")
        (folder / "editor").write_text(self._keys("public", "desk"))
        self._keys("root", "root", "--strength", "light")
        self._keys("keyring", "keyring", "--root", "root", "--editor", "editor")

    def fill_stick(self, size: int) -> None:
        """Send one file of so many bytes through a server of its own, and copy it out."""
        home = self._folder / "home"
        Home.create(home, Config("Bench", reserve=0), (self._folder / "keyring").read_bytes())
        with serving(home) as server:
            uploads.upload(server, size, uploads.codename(server), keep=True)
        self._run("intake", "collect", str(home), "stick")

    @property
    def stick(self) -> Path:
        """The stick; made by whoever fills it."""
        return self._folder / "stick"

    @property
    def editor(self) -> Editor:
        """The desk's public half."""
        return Editor.parse((self._folder / "editor").read_text())

    def open(self, *, cores: int | None = None) -> float:
        """Return the seconds in which all of the stick is opened, on so many cores."""
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(allowed)[:cores])
        try:
            begun = time.perf_counter()
            self._keys("open", "desk", "stick")
            return time.perf_counter() - begun
        finally:
            os.sched_setaffinity(0, allowed)

    def _keys(self, command: str, *arguments: str) -> str:
        asks = {"new", "root", "keyring", "open"}
        given = ["--passphrase-file", "passphrase"] if command in asks else []
        return self._run("keys", command, *arguments, *given)

    def _run(self, module: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self._folder,
            env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout
