"""Files that are whole after a crash, and folders that know of them."""

import os
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file so that after a crash it is the old one or the new one, whole."""
    partial = path.with_name(f".{path.name}.new")
    with partial.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Return when a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def notice_failure(folder: Path) -> None:
    """Have a file system find out whether it has failed; syncing in it says so afterwards.

    ext4 takes a file whose last change its journal failed to note for one that is synced, also
    while the journal fails. It becomes read-only only when something is to be changed. So to be
    sure of a file: sync it, call this, and sync it again. Where a link, a rename or a deletion
    follows anyway, that fails instead.
    """
    status = folder.stat()
    os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns))
