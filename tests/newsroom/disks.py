"""Small disks that really run full: a file system in a file, mounted, where we may."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.newsroom.operator import is_root


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount an ext4 of its own, else a tmpfs; the test is skipped where neither can be had."""
    if not is_root():
        pytest.skip("only root can mount a small disk")
    place, image = folder / "disk", folder / "disk.img"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    made = _runs("mkfs.ext4", "-q", "-m", "0", image) and _runs("mount", "-o", "loop", image, place)
    if not made and not _runs("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", place):
        pytest.skip("no small disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        image.unlink()


@contextmanager
def disk_without_direct_writes(folder: Path) -> Iterator[Path]:
    """Mount a ramfs, which refuses O_DIRECT; the test is skipped where it can't be had."""
    place = folder / "ramfs"
    place.mkdir()
    if not is_root() or not _runs("mount", "-t", "ramfs", "none", place):
        pytest.skip("no ramfs can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _runs(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
