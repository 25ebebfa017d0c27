"""Somebody who looks at pages, one after the other, in a process of their own.

``python -m tests.newsroom.visitor ADDRESS`` until its standard input ends; then it prints how long
each page took, in seconds, one a line.
"""

import select
import subprocess
import sys
import time
from types import TracebackType

from tests.newsroom.http import request
from tests.newsroom.server import ROOT

PAGES = ("/", "/submit", "/replies", "/protection", "/static/style.css")
_PAUSE = 0.05


class Visitor:
    """A visitor, from the beginning of a ``with`` to its end.

    Attributes:
        times: seconds that each page took, the quickest first; there when the visit is over.
    """

    def __init__(self, address: str) -> None:
        self.times: list[float] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.newsroom.visitor", address],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        output, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        self.times = sorted(map(float, output.split()))


def visit(address: str) -> list[float]:
    """Look at pages until standard input ends."""
    times: list[float] = []
    while not select.select([sys.stdin], [], [], _PAUSE)[0]:
        begun = time.perf_counter()
        answer = request(address, "GET", PAGES[len(times) % len(PAGES)])
        times.append(time.perf_counter() - begun)
        assert answer.status == 200
    return times


if __name__ == "__main__":
    print(*visit(sys.argv[1]), sep="\n")
