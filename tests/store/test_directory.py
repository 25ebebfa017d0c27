"""The directory, the embedded default: the contract, and what is its own."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from intake.errors import DiskFull
from intake.store import Store, Stored
from intake.store.uploads import PATIENCE
from intake.wire.envelope import ID_BYTES
from intake.wire.reply import SEALED
from tests.newsroom.disks import small_disk
from tests.store import uploads_contract
from tests.store.contract import (
    TICK,
    StoreContract,
    arrive,
    name_of,
    on_the_shelf,
    shelved,
    shuffle,
    some_envelope,
    unshelved,
)
from tests.store.directory import directory


class TestDirectoryStore(StoreContract):
    """The directory keeps the contract."""


def everything(folder: Path) -> list[Path]:
    return [folder / "..", *folder.rglob("*")][1:]


def test_every_time_is_the_ticks_after_it(folder: Path) -> None:
    store = directory(folder)
    shelved(store, some_envelope())
    arrive(store, some_envelope()).commit()
    store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK + 7)
    store.delete_reply(store.reply_names()[0], TICK + 7)
    store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK + 60)
    store.erase()
    store.shelve(TICK + 60, shuffle)
    for path in everything(folder):
        status = path.stat()
        assert status.st_mtime in (TICK, TICK + 60), path
        assert status.st_mtime_ns % 10**9 == 0, path


def test_a_folder_does_not_tell_when_a_reply_was_deleted(folder: Path) -> None:
    store = directory(folder)
    name = secrets.token_hex(32)
    store.put_reply(name, os.urandom(SEALED), TICK)
    assert (folder / "replies").stat().st_mtime == TICK
    store.delete_reply(name, TICK)
    assert (folder / "replies").stat().st_mtime == TICK


def test_what_is_arriving_has_a_random_name(folder: Path) -> None:
    store = directory(folder)
    arrivals = [arrive(store, some_envelope()) for _ in range(3)]
    names = [path.name for path in (folder / "arriving").iterdir()]
    assert {len(name) for name in names} == {32}
    assert len(set(names)) == len(arrivals)


def test_what_is_written_is_not_gathered_in_memory_first(folder: Path) -> None:
    store = directory(folder)
    arrival = store.arrive(for_message=False)
    [path] = (folder / "arriving").iterdir()
    behind = []

    def pieces() -> Iterator[bytes]:
        for number in range(32):
            behind.append(number * 1_000_000 - path.stat().st_size)
            yield bytes(1_000_000)

    arrival.write(pieces())
    assert max(behind) < 4_000_000


def test_nobody_else_on_the_machine_can_look_in(folder: Path) -> None:
    store = directory(folder)
    shelved(store, some_envelope())
    for path in (folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (folder / "shelf").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_reply_half_written_by_a_crash_is_invisible_until_it_is_put_again(folder: Path) -> None:
    store, name, sealed = directory(folder), secrets.token_hex(32), os.urandom(SEALED)
    (folder / "replies" / f".{name}").write_bytes(b"half")
    assert store.reply_names() == []
    store.recover()
    store.put_reply(name, sealed, TICK)
    assert store.reply(name) == sealed
    assert [path.name for path in (folder / "replies").iterdir()] == [name]


def test_nothing_outside_the_folder_is_touched(folder: Path) -> None:
    store, outside = directory(folder), folder.parent / "abc"
    outside.write_bytes(b"another's")
    for name in ("../../abc", str(outside)):
        for act in (
            partial(store.delete, [Stored(name, outside.stat().st_size)], TICK),
            partial(store.put_reply, name, b"", TICK),
            partial(store.delete_reply, name, TICK),
        ):
            with suppress(KeyError):
                act()
    assert outside.read_bytes() == b"another's"
    assert {path.name for path in folder.parent.iterdir()} == {"abc", "store"}


def test_a_crash_between_linking_and_unlinking_leaves_one_envelope(folder: Path) -> None:
    store, envelope = directory(folder), some_envelope()
    name = arrive(store, envelope).commit()
    for after in ("ready", "shelf"):
        os.link(folder / after / name, folder / "arriving" / secrets.token_hex(16))
        again = directory(folder)
        again.recover()
        again.shelve(TICK, shuffle)
        assert on_the_shelf(again) == {name: envelope}
        assert [*(folder / "ready").iterdir(), *(folder / "arriving").iterdir()] == []


def test_a_crash_while_shelving_is_made_good_by_the_next_tick(folder: Path) -> None:
    store, envelope = directory(folder), some_envelope()
    name = shelved(store, envelope)
    os.link(folder / "shelf" / name, folder / "ready" / name)
    store.shelve(TICK, shuffle)
    assert on_the_shelf(store) == {name: envelope}
    assert list((folder / "ready").iterdir()) == []


@pytest.mark.parametrize("part", ["arriving", "ready", "uploads"])
def test_what_a_crash_left_under_another_name_goes_with_the_receipt(
    folder: Path, part: str
) -> None:
    store, envelope = directory(folder), uploads_contract.envelope()
    other = (
        f"{secrets.token_hex(16)}.{uploads_contract.SIZE}"
        if part == "uploads"
        else name_of(envelope)
    )
    shelved(store, envelope)
    os.link(folder / "shelf" / name_of(envelope), folder / part / other)
    unshelved(store, [name_of(envelope)])
    again = directory(folder)
    again.recover()
    again.uploads.retire(TICK + PATIENCE)
    again.shelve(TICK + PATIENCE, shuffle)
    again.erase()
    assert on_the_shelf(again) == {}
    assert again.used() == 0


def test_what_cannot_be_read_keeps_nothing_else_back(folder: Path) -> None:
    store, envelope = directory(folder), some_envelope()
    arrive(store, envelope).commit()
    unreadable = folder / "arriving" / secrets.token_hex(16)
    unreadable.mkdir()
    again = directory(folder)
    half = some_envelope()
    again.arrive(for_message=False).write([half])
    with pytest.raises(IsADirectoryError):
        again.recover()
    again.shelve(TICK, shuffle)
    assert on_the_shelf(again) == {name_of(envelope): envelope, name_of(half): half}


def test_half_a_reply_that_a_crash_left_is_overwritten_and_gone(folder: Path) -> None:
    store = directory(folder)
    store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK)
    (folder / "replies" / f".{secrets.token_hex(32)}").write_bytes(os.urandom(SEALED))
    store.recover()
    store.erase()
    assert [path.name for path in (folder / "replies").iterdir()] == store.reply_names()
    assert store.used() == SEALED


def fill(store: Store, *, for_message: bool = False) -> bytes:
    """Write to an arrival until nothing more goes, keep it, and return what was taken."""
    arrival, taken = store.arrive(for_message=for_message), bytearray()
    for piece in (65_536, ID_BYTES):
        with suppress(DiskFull):
            while True:
                data = os.urandom(piece)
                arrival.write([data])
                taken += data
    arrival.keep_truncated()
    return bytes(taken)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:
        store, envelope = directory(disk / "store"), some_envelope()
        name = shelved(store, envelope)
        taken = fill(store)
        store.shelve(TICK, shuffle)
        seen = on_the_shelf(store)
        assert seen.pop(name) == envelope
        assert seen[name_of(taken)].startswith(taken)
        with pytest.raises(DiskFull):
            store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK)
        assert store.reply_names() == []
        unshelved(store, [name_of(taken)])
        store.erase()
        assert shelved(store, some_envelope()) != name


def test_the_reserve_is_for_messages_and_replies(tmp_path: Path) -> None:
    with small_disk(tmp_path, 16) as disk:
        store = directory(disk / "store", reserve=4 << 20)
        fill(store)
        assert store.room(for_message=False) < ID_BYTES
        with pytest.raises(DiskFull) as caught:
            arrive(store, some_envelope())
        assert caught.value.hint
        message = some_envelope()
        name = arrive(store, message, for_message=True).commit()
        store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK)
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store)[name] == message


def test_a_disk_that_fills_while_committing_loses_no_more_than_that(tmp_path: Path) -> None:
    with small_disk(tmp_path, 8) as disk:
        store, envelope = directory(disk / "store"), some_envelope()
        name = shelved(store, envelope)
        arrival = arrive(store, some_envelope(ID_BYTES + 100))
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(512))
        with pytest.raises(DiskFull):
            arrival.commit()
        arrival.keep_truncated()
        (disk / "ballast").unlink()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store)[name] == envelope


def test_reading_leaves_no_time_of_access(folder: Path) -> None:
    """It would tell when a source read which reply."""
    store = directory(folder)
    shelved(store, some_envelope())
    reply = secrets.token_hex(32)
    store.put_reply(reply, os.urandom(SEALED), TICK)
    store.shelve(TICK, shuffle)
    files = [path for path in everything(folder) if path.is_file()]
    before = [path.stat().st_atime_ns for path in files]
    assert store.reply_names() == [reply]
    store.reply(reply)
    for one in store.envelopes():
        with store.open(one.name) as file:
            file.read()
    assert [path.stat().st_atime_ns for path in files] == before
