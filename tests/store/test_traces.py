"""What an ext4 tells of when envelopes came, to somebody who reads the disk itself; and what not.

``SECURITY.md`` says what is left; each sentence of it has a test here.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from intake.store import DirectoryStore
from intake.store.scatter import SMALL
from intake.wire.reply import SEALED
from tests.store.contract import TICK, arrive, shuffle, some_envelope, unshelved
from tests.store.image import Image, Inode

FORGET = Path(__file__).parents[2] / "deploy" / "forget.py"
MESSAGE = 69_632
#: The kernel's clock for files goes in steps; a pause that is longer than each tells two apart.
PAUSE = 0.1


@dataclass
class Month:
    """A store on a disk of its own, for a few ticks.

    Attributes:
        came: names of the envelopes of each tick, in the order in which they came.
        moments: when each tick began to be ended, Unix seconds.
    """

    disk: Image
    store: DirectoryStore
    came: list[list[str]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    def tick(self, *sizes: int) -> None:
        """Have envelopes come, and the tick end."""
        names = []
        for size in sizes:
            time.sleep(PAUSE / 5)
            names.append(arrive(self.store, some_envelope(size)).commit())
        time.sleep(PAUSE)
        self.came.append(names)
        self.moments.append(time.time())
        tick = TICK + 3_600 * len(self.came)
        self.store.shelve(tick, shuffle)
        self.store.erase()

    def inodes(self, names: list[str], folder: str = "shelf") -> list[Inode]:
        return [self.disk.inode(f"/store/{folder}/{name}") for name in names]


@contextmanager
def month(folder: Path) -> Iterator[Month]:
    with Image(folder, 128) as disk:
        store = DirectoryStore(disk.place / "store", reserve=0, token=os.urandom)
        store.shelve(TICK, shuffle)
        time.sleep(PAUSE)
        yield Month(disk, store)


def test_all_times_of_an_envelope_are_of_the_tick_or_before_it_came(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        begun = time.time()
        lived.tick(*[MESSAGE] * 12)
        lived.disk.seize()
        for inode in lived.inodes(lived.came[0]):
            assert inode.born < begun
            assert inode.modified == TICK + 3_600
            assert inode.changed > lived.moments[0] - PAUSE / 2


def test_until_the_tick_the_time_of_each_envelope_is_there(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        moments = []
        names = []
        for _ in range(3):
            time.sleep(PAUSE)
            names.append(arrive(lived.store, some_envelope(MESSAGE)).commit())
            moments.append(time.time())
        lived.disk.seize()
        changed = [inode.changed for inode in lived.inodes(names, "ready")]
        for time_there, moment in zip(changed, moments, strict=True):
            assert abs(time_there - moment) < PAUSE


def test_where_small_envelopes_lie_does_not_tell_who_came_after_whom(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        lived.tick(*[MESSAGE] * 16)
        lived.disk.seize()
        blocks = [inode.block for inode in lived.inodes(lived.came[0])]
        # One of 16! orders is the one in which they came, and as many the other way round.
        assert blocks not in (sorted(blocks), sorted(blocks, reverse=True))


def test_where_large_envelopes_lie_tells_in_which_order_they_came(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        lived.tick(*[SMALL + 4_096] * 6)
        lived.disk.seize()
        blocks = [inode.block for inode in lived.inodes(lived.came[0])]
        assert blocks == sorted(blocks)


def test_the_journal_has_the_time_of_each_arrival_until_it_is_wiped(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        for _ in range(3):
            lived.tick(*[MESSAGE] * 4)
        os.sync()
        before = [one for one in lived.disk.commits() if one < lived.moments[-1]]
        assert len(before) >= 12
        wiped = time.time()
        # As intake-forget.service does it: with one capability and no other.
        one = "-all,+sys_admin"
        subprocess.run(
            ["setpriv", f"--inh-caps={one}",
             f"--ambient-caps={one}", f"--bounding-set={one}", "--no-new-privs",
             sys.executable, "-I", FORGET, lived.disk.place],
            check=True,
        )  # fmt: skip
        lived.disk.seize()
        assert [one for one in lived.disk.commits() if one < wiped - PAUSE / 2] == []


def test_no_reply_says_when_it_came_nor_when_one_was_deleted(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        names = [secrets.token_hex(32) for _ in range(4)]
        for name in names:
            lived.store.put_reply(name, os.urandom(SEALED), TICK)
        begun = time.time()
        lived.store.delete_reply(names[0], TICK)
        now = lived.store.reply_names()
        lived.tick()
        lived.disk.seize()
        inodes = [*lived.inodes(now, "replies"), lived.disk.inode("/store/replies")]
        assert len(inodes) == 5
        assert {inode.modified for inode in inodes} == {TICK + 3_600}
        assert min(inode.changed for inode in inodes) > lived.moments[0] - PAUSE / 2
        assert max(inode.born for inode in inodes) < begun


def test_no_folder_says_after_the_tick_when_something_came_or_went(tmp_path: Path) -> None:
    with month(tmp_path) as lived:
        lived.tick(MESSAGE, MESSAGE)
        unshelved(lived.store, lived.came[0][:1])
        lived.store.erase()
        lived.tick(MESSAGE)
        folders = [path.name for path in (lived.disk.place / "store").iterdir()]
        lived.disk.seize()
        assert "erasing" in folders
        for inode in lived.inodes(folders, "."):
            assert inode.changed > lived.moments[1] - PAUSE / 2


def test_no_name_of_what_went_stays_in_a_folder(tmp_path: Path) -> None:
    """Since Linux 5.13, which wipes them."""
    with month(tmp_path) as lived:
        names: list[str] = []

        def see(given: MutableSequence[str]) -> None:
            names.extend(given)

        arrive(lived.store, some_envelope(MESSAGE)).commit()
        lived.store.shelve(TICK, see)
        unshelved(lived.store, names)
        lived.store.erase()
        lived.disk.seize()
        for folder in ("arriving", "ready", "shelf", "erasing"):
            assert names[0] not in lived.disk.debugfs(f"ls -d /store/{folder}")
