"""A disk that can be seized: an ext4 of its own on a loop device, and the bytes of all of it."""

import mmap
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.forget import forget
from tests.newsroom import disks

#: What ``mkfs`` gives to a disk of 16 GB.
_JOURNAL_MB = 64


class Disk(disks.Disk):
    """A mounted ext4, of which copies can be taken."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        journal = f"size={_JOURNAL_MB}"
        super().__init__(folder, megabytes, "-b", "4096", "-J", journal, options="strictatime")
        self._copy = folder / "seized.img"

    def forget_journal(self) -> None:
        """Do what ``intake-forget.service`` does at each tick."""
        forget(str(self.place))

    @contextmanager
    def nearly_full(self, left: int) -> Iterator[None]:
        """Leave so many bytes free, until the end of a ``with``."""
        disk = os.statvfs(self.place)
        balloon = self.place / "balloon"
        with balloon.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - left)
        try:
            yield
        finally:
            balloon.unlink()

    @contextmanager
    def seized(self) -> Iterator[mmap.mmap]:
        """Give all bytes of the device as they are at this moment."""
        subprocess.run(["fsfreeze", "--freeze", self.place], check=True)
        try:
            subprocess.run(["cp", "--sparse=always", self.path, self._copy], check=True)
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", self.place], check=True)
        try:
            with (
                self._copy.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw,
            ):
                yield raw
        finally:
            self._copy.unlink()


def read_unseen(path: Path, size: int = -1) -> bytes:
    """Return the first bytes of a file, or all, so that its time of access stays as it is.

    Even an examiner had better leave no trace: it would be taken for a source's.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NOATIME), "rb") as file:
        return file.read(size)
