"""Small envelopes are written anew at the tick: none is lost by it, whatever happens."""

import errno
import os
from pathlib import Path

import pytest

from intake.store import scatter
from intake.store.scatter import SMALL, Scatter
from tests.store.contract import (
    TICK,
    arrive,
    name_of,
    on_the_shelf,
    shuffle,
    some_envelope,
    unshelved,
)
from tests.store.directory import directory


class Killed(BaseException):
    """Nothing catches this: it ends what runs as a signal does."""


def kill(*_: object) -> None:
    raise Killed


def inodes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir()}


def test_a_small_one_has_another_file_and_a_large_one_its_own(tmp_path: Path) -> None:
    store = directory(tmp_path / "store")
    small, large = some_envelope(SMALL), some_envelope(SMALL + 4_096)
    for envelope in (small, large):
        arrive(store, envelope).commit()
    before = inodes(tmp_path / "store" / "ready")
    store.shelve(TICK, shuffle)
    after = inodes(tmp_path / "store" / "shelf")
    assert before[name_of(small)] != after[name_of(small)]
    assert before[name_of(large)] == after[name_of(large)]
    assert on_the_shelf(store) == {name_of(small): small, name_of(large): large}
    store.erase()
    assert store.used() == 2 * SMALL + 4_096


def test_a_copy_that_a_crash_left_does_not_come_back_after_the_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, envelopes = directory(tmp_path / "store"), [some_envelope() for _ in range(4)]
    for envelope in envelopes:
        arrive(store, envelope).commit()
    with monkeypatch.context() as patch:
        patch.setattr(scatter, "sync", kill)
        with pytest.raises(Killed):
            store.shelve(TICK, shuffle)
    copies = tmp_path / "store" / "copies"
    assert inodes(copies).keys() == {name_of(one) for one in envelopes}

    # Collected on the same machine, and delivered, by a process that leaves the copies as well.
    again = directory(tmp_path / "store")
    with monkeypatch.context() as patch:
        patch.setattr(Scatter, "scatter", lambda *_: None)
        again.shelve(TICK, shuffle)
    assert on_the_shelf(again) == {name_of(one): one for one in envelopes}
    unshelved(again, map(name_of, envelopes))

    started = directory(tmp_path / "store")
    started.recover()
    started.shelve(TICK, shuffle)
    started.erase()
    assert on_the_shelf(started) == {}
    assert started.used() == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_those_that_cannot_be_copied_are_shelved_as_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store, envelopes = directory(tmp_path / "store"), [some_envelope() for _ in range(4)]
    for envelope in envelopes:
        arrive(store, envelope).commit()
    before = inodes(tmp_path / "store" / "ready")
    write_bytes, left = Path.write_bytes, [2]

    def full(path: Path, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(number, os.strerror(number), str(path))
        return write_bytes(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        store.shelve(TICK, shuffle)
    after = inodes(tmp_path / "store" / "shelf")
    assert sum(after[name] == before[name] for name in before) == 2
    assert on_the_shelf(store) == {name_of(one): one for one in envelopes}
    assert list((tmp_path / "store" / "copies").iterdir()) == []
