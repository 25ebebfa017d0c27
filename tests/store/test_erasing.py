"""Deleting: what is deleted is overwritten before its room is free, and in this order."""

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from intake.delivery import Marks
from intake.errors import DiskFull
from intake.store import DirectoryStore, Unfinished
from intake.store import stock as stock_module
from intake.store.erasing import Erasing
from intake.store.scatter import SMALL
from intake.store.stock import SIZE, Stock
from intake.wire.envelope import ID_BYTES
from intake.wire.reply import SEALED
from tests.newsroom.disks import small_disk
from tests.store.contract import (
    TICK,
    arrive,
    on_the_shelf,
    shelved,
    shuffle,
    some_envelope,
    unshelved,
)
from tests.store.directory import directory
from tests.store.image import BLOCK, Image
from tests.store.uploads_contract import PAGE, WEEK, append, envelope, new, shelve


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Image]:
    with Image(tmp_path, 64) as disk:
        yield disk


def on_a_receipt(store: DirectoryStore) -> bytes:
    content = some_envelope()
    unshelved(store, [shelved(store, content)])
    return content


def by_its_source(store: DirectoryStore) -> bytes:
    name, content = secrets.token_hex(32), os.urandom(SEALED)
    store.put_reply(name, content, TICK)
    store.delete_reply(name, TICK)
    return content


def left_half(store: DirectoryStore) -> bytes:
    """What a delivery that was killed has left of a reply, and the next one delivers."""
    name, content = secrets.token_hex(32), os.urandom(SEALED)
    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(Path, "rename", interrupt)
        store.put_reply(name, content, TICK)
    store.put_reply(name, os.urandom(SEALED), TICK)
    return content


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def retracted(store: DirectoryStore) -> bytes:
    upload, content = new(), envelope()
    append(store, upload, content)
    store.uploads.delete(upload)
    return content


def given_up(store: DirectoryStore) -> bytes:
    content = os.urandom(10 * PAGE)
    append(store, new(10 * PAGE, part=True), content)
    shelve(store, TICK)
    shelve(store, TICK + WEEK)
    return content


def completed(store: DirectoryStore) -> bytes:
    """What was cut is on the shelf, the whole takes its place, and has a receipt."""
    content = some_envelope()
    arrive(store, content[: 5 * PAGE]).keep_truncated()
    store.shelve(TICK, shuffle)
    unshelved(store, [shelved(store, content)])
    return content


def joined(store: DirectoryStore) -> bytes:
    content, parts = envelope(), [new(PAGE, part=True), new(200_000, part=True)]
    append(store, parts[0], content[:PAGE])
    append(store, parts[1], content[PAGE : PAGE + 200_000])
    whole = Unfinished(secrets.token_hex(16), PAGE + 200_000)
    store.uploads.join(parts, whole)
    for one in (*parts, whole):
        store.uploads.delete(one)
    return content[: PAGE + 200_000]


def joined_over(store: DirectoryStore) -> bytes:
    """What somebody had sent of a whole before its parts became it."""
    content, part = envelope(), new(200_000, part=True)
    whole = Unfinished(secrets.token_hex(16), 200_000)
    append(store, whole, content[: 20 * PAGE])
    append(store, part, envelope()[:200_000])
    store.uploads.join([part], whole)
    return content[: 20 * PAGE]


WAYS = [
    on_a_receipt,
    by_its_source,
    left_half,
    retracted,
    given_up,
    completed,
    joined,
    joined_over,
]


@pytest.mark.parametrize("delete", WAYS)
def test_what_is_deleted_is_not_on_the_disk_any_more(
    disk: Image, delete: Callable[[DirectoryStore], bytes]
) -> None:
    store, kept = directory(disk.place / "store"), some_envelope()
    shelved(store, kept)
    gone = delete(store)
    os.sync()
    # Until then it is, for else nothing would be shown here.
    assert disk.blocks_of(gone) == len(gone) // BLOCK
    store.erase()
    assert list((disk.place / "store" / "erasing").iterdir()) == []
    disk.seize()
    assert disk.blocks_of(gone) == 0
    assert disk.blocks_of(kept) == len(kept) // BLOCK


def test_the_number_of_a_dispatch_before_the_last_is_not_on_the_disk(disk: Image) -> None:
    marks, author = Marks(disk.place / "marks"), os.urandom(32)
    numbers = [secrets.randbits(62) for _ in range(4)]
    for number in numbers:
        marks.set(author, number)
    disk.seize()
    data = disk.path.read_bytes()
    assert [author + number.to_bytes(8, "big") in data for number in numbers] == [
        False, False, False, True,
    ]  # fmt: skip


def test_what_is_only_unlinked_stays_on_the_disk(disk: Image) -> None:
    store, content = directory(disk.place / "store"), some_envelope()
    (disk.place / "store" / "shelf" / shelved(store, content)).unlink()
    disk.seize()
    assert disk.blocks_of(content) == len(content) // BLOCK


def test_a_file_system_that_journals_data_keeps_what_was_overwritten(tmp_path: Path) -> None:
    """Why the guide says what to mount the disk with."""
    with Image(tmp_path, 64, "data=journal") as disk:
        store = directory(disk.place / "store")
        content = on_a_receipt(store)
        store.erase()
        disk.seize()
        assert disk.blocks_of(content) > 0


def test_an_inode_that_is_never_freed_has_no_time_of_deletion(disk: Image) -> None:
    store = directory(disk.place / "store")
    store.shelve(TICK, shuffle)
    before = {path.stat().st_ino for path in (disk.place / "store" / "stock").iterdir()}
    for delete in WAYS:
        delete(store)
    store.erase()
    store.shelve(TICK, shuffle)
    after = {path.stat().st_ino for path in (disk.place / "store").rglob("*") if path.is_file()}
    assert before <= after
    disk.seize()
    assert "0 deleted inodes found" in disk.debugfs("lsdel")


def test_a_crash_while_overwriting_leaves_nothing_that_seems_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = directory(tmp_path / "store")
    gone, kept = [some_envelope(2_000_000), some_envelope(2_000_000)], some_envelope()
    names = [shelved(store, one) for one in gone]
    kept_as = shelved(store, kept)
    pwrite, left = os.pwrite, [3]

    def dies(descriptor: int, data: bytes, offset: int) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", dies)
    unshelved(store, names)
    with pytest.raises(OSError, match="Input/output error"):
        store.erase()
    monkeypatch.undo()
    again = directory(tmp_path / "store")
    again.recover()
    again.shelve(TICK, shuffle)
    assert on_the_shelf(again) == {kept_as: kept}
    assert again.used() > len(kept)
    again.erase()
    assert again.used() == len(kept)


def test_what_is_being_replaced_is_not_erased_before_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, envelope = directory(tmp_path / "store"), some_envelope()
    arrive(store, envelope).commit()
    replace = Path.replace

    def replace_while_erasing(newer: Path, older: Path) -> Path:
        store.erase()
        return replace(newer, older)

    monkeypatch.setattr(Path, "replace", replace_while_erasing)
    store.shelve(TICK, shuffle)
    # What was written anew lies there twice until the older is overwritten.
    assert store.used() == 2 * len(envelope)
    store.erase()
    assert store.used() == len(envelope)


def test_another_name_of_an_envelope_is_deleted_without_its_bytes(tmp_path: Path) -> None:
    store, content, upload = directory(tmp_path / "store"), envelope(), new()
    append(store, upload, content)
    store.uploads.admit(upload)
    # As where both names go in one moment, and none is seen to be the last.
    admitted = next((tmp_path / "store" / "uploads").iterdir())
    admitted.rename(tmp_path / "store" / "erasing" / secrets.token_hex(16))
    store.erase()
    store.shelve(TICK, shuffle)
    assert list(on_the_shelf(store).values()) == [content]


def test_what_is_being_written_is_not_overwritten(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "stock", os.urandom)
    erasing = Erasing(tmp_path / "erasing", stock, os.urandom)
    store, content = directory(tmp_path / "store"), some_envelope(3 * ID_BYTES)
    arrival = arrive(store, content[:ID_BYTES])
    [path] = (tmp_path / "store" / "arriving").iterdir()
    erasing.take(path)
    erasing.erase()
    arrival.write([content[ID_BYTES:]])
    [waiting] = (tmp_path / "erasing").iterdir()
    assert waiting.read_bytes() == content
    arrival.keep_truncated()
    erasing.erase()
    assert list((tmp_path / "erasing").iterdir()) == []


def test_emptied_files_are_stock_and_no_more_of_it_is_kept_than_is_of_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_module, "MOST", SIZE + 2)
    store, stock = directory(tmp_path / "store"), tmp_path / "store" / "stock"
    names = [shelved(store, some_envelope(2 * SMALL)) for _ in range(5)]
    assert len(list(stock.iterdir())) == SIZE
    unshelved(store, names)
    store.erase()
    assert len(list(stock.iterdir())) == SIZE + 5
    assert {path.stat().st_size for path in stock.iterdir()} == {0}
    store.shelve(TICK, shuffle)
    assert len(list(stock.iterdir())) == SIZE + 2


def test_on_a_disk_without_room_for_a_name_deleting_gives_room_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = directory(tmp_path / "store")
    name = shelved(store, some_envelope())
    store.erase()

    def full(path: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", full)
        unshelved(store, [name])
    assert (on_the_shelf(store), store.used()) == ({}, 0)


def test_receipts_make_room_for_replies_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as place:
        store = directory(place / "store")
        store.shelve(TICK, shuffle)
        names = []
        with suppress(DiskFull):
            while True:
                names.append(shelved(store, some_envelope(300_000)))
        with pytest.raises(DiskFull):
            store.arrive(for_message=True).write([bytes(300_000)])
        unshelved(store, names)
        store.erase()
        store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK)
        assert len(store.reply_names()) == 1
