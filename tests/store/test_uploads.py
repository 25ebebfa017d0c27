"""Uploads in the directory: the contract, and what is its own."""

import errno
import os
import re
from contextlib import suppress
from pathlib import Path

import pytest

from intake.errors import DiskFull, TooManyUploads
from intake.store import uploads
from intake.wire.envelope import CHUNK
from tests.newsroom.disks import small_disk
from tests.store.contract import TICK, shuffle
from tests.store.directory import directory
from tests.store.uploads_contract import (
    HEADER,
    PAGE,
    SIZE,
    UploadsContract,
    append,
    envelope,
    new,
)


class TestDirectoryUploads(UploadsContract):
    """The directory keeps the contract."""


def files(folder: Path) -> list[Path]:
    return sorted((folder / "uploads").iterdir())


def test_a_file_is_named_by_all_that_is_known_of_it(folder: Path) -> None:
    store, upload, part = directory(folder), new(), new(SIZE, part=True)
    append(store, upload, envelope()[: 2 * PAGE])
    append(store, part, envelope())
    names = {path.name for path in files(folder)}
    assert names == {f"{upload.id}.{SIZE}", f"{part.id}.{SIZE}.part"}


def test_a_file_is_one_that_was_made_before(folder: Path) -> None:
    store = directory(folder)
    store.shelve(TICK, shuffle)
    made = {path.stat().st_ino for path in (folder / "stock").iterdir()}
    append(store, new(), envelope()[: 2 * PAGE])
    [path] = files(folder)
    assert path.stat().st_ino in made


def test_files_are_whole_pages_whatever_came(folder: Path) -> None:
    store = directory(folder)
    append(store, new(), envelope()[: 3 * PAGE + 77])
    append(store, new(5_000, part=True), bytes(5_000))
    append(store, new(5_000, part=True), bytes(4_999))
    assert [path.stat().st_size % PAGE for path in files(folder)] == [0, 0, 0]


def test_after_the_tick_every_time_is_a_ticks(folder: Path) -> None:
    store, upload = directory(folder), new()
    append(store, upload, envelope()[: 2 * PAGE])
    store.shelve(TICK, shuffle)
    [path] = files(folder)
    assert (path.stat().st_mtime_ns, path.stat().st_atime_ns) == (TICK * 10**9, TICK * 10**9)
    store.shelve(TICK + 3_600, shuffle)
    assert path.stat().st_mtime == TICK
    append(store, upload, envelope()[2 * PAGE : 3 * PAGE])
    store.shelve(TICK + 7_200, shuffle)
    assert path.stat().st_mtime == TICK + 7_200
    assert (folder / "uploads").stat().st_mtime == TICK + 7_200


def test_asking_changes_no_time(folder: Path) -> None:
    store, upload = directory(folder), new()
    append(store, upload, envelope()[: 2 * PAGE])
    store.shelve(TICK, shuffle)
    store.uploads.size(upload)
    store.uploads.front(upload, PAGE)
    [path] = files(folder)
    assert (path.stat().st_mtime, path.stat().st_atime) == (TICK, TICK)


def test_a_crash_in_a_page_or_in_a_header_is_made_good_by_recovering(folder: Path) -> None:
    store, begun, headless, part = directory(folder), new(), new(), new(9_000, part=True)
    for upload in (begun, headless):
        append(store, upload, envelope()[: 4 * PAGE])
    append(store, part, bytes(2 * PAGE))
    for path in files(folder):
        os.truncate(path, 700 if headless.id in path.name else PAGE + 700)
    store = directory(folder)
    store.recover()
    sizes = [store.uploads.size(upload) for upload in (begun, headless, part)]
    assert sizes == [PAGE, 0, PAGE]
    assert len(files(folder)) == 2
    assert append(store, begun, envelope()[:PAGE]) == 2 * PAGE


def test_a_hole_that_the_repair_of_a_disk_left_is_gone_on_from(folder: Path) -> None:
    store, upload = directory(folder), new()
    append(store, upload, envelope()[: 6 * PAGE])
    (path,) = files(folder)
    # As e2fsck does with blocks that it cannot give to anybody.
    with path.open("r+b") as file:
        file.truncate(3 * PAGE)
        file.truncate(6 * PAGE)
    store.recover()
    assert store.uploads.size(upload) == 3 * PAGE


def test_recovering_throws_away_what_was_joined_half(folder: Path) -> None:
    store, part = directory(folder), new(SIZE, part=True)
    append(store, part, envelope())
    half = folder / "uploads" / f"{new().id}.{SIZE}.joining"
    half.write_bytes(b"half")
    store.recover()
    assert (half.exists(), store.uploads.size(part)) == (False, SIZE)


def test_a_file_that_is_no_upload_is_left_alone(folder: Path) -> None:
    store = directory(folder)
    stranger = folder / "uploads" / "lost+found"
    stranger.write_bytes(b"")
    os.utime(stranger, (0, 0))
    store.recover()
    store.uploads.retire(TICK)
    assert stranger.exists()


@pytest.mark.parametrize("part", [True, False])
def test_only_so_many_are_kept_at_once_and_parts_take_no_room_of_envelopes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, part: bool
) -> None:
    monkeypatch.setattr(uploads, "MOST", 3)
    monkeypatch.setattr(uploads, "MOST_PARTS", 3)
    store = directory(folder)
    kept = [new(part=part) for _ in range(3)]
    for upload in kept:
        append(store, upload, envelope()[: 2 * PAGE])
    with pytest.raises(TooManyUploads) as caught:
        store.uploads.open(new(part=part), for_message=False)
    assert caught.value.hint
    assert append(store, kept[0], bytes(PAGE)) == 3 * PAGE
    assert append(store, new(part=not part), envelope()[: 2 * PAGE]) == 2 * PAGE
    store.uploads.delete(kept[1])
    assert append(store, new(part=part), envelope()[: 2 * PAGE]) == 2 * PAGE


def test_a_disk_that_fills_keeps_what_came_and_is_gone_on_with_later(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:
        store, upload = directory(disk / "store"), new(HEADER + 10**4 * CHUNK)
        content = envelope(20_000_000)
        growing = store.uploads.open(upload, for_message=False)
        with suppress(DiskFull):
            for at in range(0, len(content), 70_000):
                growing.write(content[at : at + 70_000])
        kept = growing.close()
        assert 2_000_000 < kept < len(content)
        assert store.uploads.size(upload) == kept
        assert store.uploads.front(upload, kept) == content[:kept]
        other = new()
        with suppress(DiskFull):
            assert append(store, other, envelope()) == 0
        store.uploads.delete(upload)
        assert append(store, upload, content[: 2 * PAGE]) == 2 * PAGE


def test_a_disk_that_fills_in_a_header_keeps_nothing_of_it(tmp_path: Path) -> None:
    with small_disk(tmp_path, 8) as disk:
        store = directory(disk / "store")
        store.shelve(TICK, shuffle)
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(512))
        growing = store.uploads.open(new(), for_message=True)
        with pytest.raises(DiskFull):
            growing.write(envelope())
        assert growing.close() == 0
        assert list((disk / "store" / "uploads").iterdir()) == []


def test_a_disk_without_room_for_both_joins_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:
        store, part = directory(disk / "store"), new(7_000_000, part=True)
        append(store, part, bytes(7_000_000))
        with pytest.raises(DiskFull):
            store.uploads.join([part], new(7_000_000))
        assert [path.suffix for path in (disk / "store" / "uploads").iterdir()] == [".part"]
        assert store.uploads.size(part) == 7_000_000


def test_the_reserve_is_for_what_is_as_short_as_a_message(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:
        free = os.statvfs(disk)
        store = directory(disk / "store", reserve=free.f_bavail * free.f_frsize)
        growing = store.uploads.open(new(), for_message=False)
        with pytest.raises(DiskFull):
            growing.write(envelope())
        assert growing.close() == 0
        growing = store.uploads.open(new(), for_message=True)
        growing.write(envelope())
        assert growing.close() == SIZE


def test_a_part_that_shrinks_while_it_is_joined_is_no_endless_loop(folder: Path) -> None:
    store, part, whole = directory(folder), new(3 * PAGE, part=True), new(3 * PAGE)
    append(store, part, bytes(3 * PAGE))
    [path] = files(folder)
    os.truncate(path, PAGE)
    with pytest.raises(OSError, match=re.escape(f"[Errno {errno.EIO}]")):
        store.uploads.join([part], whole)
    assert files(folder) == [path]
