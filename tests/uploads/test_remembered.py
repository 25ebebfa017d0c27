"""The table of what was finished: found by who asks, seen by nobody else, of one size for ever."""

import os
from pathlib import Path

import pytest

from intake.uploads.remembered import ENTRY, PAGE, Remembered
from intake.uploads.tus import Upload
from tests.newsroom import Desk, Operator
from tests.newsroom.disks import small_disk
from tests.uploads.program import Program, seal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "remembered"


def uploads(number: int) -> list[Upload]:
    return [Upload(os.urandom(32), 8_392_704) for _ in range(number)]


def test_what_was_added_is_found_and_nothing_else(path: Path) -> None:
    table = Remembered(path, os.urandom)
    # Each on a page of its own, so that none can be put over another.
    added = [number.to_bytes(8, "big") + os.urandom(24) for number in range(500)]
    for digest in added:
        table.add(digest)
    assert all(digest in table for digest in added)
    assert not any(one.digest in table for one in uploads(500))


def test_what_was_added_is_found_by_the_next_server(path: Path) -> None:
    [one] = uploads(1)
    Remembered(path, os.urandom).add(one.digest)
    assert one.digest in Remembered(path, os.urandom)


def test_size_and_all_that_was_there_stay_but_for_one_entry(path: Path) -> None:
    table = Remembered(path, os.urandom)
    before = path.read_bytes()
    [one] = uploads(1)
    table.add(one.digest)
    table.add(one.digest)
    after = path.read_bytes()
    entries = [
        (before[at : at + ENTRY], after[at : at + ENTRY]) for at in range(0, len(after), ENTRY)
    ]
    assert len(after) == len(before)
    assert sum(old != new for old, new in entries) == 1


def test_an_entry_holds_nothing_of_an_address_nor_of_a_files_name(path: Path) -> None:
    table, added = Remembered(path, os.urandom), uploads(5)
    for one in added:
        table.add(one.digest)
    content = path.read_bytes()
    for one in added:
        for known in (one.address, bytes.fromhex(one.kept_as.id), one.digest[:ENTRY]):
            assert not any(known[at : at + 8] in content for at in range(0, len(known), 8))


def test_the_page_of_an_entry_is_chosen_by_bytes_that_are_not_in_it(path: Path) -> None:
    """Else an entry would fit its page, and the filling would not."""
    table, digest = Remembered(path, os.urandom), os.urandom(32)
    table.add(digest)
    for other_end in (os.urandom(16), bytes(16)):
        assert digest[:16] + other_end not in table
    pages = [n for n, page in enumerate(pages_of(path)) if digest[16:] in page]
    assert pages == [int.from_bytes(digest[:8], "big") % len(pages_of(path))]


def pages_of(path: Path) -> list[bytes]:
    content = path.read_bytes()
    return [content[at : at + PAGE] for at in range(0, len(content), PAGE)]


def test_an_entry_is_put_anywhere_in_its_page(path: Path) -> None:
    table, places = Remembered(path, os.urandom), set()
    for _ in range(40):
        digest = bytes(16) + os.urandom(16)
        table.add(digest)
        places.add(path.read_bytes()[:PAGE].index(digest[16:]))
    assert len(places) > 20


def test_a_page_forgets_in_no_order_and_never_grows(path: Path) -> None:
    table = Remembered(path, os.urandom)
    size = path.stat().st_size
    digests = [bytes(16) + os.urandom(16) for _ in range(3 * PAGE // ENTRY)]
    for digest in digests:
        table.add(digest)
    found = [number for number, digest in enumerate(digests) if digest in table]
    # All of them in a page with a third of the room: what stays is some of each age.
    assert 50 < len(found) <= PAGE // ENTRY
    assert found[0] < len(digests) // 2
    assert path.stat().st_size == size


def test_a_large_disk_has_a_table_of_a_million_entries(path: Path) -> None:
    Remembered(path, os.urandom)
    assert path.stat().st_size == (1 << 20) * ENTRY
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_small_disk_has_a_small_one(tmp_path: Path) -> None:
    with small_disk(tmp_path, 16) as disk:
        Remembered(disk / "remembered", os.urandom)
        assert PAGE <= (disk / "remembered").stat().st_size <= 65_536


def test_a_full_disk_remembers_nothing_and_stops_nobody(tmp_path: Path) -> None:
    with small_disk(tmp_path, 8) as disk:
        with (disk / "ballast").open("wb", buffering=0) as ballast:
            fill(ballast.fileno())
        table = Remembered(disk / "remembered", os.urandom)
        [one] = uploads(1)
        table.add(one.digest)
        assert one.digest not in table


def fill(descriptor: int) -> None:
    try:
        while True:
            os.write(descriptor, bytes(512))
    except OSError:
        return


def test_its_time_is_the_ticks(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(), tick=3_600)
    with operator.serve() as server:
        Program(server.address).send(seal(operator.desk))
    operator.collect()
    assert (operator.home / "store" / "remembered").stat().st_mtime % 3_600 == 0


def test_looking_leaves_no_time_of_access(path: Path) -> None:
    table = Remembered(path, os.urandom)
    os.utime(path, (5, 5))
    assert os.urandom(32) not in table
    assert path.stat().st_atime == 5
