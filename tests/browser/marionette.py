"""Firefox's own remote protocol, over a plain socket: a length, a colon, and JSON."""

import json
import socket
from typing import Any


class BrowserError(Exception):
    """Firefox could not do it; ``kind`` is WebDriver's name for why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Marionette:
    """One connection to a Firefox that was started with ``--marionette``."""

    def __init__(self, port: int, patience: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._read()

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._socket.close()

    def call(self, command: str, **parameters: Any) -> Any:
        """Send a command and return its result, unwrapped.

        Raises:
            BrowserError: Firefox refused it.
            OSError: Firefox has gone, or did not answer in time.
        """
        self._number += 1
        request = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(str(len(request)).encode() + b":" + request)
        _kind, number, error, result = self._read()
        if number != self._number:
            raise ConnectionError(f"answer {number} to question {self._number}")
        if error:
            raise BrowserError(error["error"], error["message"])
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _read(self) -> Any:
        digits = b""
        while not digits.endswith(b":"):
            byte = self._file.read(1)
            if not byte:
                raise ConnectionError("Firefox closed the connection")
            digits += byte
        return json.loads(self._file.read(int(digits[:-1])))
