"""The bench itself: that it runs, not what it measures."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_bench_measures_everything_it_promises(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--folder", str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for what in ("floor", "NaCl suite", "GPG suite", "messages", "logins", "Argon2id", "keys open"):
        assert what in done.stdout
    for what in ("one file in packs", "on all cores", "files of 1 KiB in packs"):
        assert what in done.stdout
    for what in ("browser: sealing alone", '"Safer", no JIT', "its memory grew"):
        assert what in done.stdout
    for what in ("sealing what it has read", "planning 10,000 files", "269 GB", "its manifest"):
        assert what in done.stdout
    for what in (
        "first page",
        "bare sink",
        "through the onion",
        "a courier's pull",
        "intake send over 4",
    ):
        assert what in done.stdout
