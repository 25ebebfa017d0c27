"""`keys open`, killed at any moment, and a desk whose disk is full."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keys.newsroom import Newsroom, keys, keys_process


def many(newsroom: Newsroom) -> dict[str, bytes]:
    """Put a few dozen envelopes of all sizes on the stick; return their contents by name."""
    chance = random.Random(7)
    sent: dict[str, bytes] = {}
    for _ in range(4):
        source = newsroom.source()
        for _ in range(9):
            name, size = f"file {len(sent)}.bin", chance.choice([0, 10, 70_000, 3_000_000])
            sent[name] = chance.randbytes(size)
            source.send(sent[name], name)
    return sent


def opening(newsroom: Newsroom) -> "subprocess.Popen[bytes]":
    passphrase = ("--passphrase-file", newsroom.passphrase)
    return keys_process("open", newsroom.desk, newsroom.stick, "--json", *passphrase)


def by_name(newsroom: Newsroom) -> dict[str, bytes]:
    files = newsroom.opened_files()
    named = {Path(path).name: data for path, data in files.items()}
    assert len(named) == len(files), "something was opened twice"
    return named


def test_killed_at_random_moments_nothing_is_lost_or_twice(newsroom: Newsroom) -> None:
    sent = many(newsroom)
    chance, kills = random.Random(11), 0
    ledger = newsroom.desk / "ledger.jsonl"
    for _ in range(60):
        process = opening(newsroom)
        size = ledger.stat().st_size if ledger.exists() else 0
        # Wait until it is in the midst of it, then a moment more.
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            if ledger.exists() and ledger.stat().st_size > size:
                break
            time.sleep(0.001)
        time.sleep(chance.random() * 0.03)
        killed = process.poll() is None
        if killed:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
        # Whatever is under threads/ is whole, at every moment.
        for name, data in by_name(newsroom).items():
            assert data == sent[name]
        if not killed:
            break
    ran = newsroom.open()
    assert ran.code == 0, ran.err
    assert by_name(newsroom) == sent
    assert kills >= 2
    assert list(newsroom.desk.rglob("*.partial/*")) == []
    assert list((newsroom.desk / "threads").rglob("*.partial")) == []
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert len({line["envelope"] for line in lines}) == len(sent)


def test_stopped_in_order_it_says_so_and_goes_on(gpg_newsroom: Newsroom) -> None:
    gpg_newsroom.source().send_by_gpg(os.urandom(30_000_000), "large.bin")
    process = opening(gpg_newsroom)
    deadline = time.monotonic() + 20
    while not list(Path("/dev/shm").glob(f"keys-gpg-{process.pid}-*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in said
    assert not list(Path("/dev/shm").glob(f"keys-gpg-{process.pid}-*"))
    assert gpg_newsroom.open().code == 0
    assert len(gpg_newsroom.opened_files()) == 1


def test_a_killed_gpg_run_is_cleaned_up_by_the_next(gpg_newsroom: Newsroom) -> None:
    gpg_newsroom.source().send_by_gpg(os.urandom(30_000_000), "large.bin")
    process = opening(gpg_newsroom)
    while not list(Path("/dev/shm").glob(f"keys-gpg-{process.pid}-*/private-keys-v1.d/*")):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert gpg_newsroom.open().code == 0
    assert not list(Path("/dev/shm").glob("keys-gpg-*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_told_leaves_nothing_half_and_can_be_gone_on_from(
    newsroom: Newsroom, small_disk: Path
) -> None:
    source, sent = newsroom.source(), {}
    for number in range(4):
        sent[f"{number}.bin"] = os.urandom(3_000_000)
        source.send(sent[f"{number}.bin"], f"{number}.bin")
    desk = small_disk / "edda"
    shutil.copytree(newsroom.desk, desk)
    ran = keys("open", desk, newsroom.stick, "--json", "--passphrase-file", newsroom.passphrase)
    assert ran.code == 1
    assert "The desk's disk takes no more: No space left on device" in ran.err
    assert len(ran.objects) == 2
    files = [path for path in (desk / "threads").rglob("*.bin") if path.is_file()]
    assert {path.name: path.read_bytes() for path in files} == {
        path.name: sent[path.name] for path in files
    }
    assert list((desk / ".partial").iterdir()) == []

    subprocess.run(["mount", "-o", "remount,size=32m", small_disk], check=True)
    ran = keys("open", desk, newsroom.stick, "--json", "--passphrase-file", newsroom.passphrase)
    assert ran.code == 0
    assert len(ran.objects) == 2
    found = {path.name: path.read_bytes() for path in (desk / "threads").rglob("*.bin")}
    assert found == sent


def test_a_ledger_that_takes_no_more_is_told_and_stays_readable(
    newsroom: Newsroom, small_disk: Path
) -> None:
    desk = small_disk / "edda"
    shutil.copytree(newsroom.desk, desk)
    for number in range(5):
        newsroom.source().send(b"", f"{number}.txt")
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    ran = keys("open", desk, newsroom.stick, "--json", "--passphrase-file", newsroom.passphrase)
    assert ran.code == 1
    assert "takes no more" in ran.err
    filler.unlink()
    ran = keys("open", desk, newsroom.stick, "--json", "--passphrase-file", newsroom.passphrase)
    assert ran.code == 0
    assert len(list((desk / "threads").rglob("*.txt"))) == 5
