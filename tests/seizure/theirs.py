"""The month on the plain design, with the same events."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from tests.newsroom import Source, request
from tests.newsroom.http import free_port, urlencoded
from tests.newsroom.server import environment
from tests.seizure import told_by_plain
from tests.seizure.disk import Disk
from tests.seizure.ext4 import Ext4
from tests.seizure.image import Image
from tests.seizure.month import by_the_form
from tests.seizure.plan import EDITORS, Day, Letter
from tests.seizure.statement import Statement
from tests.seizure.truth import Answered, Truth, spanning

_PATIENCE = 30.0


class Theirs:
    """A plain server, from the beginning of a ``with`` to its end."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self.disk = disk
        self.home = disk.place / "HOME"
        self._port = free_port()
        self.address = f"127.0.0.1:{self._port}"
        self.salt: bytes | None = None
        self._start()

    def __enter__(self) -> "Theirs":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE)

    def send(self, source: Source, letter: Letter) -> None:
        by_the_form(source, letter)

    def sit_down(self, day: Day, truth: Truth) -> None:
        assert day.desk is not None
        editor = EDITORS[day.desk]
        answer = request(self.address, "GET", f"/desk/items?editor={editor}")
        numbers = _learn(json.loads(answer.body), truth)
        for one in day.answers:
            fields = {"source": str(numbers[one.source]), "editor": editor, "text": one.text}
            headers, body = urlencoded(fields)
            with spanning() as span:
                assert request(self.address, "POST", "/desk/reply", body, headers).status == 200
            truth.answered.append(Answered(one, span))
        truth.dispatches[day.desk] = truth.dispatches.get(day.desk, 0) + 1

    def crash(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(_PATIENCE)
        self._start()

    def state(self, raw: Ext4, image: Image, tick: int) -> Statement:
        return told_by_plain.statement(self.home, tick)

    def pids(self) -> list[int]:
        return [self._process.pid]

    def _start(self) -> None:
        with (self.disk.place / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.seizure.plain", str(self.home), str(self._port)],
                cwd=self.disk.place,
                env=environment(self.disk.place),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, HTTPException):
                request(self.address, "GET", "/static/style.css")
                return
            time.sleep(0.05)
        raise AssertionError((self.disk.place / "log").read_text())


def _learn(rows: list[list[object]], truth: Truth) -> dict[int, int]:
    """Note what each item is of; return the server's numbers of the sources."""
    numbers = {}
    begins = {letter.message[:40]: letter for letter in truth.plan.letters}
    begins |= {letter.content[:40].decode(): letter for letter in truth.plan.letters}
    for number, source, _kind, size, _path, begin in rows:
        if letter := begins.get(str(begin)):
            truth.things[str(number)] = (letter.number, int(str(size)))
            numbers[letter.source] = int(str(source))
    return numbers
