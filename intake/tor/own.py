"""A tor of the server's own: for trying it out, and for machines whose tor is not to be shared."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from intake.files import write_durably
from intake.tor.errors import OwnTorFailed

#: Seconds that it may take to put its things in order when it is told to end.
_ENDING: Final = 10
#: Seconds that it may take to open its control socket, and between two looks whether it has.
_STARTING: Final = 30
_LOOK: Final = 0.05
#: Bytes that Linux has for the path of a unix socket.
_LONGEST: Final = 107


class OwnTor:
    """One tor process, with all that is its own under ``HOME/tor``.

    It opens no port: not for SOCKS, and its control socket is in a folder that only this user can
    enter. It ends when this process does.

    Args:
        home: the server's folder.
        defaults: a file with more lines for its torrc, or ``None``.
    """

    def __init__(self, home: Path, defaults: Path | None = None) -> None:
        self._folder = home.absolute() / "tor"
        self._defaults = defaults
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def control(self) -> Path:
        """Its control socket."""
        return self._folder / "control"

    def start(self) -> None:
        """Start it if it is not running, and return when its control socket answers.

        Raises:
            OwnTorFailed: it does not start.
        """
        if self._process is not None and self._process.poll() is None:
            return
        if len(os.fsencode(self.control)) > _LONGEST:
            raise OwnTorFailed(
                f"The path {self.control} is too long for a socket.", "Move HOME to a shorter path."
            )
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._folder.chmod(0o700)
            with self._alone() as lock:
                self.control.unlink(missing_ok=True)
                write_durably(self._folder / "torrc", self._torrc().encode())
                write_durably(self._folder / "empty", b"")
                self._process = self._begin(lock)
        except OSError as error:
            raise OwnTorFailed(f"{self._folder} cannot be used: {error.strerror}.") from error
        self._wait_for_control(self._process)

    def _begin(self, lock: int) -> "subprocess.Popen[bytes]":
        defaults = self._defaults or self._folder / "empty"
        command = ["tor", "--hush", "-f", str(self._folder / "torrc")]
        command += ["--defaults-torrc", str(defaults)]
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                # What it complains of is said where our own complaints are.
                stdout=sys.stderr.fileno(),
                pass_fds=[lock],
            )
        except FileNotFoundError as error:
            raise OwnTorFailed(
                "There is no program called tor.", "Install it: apt install tor"
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the folder's lock, which the tor that is started inherits and holds until it ends.

        So a new one waits for one whose keeper was killed.
        """
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + _STARTING
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise OwnTorFailed(
                            f"Another tor is running in {self._folder}.",
                            "Stop the other keeper (intake onion, or intake serve) of this HOME.",
                        ) from error
                    time.sleep(_LOOK)
                else:
                    break
            yield lock
        finally:
            os.close(lock)

    def _wait_for_control(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _STARTING
        while process.poll() is None and time.monotonic() < deadline:
            # The socket appears before it listens.
            with socket.socket(socket.AF_UNIX) as trial, suppress(OSError):
                trial.connect(str(self.control))
                return
            time.sleep(_LOOK)
        self.stop()
        raise OwnTorFailed(
            "The server's own tor does not start.", "What it complained of stands above."
        )

    def stop(self) -> None:
        """End it, and return when it has ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _torrc(self) -> str:
        return "\n".join(
            [
                f'DataDirectory "{self._folder / "data"}"',
                f'ControlSocket unix:"{self.control}"',
                "CookieAuthentication 1",
                "SocksPort 0",
                "AvoidDiskWrites 1",
                f"__OwningControllerProcess {os.getpid()}",
                "",
            ]
        )
