"""Too little room, and too many uploads: what came stays, and is gone on with later."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator
from tests.newsroom.disks import small_disk
from tests.uploads.inside import DAY, Inside
from tests.uploads.program import Patch, Program, seal, url_of, wait_until


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Operator]:
    """A newsroom on a disk of 24 MB, of which 6 are for messages."""
    with small_disk(tmp_path, 24) as disk:
        yield Operator(tmp_path, Desk(), "--reserve", "6M", home=disk / "HOME")


def test_what_cannot_end_well_is_refused_before_it_is_sent(crowded: Operator) -> None:
    with crowded.serve() as server:
        program, large = Program(server.address), seal(crowded.desk, 8_000_000)
        program.send(large)
        second = seal(crowded.desk, 8_000_000)
        with Patch(server.address, second.url, 0, second.size) as patch:
            answer = patch.answer()
        assert (answer.status, "no room" in answer.text) == (507, True)
        assert program.post(upload_length=str(second.size)).status == 507
        part = url_of(10**9, part=True)
        assert program.patch(part, 0, bytes(5_000)).status == 507
        assert program.offset(second.url) == 0


def test_what_is_as_short_as_a_message_gets_through_when_files_do_not(crowded: Operator) -> None:
    with crowded.serve() as server:
        program = Program(server.address)
        fill(crowded.home / "ballast", crowded, leave=0)
        file, message = seal(crowded.desk, 70_000), seal(crowded.desk, b"It gets through.")
        assert program.patch(file.url, 0, file.envelope).status == 507
        program.send(message)
        assert program.offset(message.url) == message.size
    [opened] = crowded.desk.open_all(crowded.collect())
    assert opened.content == message.content


def test_a_disk_that_fills_in_the_middle_keeps_what_came_until_there_is_room(
    crowded: Operator,
) -> None:
    """The sender promises what would fit; others are faster."""
    ballast = crowded.home / "ballast"
    with crowded.serve() as server:
        program, sealed = Program(server.address), seal(crowded.desk, 8_000_000)
        with Patch(server.address, sealed.url, 0, sealed.size) as patch:
            patch.send(sealed.envelope[:2_000_000])
            uploads = crowded.home / "store" / "uploads"
            wait_until(lambda: sum(one.stat().st_size for one in uploads.iterdir()) > 1_500_000)
            fill(ballast, crowded, leave=1_000_000)
            with suppress(BrokenPipeError, ConnectionResetError):
                patch.send(sealed.envelope[2_000_000:])
            assert patch.answer().status == 507
        kept = program.offset(sealed.url)
        assert 1_900_000 < kept < sealed.size
        answer = program.patch(sealed.url, kept, sealed.envelope[kept:])
        assert (answer.status, "What came before is kept" in answer.text) == (507, True)
        ballast.unlink()
        program.send(sealed)
        assert server.stderr() == ""
    [opened] = crowded.desk.open_all(crowded.collect())
    assert opened.content == sealed.content


def fill(path: Path, operator: Operator, *, leave: int) -> None:
    """Fill the disk up to the reserve, but for so many bytes."""
    disk = os.statvfs(operator.home)
    path.write_bytes(bytes(disk.f_bavail * disk.f_frsize - 6_000_000 - leave))


def test_parts_for_which_there_is_no_room_twice_stay(crowded: Operator) -> None:
    with crowded.serve() as server:
        program, sealed = Program(server.address), seal(crowded.desk, 8_000_000)
        parts = program.parts(sealed.envelope, 4_000_000)
        assert program.join(parts).status == 507
        assert [program.offset(part) for part in parts] == [4_000_000, sealed.size - 4_000_000]


def test_too_many_unfinished_uploads_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.store.uploads.MOST", 2)
    inside = Inside(tmp_path)
    for _ in range(2):
        assert inside.patch(seal(inside.desk), upto=50_000) == 204
    late = seal(inside.desk)
    assert inside.patch(late, upto=50_000) == 503
    assert inside.offset(late) == 0


def test_a_week_later_they_are_on_the_shelf_and_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.store.uploads.MOST", 1)
    inside = Inside(tmp_path)
    first, second = seal(inside.desk), seal(inside.desk)
    assert inside.patch(first, upto=200_000) == 204
    inside.tick()
    inside.now += 7 * DAY
    assert inside.patch(second, upto=50_000) == 503
    inside.tick()
    assert inside.patch(second, upto=50_000) == 204
    [opened] = inside.desk.open_all(inside.store / "shelf")
    assert (opened.truncated, first.content.startswith(opened.content)) == (True, True)
    assert len(opened.content) > 100_000
    assert inside.offset(first) == 0
