"""A large upload, made as it is sent: the server's memory does not grow with it.

``UPLOAD_GB=10`` in the environment for another size than 1.
"""

import hashlib
import os
import time
from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator, Server, Source, Upload

MOST = 32 << 20
PIECE = 1 << 20


def send(server: Server, size: int) -> str:
    """Send a file of so many bytes, and return its SHA-256, which the receipt has too."""
    block = os.urandom(PIECE)
    digest = hashlib.sha256()
    with Upload(server.address, Source("").codename, "large", size) as upload:
        for at in range(0, size, PIECE):
            piece = block[: min(PIECE, size - at)]
            upload.send(piece)
            digest.update(piece)
        answer = upload.finish()
    assert answer.status == 200
    assert digest.hexdigest() in answer.text
    return digest.hexdigest()


@pytest.mark.slow
def test_memory_grows_by_no_more_than_32_mib_in_a_large_upload(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A little over a power of two of blocks is where the padding is largest.
    size = int(float(os.environ.get("UPLOAD_GB", "1.08")) * 10**9)
    operator = Operator(tmp_path, Desk(), "--reserve", "1M")
    with operator.serve() as server:
        send(server, 50_000_000)
        before = server.memory("VmHWM")
        begun = time.perf_counter()
        send(server, size)
        took = time.perf_counter() - begun
        grown = server.memory("VmHWM") - before
        operator.run("status", operator.home)
    sizes = [path.stat().st_size for path in (operator.home / "store").rglob("*") if path.is_file()]
    for path in (operator.home / "store").rglob("*"):
        if path.is_file():
            path.unlink()
    with capsys.disabled():
        print(
            f"\n{size / 1e9:.2f} GB in {took:.1f} s ({size / took / 1e6:.0f} MB/s, sender and "
            f"server on one machine): memory grew by {grown / 2**20:.1f} MiB "
            f"from {before / 2**20:.0f} MiB"
        )
    assert max(sizes) >= size
    assert grown <= MOST
