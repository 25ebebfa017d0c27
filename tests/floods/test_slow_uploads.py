"""Very many slow uploads at once, and pages for whoever comes meanwhile.

``SOURCES=1000`` in the environment for more than a test run has time for.
"""

import hashlib
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.floods import slowly
from tests.floods.slowly import SOURCES
from tests.newsroom import Desk, GnupgHome, Operator, Server
from tests.newsroom.visitor import Visitor

GIB = 1 << 30


class Peak:
    """The most memory that a server and its children have together, looked at twice a second."""

    def __init__(self, server: Server) -> None:
        self.bytes = 0
        self.children = 0
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.bytes = max(self.bytes, self._server.memory("VmHWM"))

    def _look(self) -> None:
        while not self._over.wait(0.5):
            family = self._server.family()
            self.children = max(self.children, len(family) - 1)
            self.bytes = max(self.bytes, sum(map(_resident, family)))


def _resident(pid: int) -> int:
    """Return bytes in memory, and none of a process that has ended."""
    with suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def flooded(operator: Operator, make: slowly.Maker, number: int) -> tuple[str, list[float], Peak]:
    """Have so many slow uploads sent, and look whether all of them are there at the desk.

    Returns:
        what was measured in words, the times of pages, and the most memory.
    """
    requests = slowly.prepared(make, operator.desk, number)
    with operator.serve() as server:
        begun = time.perf_counter()
        with Peak(server) as peak, Visitor(server.address) as visitor:
            wrong = slowly.send_all(server.address, requests)
        took = time.perf_counter() - begun
        assert wrong == []
        assert server.stderr() == ""
    opened = operator.desk.open_all(operator.collect())
    arrived = {hashlib.sha256(one.content).digest() for one in opened if one.trailer is not None}
    assert arrived >= {one.content for one in requests}
    times = visitor.times
    said = (
        f"{number} at once in {took:.0f} s; {len(times)} pages, median "
        f"{times[len(times) // 2] * 1e3:.0f} ms, 99th of 100 {_99th(times) * 1e3:.0f} ms; "
        f"at most {peak.bytes / 2**20:.0f} MiB, {peak.children} processes of GnuPG's"
    )
    return said, times, peak


def _99th(times: list[float]) -> float:
    return times[len(times) * 99 // 100]


@pytest.mark.slow
@pytest.mark.parametrize("make", [slowly.form, slowly.upload])
def test_all_slow_uploads_complete_within_a_gigabyte_and_pages_within_2_seconds(
    tmp_path: Path, make: slowly.Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    said, times, peak = flooded(Operator(tmp_path, Desk(), "--reserve", "1M"), make, SOURCES)
    with capsys.disabled():
        print(f"\n{make.__name__}s: {said}")
    assert _99th(times) < 2
    assert peak.bytes <= GIB


@pytest.mark.slow
def test_the_gpg_suite_has_slow_uploads_wait_for_their_process(
    tmp_path: Path, gnupg: GnupgHome, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = Operator(tmp_path, Desk(gnupg=gnupg), "--reserve", "1M")
    said, times, peak = flooded(operator, slowly.form, max(80, SOURCES // 5))
    with capsys.disabled():
        print(f"\nforms, GPG suite: {said}")
    assert 0 < peak.children <= 56
    assert _99th(times) < 2
    assert peak.bytes <= GIB
