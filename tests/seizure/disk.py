"""A disk that can be seized: an ext4 of its own on a loop device, and the bytes of all of it."""

import mmap
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.forget import forget

#: What ``mkfs`` gives to a disk of 16 GB.
_JOURNAL_MB = 64


class NoDisk(Exception):
    """No disk can be made here: it takes root, and loop devices."""


class Disk:
    """A mounted file system.

    Attributes:
        place: where it is mounted.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.place = folder / "disk"
        self._image = folder / "disk.img"
        self._copy = folder / "seized.img"
        self.place.mkdir(parents=True)
        with self._image.open("wb") as file:
            file.truncate(megabytes << 20)
        journal = f"size={_JOURNAL_MB}"
        _run("mkfs.ext4", "-q", "-m", "0", "-b", "4096", "-J", journal, self._image)
        _run("mount", "-o", "loop,strictatime", self._image, self.place)

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
        _run("fsfreeze", "--freeze", self.place)
        try:
            _run("cp", "--sparse=always", self._image, self._copy)
        finally:
            _run("fsfreeze", "--unfreeze", self.place)
        try:
            with (
                self._copy.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw,
            ):
                yield raw
        finally:
            self._copy.unlink()

    def discard(self) -> None:
        """Unmount it, and forget it."""
        _run("umount", "--lazy", self.place)
        self._image.unlink()


def read_unseen(path: Path, size: int = -1) -> bytes:
    """Return the first bytes of a file, or all, so that its time of access stays as it is.

    Even an examiner had better leave no trace: it would be taken for a source's.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NOATIME), "rb") as file:
        return file.read(size)


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Make a disk in a folder, until the end of a ``with``."""
    made = Disk(folder, megabytes)
    try:
        yield made
    finally:
        made.discard()


def _run(*command: str | Path) -> str:
    """Run a program to its end, and return what it prints.

    Raises:
        NoDisk: it is not there, or failed.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NoDisk(f"{command[0]} is missing; it is installed by: make needs") from error
    if done.returncode:
        raise NoDisk(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout
