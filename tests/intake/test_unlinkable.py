"""What lies in the store links nothing: not two sends of one source, not one submission's parts."""

import os
import subprocess
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from intake.wire.labels import MAGIC_ENVELOPE
from tests.newsroom import Desk, File, GnupgHome, Opened, Operator, Source
from tests.newsroom.disks import small_disk

RUN = 8
#: Bytes at the front of an envelope in which both suites have their constants.
FRONT = 16


def runs(content: bytes) -> set[bytes]:
    """Return every run of ``RUN`` bytes, but for those that are mostly zeros: padding."""
    found = {content[at : at + RUN] for at in range(len(content) - RUN + 1)}
    return {run for run in found if run.count(0) < RUN // 2}


@pytest.fixture(params=["nacl", "gpg"])
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Operator:
    gnupg: GnupgHome | None = None
    if request.param == "gpg":
        gnupg = request.getfixturevalue("gnupg")
    return Operator(tmp_path, Desk(gnupg=gnupg), "--reserve", "1M")


@pytest.fixture
def sent(operator: Operator) -> Iterator[tuple[Operator, Source]]:
    """Two submissions of one source, all alike, and one of a stranger, all on the shelf."""
    with operator.serve() as server:
        source, stranger = Source(server.address), Source(server.address)
        for who in (source, source, stranger):
            answer = who.send("The same words.", [File("the same name.pdf", b"the same " * 5_000)])
            assert answer.status == 200
        operator.collect()
        yield operator, source


def test_two_envelopes_of_one_source_share_no_run_of_bytes(sent: tuple[Operator, Source]) -> None:
    operator, source = sent
    capability = source.thread(operator.desk.salt).capability
    opened = operator.desk.open_all(operator.shelf)
    mine = [one.path for one in opened if one.header.capability == capability]
    assert (len(mine), len(opened)) == (4, 6)
    for one, two in combinations([path.read_bytes() for path in mine], 2):
        assert not runs(one[FRONT:]) & runs(two[FRONT:])
        same = [a == b for a, b in zip(one[:FRONT], two[:FRONT], strict=True)]
        assert one[:FRONT].startswith(MAGIC_ENVELOPE) or same[3:12] == [True] * 9


def test_names_sizes_and_times_say_nothing(sent: tuple[Operator, Source]) -> None:
    operator, _ = sent
    paths = list(operator.shelf.iterdir())
    assert len({path.name[:8] for path in paths}) == len(paths)
    statuses = [path.stat() for path in paths]
    sizes = {status.st_size for status in statuses}
    # GnuPG writes a length or two of its own; the buckets are the same.
    assert max(sizes) - min(sizes) < 64
    assert len({(s.st_mode, s.st_uid, s.st_gid, s.st_nlink) for s in statuses}) == 1
    assert all(status.st_mtime_ns % 10**9 == 0 for status in statuses)
    for path in paths:
        assert os.listxattr(path) == []


def test_a_long_tick_shows_one_time_for_all_that_came_in_it(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(), tick=3_600)
    with operator.serve() as server:
        for _ in range(3):
            Source(server.address).send("Hello.", [File("x", b"x")])
    operator.collect()
    times = {path.stat().st_mtime for path in operator.shelf.iterdir()}
    assert len(times) == 1
    assert times.pop() % 3_600 == 0
    for folder in (operator.home / "store").iterdir():
        assert folder.stat().st_mtime % 3_600 == 0, folder


def test_nothing_in_home_counts_or_names_a_source(sent: tuple[Operator, Source]) -> None:
    operator, source = sent
    before = {path for path in operator.home.rglob("*") if path.is_file()}
    source.replies()
    source.delete("all")
    assert {path for path in operator.home.rglob("*") if path.is_file()} == before
    top = {path.name for path in operator.home.iterdir()}
    assert top <= {"keyring", "config.toml", "store", "lock", "gnupg"} | {
        name for name in top if name.startswith("gnupg")
    }


def test_replies_of_one_thread_have_nothing_in_common(operator: Operator) -> None:
    desk, thread = operator.desk, Source("").thread(operator.desk.salt)
    replies = [desk.reply(thread, "The same words.") for _ in range(3)]
    assert operator.deliver(desk.dispatch(replies=replies)).returncode == 0
    paths = list((operator.home / "store" / "replies").iterdir())
    assert len({path.stat().st_size for path in paths}) == 1
    assert all(path.stat().st_mtime_ns % 10**9 == 0 for path in paths)
    for one, two in combinations([path.name.encode() + path.read_bytes() for path in paths], 2):
        assert not runs(one) & runs(two)


def born(path: Path) -> int:
    """Return when a file was made, in Unix seconds, as the file system has it; 0 if it does not."""
    done = subprocess.run(["stat", "-c", "%W", path], capture_output=True, check=True)
    return int(done.stdout)


def burst(folder: Path, home: Path) -> tuple[float, list[Opened]]:
    """Return when sending began, and six submissions of two parts that came in one tick."""
    operator = Operator(folder, Desk(), "--reserve", "1M", tick=3_600, home=home)
    with operator.serve() as server:
        began = time.time()
        for number in range(6):
            Source(server.address).send(f"{number}", [File(f"{number}", b"")])
    operator.collect()
    return began, operator.desk.open_all(operator.shelf)


def test_every_file_was_made_before_what_is_in_it_arrived(tmp_path: Path) -> None:
    began, opened = burst(tmp_path, tmp_path / "HOME")
    times = {born(one.path) for one in opened}
    if times == {0}:
        pytest.skip("this file system does not keep it")
    assert max(times) <= began


def test_the_numbers_of_inodes_do_not_tell_what_came_together(tmp_path: Path) -> None:
    with small_disk(tmp_path, 16) as disk:
        _, opened = burst(tmp_path, disk / "HOME")
        in_order = sorted(opened, key=lambda one: one.path.stat().st_ino)
    mates = [one.header.submission for one in in_order]
    assert any(one != other for one, other in zip(mates[::2], mates[1::2], strict=True))
