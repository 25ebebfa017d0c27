"""Asks the other implementation, which answers a line for a line (``other.ts``)."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any


class Failed(Exception):
    """It failed.

    Attributes:
        kind: one of F1's outcomes, or another that the script tells apart; ``None`` for a mistake.
    """

    def __init__(self, kind: str | None, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Other:
    """The other implementation in a process. Use it as a context."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    def __enter__(self) -> "Other":
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, does: str, **asked: Any) -> Any:
        """Return what it answers; bytes are given in hexadecimal.

        Raises:
            Failed: as the other implementation says.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        given = {key: _as_text(value) for key, value in asked.items()}
        stdin.write(json.dumps({"does": does, **given}) + "\n")
        stdin.flush()
        said = json.loads(stdout.readline())
        if "answer" not in said:
            raise Failed(said["kind"], said["failed"])
        return said["answer"]


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, int | str | list | tuple) else str(value)
