"""Tor's control protocol, as much of it as the tests need."""

import hashlib
import socket
import time
from pathlib import Path


class ControlError(Exception):
    """Tor refused a command; the message is Tor's own."""


class Control:
    """One connection to a tor's control socket.

    Args:
        path: the control socket.
        cookie: the file with which one shows that one may.
    """

    def __init__(self, path: Path, cookie: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(30)
            self._socket.connect(str(path))
            self._file = self._socket.makefile("rb")
            self.ask(f"AUTHENTICATE {cookie.read_bytes().hex()}")
        except (OSError, ControlError):
            self._socket.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._socket.close()

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, command: str) -> list[str]:
        """Send a command and return the reply's lines without their codes; data is one line.

        Raises:
            ControlError: the reply is not 250.
            OSError: the connection ended.
        """
        self._socket.sendall(command.encode() + b"\r\n")
        lines = []
        while True:
            line = self._line()
            code, kind, text = line[:3], line[3:4], line[4:]
            if kind == "+":
                text += self._data()
            lines.append(text)
            if kind == " ":
                if code != "250":
                    raise ControlError(text)
                return lines

    def info(self, key: str) -> str:
        """Return what ``GETINFO`` says of one key, or nothing where it knows nothing.

        Raises:
            OSError: the connection ended.
        """
        try:
            return self.ask(f"GETINFO {key}")[0].removeprefix(f"{key}=")
        except ControlError:
            return ""

    def _line(self) -> str:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("tor closed the control connection")
        return line[:-2].decode("utf-8", "replace")

    def _data(self) -> str:
        parts = []
        while (line := self._line()) != ".":
            parts.append(line.removeprefix("."))
        return "\n".join(parts)


def connect(path: Path, cookie: Path, deadline: float) -> Control:
    """Connect to a tor that has just been started: its socket appears before it listens.

    Args:
        deadline: of ``time.monotonic``.

    Raises:
        OSError, ControlError: it could not be reached until then.
    """
    while True:
        try:
            return Control(path, cookie)
        except (OSError, ControlError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def hashed_password(password: str, salt: bytes) -> str:
    """Return what the torrc has as ``HashedControlPassword``; 8 bytes of salt."""
    count = 65_536
    once = salt + password.encode()
    # OpenPGP's iterated S2K, over SHA-1: Tor knows no other.
    digest = hashlib.sha1((once * (count // len(once) + 1))[:count]).hexdigest()  # noqa: S324
    return f"16:{salt.hex()}60{digest}".upper()
