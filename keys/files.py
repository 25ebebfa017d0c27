"""Files that are whole or not there, on the disk when a call returns, and never over another."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from keys.disk import rename_new

#: For what others carry and deliver; there is nothing in it that is not sealed or public.
FOR_ALL: Final = 0o644

_PARTIAL: Final = ".partial"
_NO_FOLDER_SYNC = {errno.EINVAL, errno.EACCES, errno.ENOTSUP, errno.EBADF}


def sync_folder(folder: Path) -> None:
    """Return when the folder's entries are on the disk, where its file system can say so."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder for the owner alone, and the ones above it, durably. It may exist."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def create(path: Path) -> BinaryIO:
    """Return a new file for the owner alone, not executable; what is there is never opened."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def append(file: BinaryIO, pieces: Iterable[bytes]) -> None:
    """Write on, and have the system put it on the disk at once and keep no copy of it.

    So nearly nothing waits for ``finish``, and nothing else is pushed out of memory.
    """
    file.writelines(pieces)
    file.flush()
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of it at a place of an open file."""
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


def finish(file: BinaryIO) -> None:
    """Return when all that was written is on the disk, and close."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def write_durably(path: Path, data: bytes, *, replace: bool, mode: int = 0o600) -> None:
    """Write a file, for the owner alone unless ``mode`` says otherwise: whole, or not at all.

    Args:
        replace: whether it takes the place of one that is there.

    Raises:
        FileExistsError: it is there already, and ``replace`` is false.
        OSError: as the operating system has it; nothing was changed then.
    """
    if not replace and os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    partial = partial_of(path)
    partial.unlink(missing_ok=True)
    try:
        write_new(partial, data, mode)
        if replace:
            partial.replace(path)
            sync_folder(path.parent)
        else:
            place(partial, path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def partial_of(path: Path) -> Path:
    """Return where a file is written before it gets its name."""
    return path.with_name(f".{path.name}{_PARTIAL}")


def remove_partials(folder: Path) -> None:
    """Remove what a crash left of ``write_durably`` in a folder; not in the folders below."""
    for leftover in folder.glob(f".?*{_PARTIAL}"):
        if leftover.is_file():
            leftover.unlink()


def place(partial: Path, path: Path) -> None:
    """Give a finished file its name, durably.

    Raises:
        FileExistsError: something else has that name.
    """
    rename_new(partial, path)
    sync_folder(path.parent)


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that was not there; on the disk when this returns."""
    with create(path) as file:
        if mode != 0o600:
            os.fchmod(file.fileno(), mode)
        file.write(data)
        finish(file)
