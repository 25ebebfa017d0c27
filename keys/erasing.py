"""Files with keys in them, written over before they go: as far as the disk obeys.

It does where it writes in place: ext4 and XFS on a hard disk. Flash memory, and file systems that
write elsewhere (Btrfs, ZFS), may keep what was there; there the disk's own encryption has to help.
"""

import os
from contextlib import suppress
from pathlib import Path

from keys.disk import exchange
from keys.files import partial_of, sync_folder, write_at, write_new


def erase(path: Path) -> None:
    """Write over all of a file, have that on the disk, and remove it; it may be missing."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _write_over(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()
        sync_folder(path.parent)


def forget_partial(path: Path) -> None:
    """Erase what a crash in ``replace`` left: either what was to come, or what was before."""
    erase(partial_of(path))


def replace(path: Path, data: bytes) -> None:
    """Put data into a file's place, durably; ``forget_partial`` then erases what was there.

    The two exchange their names, so that a crash loses neither.

    Raises:
        OSError: as the operating system has it; nothing was changed then.
    """
    partial = partial_of(path)
    forget_partial(path)
    try:
        write_new(partial, data)
        if not exchange(partial, path):
            _put_over(partial, path)
    except OSError:
        with suppress(OSError):
            forget_partial(path)
        raise
    sync_folder(path.parent)


def _put_over(partial: Path, path: Path) -> None:
    """Where a file system cannot exchange: a crash at the wrong moment leaves the old bytes."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        partial.replace(path)
        sync_folder(path.parent)
        _write_over(descriptor)
    finally:
        os.close(descriptor)


def _write_over(descriptor: int) -> None:
    # Not cut to nothing before: the new bytes could come to lie elsewhere.
    write_at(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)
