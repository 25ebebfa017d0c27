"""Cuts: whatever is killed or reset, all arrives, and hardly a byte is sent twice.

``SEND_GB=20 CUTS=50`` in the environment for another size than 0.2 and other than 6 cuts.
"""

import os
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator, Server
from tests.sender.arrived import arrived, sizes_below
from tests.sender.conftest import write
from tests.sender.proxy import Proxy
from tests.sender.source import Source

GB = float(os.environ.get("SEND_GB", "0.2"))
CUTS = int(os.environ.get("CUTS", "6"))
MIB = 1 << 20
#: What a source and a server may have in memory over idle.
MOST = 64 * MIB
#: Seconds after which a campaign is stuck.
PATIENCE = 600 + 300 * GB


def at_points(total: int, number: int, seed: int) -> Callable[[int], bool]:
    """Return a ``cut`` for the proxy: so often, at random points while so many bytes pass."""
    points = sorted(random.Random(seed).randrange(total) for _ in range(number))

    def cut(sent: int) -> bool:
        if points and sent >= points[0]:
            points.pop(0)
            return True
        return False

    return cut


def test_connections_that_are_reset_are_gone_on_with(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path
) -> None:
    with Proxy(server.address, at_points(40_000_000, 12, 1), keep=True) as proxy:
        done = source.send(proxy.address, leak)
    assert done.returncode == 0, done.stderr
    assert proxy.cuts == 12
    assert "The circuit broke; a new one is being made. Nothing is lost." in done.stderr
    assert proxy.sent <= 1.05 * proxy.whole() + 12 * 128 * 1024
    assert proxy.conflicts == set()
    found = arrived(desk, operator, leak.parent)
    assert found.wrong == []
    assert found.files == sizes_below(leak)


def test_another_try_on_another_machine_goes_on_where_the_first_was(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path, tmp_path: Path
) -> None:
    with Proxy(server.address, keep=True) as proxy:
        process = source.begin(proxy.address, leak, "--rate", "20M")
        wait_until(lambda: proxy.sent > 20_000_000, process)
        process.kill()
        process.wait()
        sent = proxy.sent
        (tmp_path / "elsewhere").mkdir()
        leak = leak.rename(tmp_path / "elsewhere" / "leak")
        another = Source(tmp_path / "elsewhere")
        another.codename = source.codename
        done = another.send(proxy.address, leak)
    assert done.returncode == 0, done.stderr
    assert proxy.sent - sent < 25_000_000
    assert proxy.sent <= 1.05 * proxy.whole()
    assert proxy.conflicts == set()
    found = arrived(desk, operator, leak.parent)
    assert (found.wrong, len(found.manifests)) == ([], 1)
    assert found.files == sizes_below(leak)


def test_two_contents_of_one_file_never_meet_under_one_key(
    desk: Desk, operator: Operator, server: Server, source: Source, tmp_path: Path
) -> None:
    path = tmp_path / "report.doc"
    write(path, 20_000_000)
    with Proxy(server.address, at_points(20_000_000, 3, 2), keep=True) as proxy:
        process = source.begin(proxy.address, path, "--rate", "20M")
        wait_until(lambda: proxy.sent > 10_000_000, process)
        process.kill()
        process.wait()
        before = {url: bytes(chunks) for url, chunks in proxy.uploads.items()}
        # Same name, same size, and only bytes in the middle are others.
        with path.open("r+b") as file:
            file.seek(2_000_000)
            file.write(os.urandom(100_000))
        done = source.send(proxy.address, path)
        assert done.returncode == 0, done.stderr
    assert proxy.conflicts == set()
    after = {url: bytes(chunks) for url, chunks in proxy.uploads.items()}
    assert len(after) > len(before)
    # And no chunk of one address is a chunk of another.
    chunks = [chunk for data in after.values() for chunk in _chunks(data)]
    assert len(set(chunks)) == len(chunks)
    found = arrived(desk, operator)
    assert found.files == {"report.doc": 20_000_000}


def test_a_file_that_changes_while_it_is_sent_never_has_two_chunks_under_one_nonce(
    desk: Desk, operator: Operator, server: Server, source: Source, tmp_path: Path
) -> None:
    path = tmp_path / "live.db"
    write(path, 30_000_000)
    stop = threading.Event()

    def scribble() -> None:
        chance = random.Random(4)
        with path.open("r+b", buffering=0) as file:
            while not stop.is_set():
                file.seek(chance.randrange(30_000_000 - 4_096))
                file.write(chance.randbytes(4_096))

    writer = threading.Thread(target=scribble)
    writer.start()
    try:
        with Proxy(server.address, at_points(30_000_000, 6, 3), keep=True) as proxy:
            done = source.send(proxy.address, path)
            again = source.send(proxy.address, path)
    finally:
        stop.set()
        writer.join()
    assert (done.returncode, again.returncode) == (1, 1)
    assert "live.db changed while it was being sent" in done.stderr
    assert proxy.conflicts == set()
    chunks = [chunk for data in proxy.uploads.values() for chunk in _chunks(bytes(data))]
    assert len(set(chunks)) == len(chunks)
    assert arrived(desk, operator).files == {"live.db": 30_000_000}


def _chunks(data: bytes) -> list[bytes]:
    return [data[at : at + 65_536] for at in range(0, len(data) - 65_535, 65_536)]


def wait_until(
    done: Callable[[], bool], process: "subprocess.Popen[str]", patience: float = 60
) -> None:
    """Wait until something is so, while a process runs."""
    deadline = time.monotonic() + patience
    while not done():
        assert process.poll() is None, "it has ended"
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.005)


def memory(pid: int, field: str = "VmHWM") -> int:
    """Return the most bytes that a process has had in memory, or another field; 0 if it ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(rf"{field}:\s+(\d+)", status)
    return int(found[1]) * 1024 if found else 0


class Campaign:
    """One collection on its way from one source to one server, while both are killed.

    Attributes:
        source_peak: the most bytes that a process of the source's had in memory.
        server_growth: the most by which a process of the server's grew from where it began.
    """

    def __init__(self, operator: Operator, source: Source, *arguments: str | Path) -> None:
        self.source_peak = self.server_growth = 0
        self._operator = operator
        self._source = source
        self._arguments = arguments
        self._deadline = time.monotonic() + PATIENCE
        self._serve()
        self.proxy = Proxy(self.server.address)
        self._begin()

    def cut(self, after: int, how: str) -> None:
        """Let it be sent until so many bytes have been, then kill the one or the other."""
        while self.proxy.sent < after:
            self._look()
            assert self._process.poll() is None, "it has ended"
        if how == "source is killed":
            self._process.kill()
            self._process.wait()
            self._begin()
        elif how == "server is killed":
            self.server.kill()
            self._serve()
        else:
            self.proxy.cut_all()

    def finish(self) -> None:
        """Let it come to its end."""
        while self._process.poll() is None:
            self._look()
        assert self._process.returncode == 0

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self.proxy.__exit__()
        self.server.stop()

    def _begin(self) -> None:
        self._process = self._source.begin(self.proxy.address, *self._arguments)

    def _serve(self) -> None:
        self.server = self._operator.serve()
        self._idle = self.server.memory("VmHWM")

    def _look(self) -> None:
        self.source_peak = max(self.source_peak, memory(self._process.pid))
        self.server_growth = max(self.server_growth, memory(self.server.pid) - self._idle)
        assert time.monotonic() < self._deadline, "it does not come to its end"
        time.sleep(0.01)


def idle_source(source: Source, address: str, path: Path) -> int:
    """Return the bytes that a source's process has in memory that waits for a codename."""
    with source.waiting(address, path) as process:
        return memory(process.pid, "VmRSS")


@pytest.mark.slow
def test_a_collection_arrives_whole_whatever_is_killed_and_hardly_a_byte_goes_twice(
    desk: Desk, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "newsroom").mkdir()
    operator = Operator(tmp_path / "newsroom", desk)
    total = int(GB * 10**9)
    root = tmp_path / "collection"
    write(root / "one large.img", total * 6 // 10)
    for number in range(20):
        write(root / "scans" / f"{number:02}.tif", total * 3 // 10 // 20)
    for number in range(200):
        write(root / "mails" / str(number % 7) / f"{number:03}.eml", total // 10 // 200)
    with operator.serve() as server:
        idle = idle_source(source, server.address, root)
    chance = random.Random(CUTS)
    begun = time.monotonic()
    campaign = Campaign(operator, source, root)
    try:
        for point in sorted(chance.randrange(total * 95 // 100) for _ in range(CUTS)):
            ways = ("source is killed", "server is killed", "connections are reset")
            campaign.cut(point, chance.choice(ways))
        campaign.finish()
        took = time.monotonic() - begun
        found = arrived(desk, operator, tmp_path)
    finally:
        campaign.close()
    ratio = campaign.proxy.sent / campaign.proxy.whole()
    grown = campaign.source_peak - idle
    with capsys.disabled():
        print(
            f"\n{total / 1e9:.1f} GB, {CUTS} cuts, {took:.0f} s: each byte sent {ratio:.4f} times; "
            f"memory: source {grown / MIB:.0f} MiB over {idle / MIB:.0f} idle, "
            f"server {campaign.server_growth / MIB:.0f} MiB over idle"
        )
    assert found.wrong == []
    assert found.files == sizes_below(root)
    assert [manifest.files for manifest in found.manifests] == [221]
    assert ratio <= 1.05
    assert grown <= MOST
    assert campaign.server_growth <= MOST
