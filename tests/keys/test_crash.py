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
from tests.keys.packing import Sender, landed


def many(newsroom: Newsroom) -> dict[str, bytes]:
    """Put many envelopes of all sizes on the stick; return their contents by name."""
    chance = random.Random(7)
    sent: dict[str, bytes] = {}
    for _ in range(4):
        source = newsroom.source()
        for _ in range(40):
            name, size = f"file {len(sent)}.bin", chance.choice([0, 10, 70_000, 700_000])
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


def killed_in_the_midst(newsroom: Newsroom, moment: float) -> bool:
    """Open the stick, kill that so many seconds after something was filed; return if it could."""
    ledger = newsroom.desk / "ledger.jsonl"
    size = ledger.stat().st_size if ledger.exists() else 0
    process = opening(newsroom)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if ledger.exists() and ledger.stat().st_size > size:
            break
        time.sleep(0.001)
    time.sleep(moment)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return running


def test_killed_at_random_moments_nothing_is_lost_or_twice(newsroom: Newsroom) -> None:
    sent = many(newsroom)
    chance, kills = random.Random(11), 0
    ledger = newsroom.desk / "ledger.jsonl"
    for _ in range(60):
        killed = killed_in_the_midst(newsroom, chance.random() * 0.03)
        kills += killed
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


@pytest.mark.slow
def test_an_archive_that_is_killed_at_random_moments_lands_as_it_was(newsroom: Newsroom) -> None:
    """With KILLS=100 it is killed that often."""
    most = int(os.environ.get("KILLS", "6"))
    chance = random.Random(5)
    files = {f"leak/{n % 40}/{n}.txt": chance.randbytes(n % 3_000) for n in range(4_000)}
    files |= {f"leak/{n}.bin": chance.randbytes(3_000_000 + n) for n in range(6)}
    sender = Sender(newsroom)
    packs = sender.send(files, ["leak/empty", "nothing"], most=400_000)
    kills = 0
    while kills < most:
        killed = killed_in_the_midst(newsroom, chance.random() * 0.2)
        kills += killed
        # Whatever a person sees is whole, at every moment.
        assert landed(newsroom).items() <= files.items()
        if not killed:
            shutil.rmtree(newsroom.desk / "threads")
            (newsroom.desk / "ledger.jsonl").unlink()
    ran = newsroom.open()
    assert ran.code == 0, ran.err
    assert landed(newsroom) == files
    assert len(list((newsroom.desk / "threads").glob("*/*/leak/empty"))) == 1
    assert len(list((newsroom.desk / "threads").glob("*/*/nothing"))) == 1
    complete = newsroom.keys("complete", newsroom.desk).out
    assert "complete: 4,006 files, 2" in complete
    assert f" MB, in {len(packs)} packs" in complete
    for hidden in (".partial", ".pieces"):
        assert list((newsroom.desk / hidden).iterdir()) == []
    lines = (newsroom.desk / "ledger.jsonl").read_text().splitlines()
    assert len({json.loads(line)["envelope"] for line in lines}) == len(packs) + 1


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


def test_an_archive_that_has_no_room_goes_on_when_there_is(
    newsroom: Newsroom, small_disk: Path
) -> None:
    files = {f"leak/{n}.bin": os.urandom(400_000) for n in range(20)}
    files |= {f"leak/large {n}.bin": os.urandom(3_000_000) for n in range(2)}
    Sender(newsroom).send(files, most=1_000_000)
    desk = small_disk / "edda"
    shutil.copytree(newsroom.desk, desk)
    open_it = ("open", desk, newsroom.stick, "--json", "--passphrase-file", newsroom.passphrase)
    ran = keys(*open_it)
    assert ran.code == 1
    assert "The desk's disk takes no more: No space left on device" in ran.err
    assert "run the same again: it goes on where it stopped" in ran.err
    assert list((desk / ".partial").iterdir()) == []
    for path in (desk / "threads").rglob("*.bin"):
        assert path.read_bytes() == files[f"leak/{path.name}"]

    subprocess.run(["mount", "-o", "remount,size=32m", small_disk], check=True)
    ran = keys(*open_it)
    assert ran.code == 0, ran.err
    assert "complete: 22 files" in ran.err
    found = {f"leak/{path.name}": path.read_bytes() for path in (desk / "threads").rglob("*.bin")}
    assert found == files
    assert list((desk / ".pieces").iterdir()) == []


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
