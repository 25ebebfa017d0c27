"""One tor process: its folder, its configuration, its control socket."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.tor import processes
from tests.tor.control import Control, ControlError, connect

#: Seconds that any one step may take on a busy machine before the test is given up.
PATIENCE = 60


class TorFailed(Exception):
    """A tor did not do what it was started for; the message ends with what it said last."""


class Node:
    """One tor.

    Args:
        folder: its own, of mode 0700; configuration, keys, log and control socket are in it.
        lines: its torrc, beside what every node of the network has.
    """

    def __init__(self, folder: Path, lines: Sequence[str]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.control_socket = folder / "control"
        self.cookie = folder / "control_auth_cookie"
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "empty").touch()
        common = [
            f"DataDirectory {folder}",
            f"GeoIPFile {folder / 'empty'}",
            f"GeoIPv6File {folder / 'empty'}",
            f"ControlSocket {self.control_socket}",
            "CookieAuthentication 1",
            "OutboundBindAddress 127.0.0.1",
            "NumCPUs 1",
            f"Log notice file {self.log}",
        ]
        (folder / "torrc").write_text("\n".join([*common, *lines, ""]))

    def start(self) -> None:
        """Start it, and return at once."""
        self.control_socket.unlink(missing_ok=True)
        files = ("-f", self.folder / "torrc", "--defaults-torrc", self.folder / "empty")
        self.process = processes.start(["tor", "--hush", *files], self.folder / "output")

    def kill(self) -> None:
        """End it without notice, as a power cut would."""
        if self.process is not None:
            processes.kill(self.process)
            self.process = None

    def control(self) -> Control:
        """Return a new control connection, which is the caller's to close.

        Raises:
            TorFailed: there is none to be had.
        """
        if not self._alive():
            raise self._failed("is not running")
        try:
            return connect(self.control_socket, self.cookie, time.monotonic() + PATIENCE)
        except (OSError, ControlError) as error:
            raise self._failed(f"cannot be controlled: {error}") from error

    def wait(self, what: str, done: Callable[[Control], bool]) -> None:
        """Wait until something is so.

        Args:
            what: completes the sentence "tor never …".

        Raises:
            TorFailed: it did not come to be, or the process ended.
        """
        deadline = time.monotonic() + PATIENCE
        with self.control() as control:
            while not done(control):
                if not self._alive() or time.monotonic() > deadline:
                    raise self._failed(f"never {what}")
                time.sleep(0.1)

    def wait_for_info(self, key: str) -> None:
        """Wait until ``GETINFO`` has an answer to a key."""
        self.wait(f"had {key}", lambda control: bool(control.info(key)))

    def wait_for_directory(self) -> None:
        """Wait until it knows enough of the network to build circuits."""
        self.wait("knew the network", lambda control: control.info("status/enough-dir-info") == "1")

    def _alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _failed(self, what: str) -> TorFailed:
        said = "".join(
            path.read_text(errors="replace")[-2_000:]
            for path in (self.log, self.folder / "output")
            if path.exists()
        )
        return TorFailed(f"tor in {self.folder} {what}\n{said}")
