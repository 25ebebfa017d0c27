"""A disk that can fail: ext4 on a loop device on blocks that do as they are told."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.newsroom.operator import is_root
from tests.newsroom.server import ROOT

_PATIENCE = 60.0
#: In e2fsck's exit code: it found what it does not repair unasked.
_WANTS_SOMEBODY = 4


class Disk:
    """A mounted file system.

    Attributes:
        place: where it is mounted.
    """

    def __init__(self, folder: Path, megabytes: int, seed: int) -> None:
        self.place = folder / "disk"
        self.place.mkdir()
        image, self._blocks = folder / "disk.img", folder / "blocks"
        self._blocks.touch()
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.blocks", image, self._blocks, str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()
        self._device = _said("losetup", "--find", "--show", self._blocks).strip()
        # No room of root's own, and nothing that is written later, when it has begun to fail.
        lazy = "lazy_itable_init=0,lazy_journal_init=0"
        _said("mkfs.ext4", "-q", "-m", "0", "-E", lazy, self._device)
        self.mount()

    def close(self) -> None:
        self.trouble()
        subprocess.run(["umount", "--lazy", self.place], capture_output=True, check=False)
        _said("losetup", "--detach", self._device)
        _said("umount", "--lazy", self._blocks)
        if self._server.stdin is not None:
            self._server.stdin.close()
        self._server.wait(_PATIENCE)
        if self._server.stdout is not None:
            self._server.stdout.close()

    def trouble(self, **how: float) -> None:
        """Have it fail so, and in no other way; see ``blocks.Trouble``."""
        self._order("trouble", **how)

    def lose_power(self, **kept: float) -> int:
        """Have it fail for good, and lose of its cache what chance takes; return pages lost.

        Args:
            kept: the share of the cache that is not lost; else that is drawn as well.
        """
        return int(self._order("lose_power", **kept))

    def abort(self) -> None:
        """Have the file system do what it does when its journal fails: take nothing more."""
        # One that has done so already refuses.
        _done("mount", "-o", "remount,abort", self.place)

    def remount(self, how: str) -> bool:
        """Mount it ``ro`` or ``rw``; return whether that could be done."""
        return _done("mount", "-o", f"remount,{how}", self.place)

    def is_read_only(self) -> bool:
        """Return whether it takes nothing more, as after an error that its journal met."""
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _, place, _, options, *_ = line.split()
            if place == str(self.place):
                return not {"ro", "emergency_ro", "shutdown"}.isdisjoint(options.split(","))
        return True

    def mount(self) -> None:
        _said("mount", "-o", "errors=remount-ro", self._device, self.place)

    def come_back(self) -> str:
        """Check and mount it again, as a machine does that starts; return what the check said.

        Nobody may use it any more.
        """
        self._unmount()
        self.trouble()
        checked = self._checked("-p")
        said = checked.stdout
        if checked.returncode & _WANTS_SOMEBODY:
            # Who can do no better than to agree.
            said += self._checked("-y").stdout
        self.mount()
        return said

    def _checked(self, how: str) -> "subprocess.CompletedProcess[str]":
        deadline = time.monotonic() + _PATIENCE
        while True:
            command = ("e2fsck", how, self._device)
            checked = subprocess.run(command, capture_output=True, text=True, check=False)
            # Whoever took a copy of all mounts at the wrong moment has it for a while.
            if "is in use" not in checked.stdout:
                return checked
            if time.monotonic() > deadline:
                raise RuntimeError(checked.stdout)
            time.sleep(0.1)

    def _unmount(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not _done("umount", self.place):
            if time.monotonic() > deadline:
                raise RuntimeError(_said("fuser", "-vm", self.place))
            time.sleep(0.05)

    def _order(self, name: str, **arguments: float) -> Any:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps([name, arguments]) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._server.stdout is not None
        return json.loads(self._server.stdout.readline())


@contextmanager
def failing_disk(folder: Path, megabytes: int, seed: int) -> Iterator[Disk]:
    """Make a disk; the test is skipped where there can be none."""
    if not is_root() or not Path("/dev/fuse").exists() or not Path("/dev/loop-control").exists():
        pytest.skip("only root can make a failing disk, with FUSE and loop devices")
    disk = Disk(folder, megabytes, seed)
    try:
        yield disk
    finally:
        disk.close()


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _done(*command: str | Path) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
