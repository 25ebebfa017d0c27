"""A large upload, and many at once: the server's memory does not grow with them.

``UPLOAD_GB=10`` in the environment for another size than 1.
"""

import os
import threading
import time
from pathlib import Path

import pytest

from intake.wire.envelope import CHUNK, FILE_KEY, SLOT, header_size, seal_header
from intake.wire.padme import bucket
from tests.newsroom import Desk, Operator, Server
from tests.uploads.program import Patch, url_of

MOST = 8 << 20
PIECE = 1 << 20
PACK = header_size(1) + 128 * CHUNK


def send(server: Server, size: int, block: bytes = os.urandom(PIECE)) -> None:
    """Send what begins as an envelope does, so many bytes."""
    left = memoryview(seal_header([os.urandom(SLOT)], os.urandom(FILE_KEY)))
    with Patch(server.address, url_of(size), 0, size) as patch:
        sent = 0
        while sent < size:
            piece = left if not sent else memoryview(block)[: size - sent]
            patch.send(piece)
            sent += len(piece)
        assert patch.answer().status == 204


def empty(operator: Operator) -> None:
    """Take away what has arrived, so that the disk is not the limit."""
    for folder in ("ready", "shelf"):
        for path in (operator.home / "store" / folder).iterdir():
            path.unlink(missing_ok=True)


@pytest.mark.slow
def test_memory_stays_flat_in_a_large_upload_and_in_many_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = int(float(os.environ.get("UPLOAD_GB", "1")) * 10**9) // CHUNK
    size = header_size(1) + bucket(blocks) * CHUNK
    operator = Operator(tmp_path, Desk(), "--reserve", "1M", tick=3_600)
    with operator.serve() as server:
        send(server, PACK)
        before, begun = server.memory("VmHWM"), time.perf_counter()
        send(server, size)
        took = time.perf_counter() - begun
        one = server.memory("VmHWM") - before
        empty(operator)
        threads = [threading.Thread(target=send, args=(server, PACK)) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        many = server.memory("VmHWM") - before
        arrived = list((operator.home / "store" / "ready").iterdir())
    empty(operator)
    with capsys.disabled():
        print(
            f"\n{size / 1e9:.2f} GB in {took:.1f} s ({size / took / 1e6:.0f} MB/s): memory grew by "
            f"{one / 2**20:.1f} MiB; in 30 packs at once by {many / 2**20:.1f} MiB"
        )
    assert len(arrived) == 30
    assert one <= MOST
    assert many <= 4 * MOST
