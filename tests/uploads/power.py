"""A disk that loses power: what was not synced is gone, as if the plug had been pulled.

A file system in a file, mounted; ext4 can be told to stop in the middle of everything, without
writing its journal or anything else that is still in memory.
"""

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.newsroom.operator import is_root

#: From linux/ext4.h: EXT4_IOC_SHUTDOWN, and to flush nothing when it is done.
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


class Disk:
    """A mounted file system.

    Attributes:
        place: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.place = folder / "disk"
        self._image = folder / "disk.img"

    def make(self, megabytes: int) -> bool:
        """Return whether it could be made and mounted."""
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(megabytes << 20)
        return _runs("mkfs.ext4", "-q", "-m", "0", self._image) and self.mount()

    def mount(self) -> bool:
        return _runs("mount", "-o", "loop", self._image, self.place)

    def unmount(self, *how: str) -> None:
        subprocess.run(["umount", *how, self.place], check=True)

    def lose_power(self) -> None:
        """Stop: from now on everything fails, and what was not on the disk never will be."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def come_back(self) -> None:
        """Mount again, when nobody uses it any more."""
        self.unmount()
        assert self.mount()


@contextmanager
def disk_with_a_plug(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Mount a disk; the test is skipped where that can't be done."""
    disk = Disk(folder)
    if not is_root() or not disk.make(megabytes):
        pytest.skip("no disk can be mounted here")
    try:
        yield disk
    finally:
        disk.unmount("--lazy")


def _runs(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
