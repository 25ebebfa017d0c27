"""The examiner reads an ext4 as it is: what the kernel says of a file is found, and what was."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.seizure.disk import Disk
from tests.seizure.ext4 import Ext4
from tests.seizure.lives import SECOND, Life, lives

NAME, LATER = "a" * 32, "b" * 32
OLD = 1_000_000_000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Disk]:
    with Disk(tmp_path, 300) as made:
        yield made


def life_on(place: Disk) -> Life | None:
    """Return the life of the one file of ours, if any is told of."""
    with place.seized() as raw:
        found = lives(Ext4(raw), {place.place.stat().st_ino})
    assert len(found) <= 1
    return found[0] if found else None


def make(path: Path) -> os.stat_result:
    path.write_bytes(bytes(5_000))
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat()


def test_a_file_is_told_of_as_the_kernel_tells_of_it(place: Disk) -> None:
    status = make(place.place / NAME)
    life = life_on(place)
    assert life is not None
    now = life.versions[-1]
    assert (now.number, now.size, now.links) == (status.st_ino, 5_000, 1)
    assert (now.accessed, now.modified, now.changed) == (
        status.st_atime_ns,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    assert now.born <= now.modified
    assert (life.name, life.left) == (NAME, 0)


def test_the_journal_remembers_a_time_that_was_set_back(place: Disk) -> None:
    written = make(place.place / NAME).st_mtime
    os.utime(place.place / NAME, (OLD, OLD))
    os.sync()
    life = life_on(place)
    assert life is not None
    assert life.tick == OLD
    assert life.versions[0].modified / SECOND == pytest.approx(written)


def test_the_journal_remembers_where_a_file_was_and_when_it_was_moved(place: Disk) -> None:
    elsewhere = place.place / "elsewhere"
    elsewhere.mkdir()
    written = make(place.place / NAME)
    # The journal's clock goes in steps of some milliseconds.
    time.sleep(0.1)
    (place.place / NAME).rename(elsewhere / LATER)
    os.sync()
    life = life_on(place)
    assert life is not None
    assert life.begun == pytest.approx(written.st_mtime, abs=1.0)
    assert life.noted <= life.left
    assert life.size == 5_000


def test_the_journal_remembers_a_file_that_was_deleted_until_it_is_wiped(place: Disk) -> None:
    make(place.place / NAME)
    (place.place / NAME).unlink()
    os.sync()
    life = life_on(place)
    assert life is not None
    assert (life.name, life.size) == (NAME, 5_000)
    assert life.ended is not None
    place.forget_journal()
    assert life_on(place) is None
