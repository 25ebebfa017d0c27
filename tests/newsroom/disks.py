"""Disks of a test's own: a file system in a file, mounted, where we may."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.newsroom.operator import is_root


class Disk:
    """A mounted ext4, until the end of a ``with``; the test is skipped where there can be none.

    Args:
        mkfs: more of its arguments.
        options: how it is mounted.

    Attributes:
        place: where it is mounted.
        path: the file that it is in.
    """

    def __init__(self, folder: Path, megabytes: int, *mkfs: str, options: str = "defaults") -> None:
        self.place, self.path = folder / "disk", folder / "disk.img"
        self.place.mkdir(parents=True)
        with self.path.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-m", "0", *mkfs, self.path)
        self._options = options
        self.mount()

    def mount(self) -> None:
        """Mount it, as it is once it is made."""
        _run("mount", "-o", f"loop,{self._options}", self.path, self.place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Whoever took it away may have unmounted it.
        subprocess.run(["umount", "--lazy", self.place], capture_output=True, check=False)
        self.path.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk that really runs full, an ext4, else a tmpfs, and give where."""
    try:
        disk = Disk(folder, megabytes)
    except pytest.skip.Exception:
        with _mounted(folder / "tmpfs", "-t", "tmpfs", "-o", f"size={megabytes}m") as place:
            yield place
        return
    with disk:
        yield disk.place


@contextmanager
def disk_without_direct_writes(folder: Path) -> Iterator[Path]:
    """Mount a ramfs, which refuses O_DIRECT."""
    with _mounted(folder / "ramfs", "-t", "ramfs") as place:
        yield place


@contextmanager
def _mounted(place: Path, *how: str) -> Iterator[Path]:
    """Mount what has no device; the test is skipped where that can't be done."""
    place.mkdir()
    _run("mount", *how, "none", place)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _run(*command: str | Path) -> None:
    """Run a program to its end; the test is skipped where it is not there, or fails."""
    if not is_root():
        pytest.skip("only root can mount a disk")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is missing; it is installed by: make needs")
    if done.returncode:
        pytest.skip(f"{command[0]}: {done.stderr.strip()}")
