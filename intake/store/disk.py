"""What all of the directory does with a disk: read without a trace, and tell when it is full."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from intake.errors import DiskFull

_PIECE = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def unseen(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open so that reading leaves no trace: its time would tell who read what, and when."""
    try:
        return os.open(path, flags | os.O_CLOEXEC | os.O_NOATIME)
    except PermissionError:
        # Another's file, on a machine that was set up so.
        return os.open(path, flags | os.O_CLOEXEC)


def opened(path: Path) -> BinaryIO:
    """Open a file for reading; ``FileNotFoundError`` if there is none.

    Until it is closed it is not overwritten, also if it is deleted.
    """
    file = os.fdopen(unseen(path), "rb")
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        # It may have been deleted just before, and be another's by now.
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except BlockingIOError as error:
        file.close()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from error
    except OSError:
        file.close()
        raise
    return file


def looked_up(path: Path) -> BinaryIO:
    """Open a file that was asked for by its name; ``KeyError`` if there is none."""
    try:
        return opened(path)
    except FileNotFoundError as error:
        raise KeyError(path.name) from error


def names_in(folder: Path) -> list[str]:
    """Return the names of what is in a folder."""
    descriptor = unseen(folder)
    try:
        return os.listdir(descriptor)
    finally:
        os.close(descriptor)


def is_beginning(part: Path, whole: Path) -> bool:
    """Return whether all bytes of one file are the first of the other, or all of them."""
    with opened(part) as one, opened(whole) as other:
        while piece := one.read(_PIECE):
            if other.read(len(piece)) != piece:
                return False
    return True


class Each:
    """A context for one of many that are to be done, each, whatever becomes of the others."""

    def __init__(self) -> None:
        self._failure: OSError | None = None

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, OSError):
            self._failure = error
        return isinstance(error, OSError)

    def raise_failure(self) -> None:
        """Raise the last ``OSError`` there was, if there was one."""
        if self._failure is not None:
            raise self._failure


@contextmanager
def full_told() -> Iterator[None]:
    """Turn the operating system's ways to say that the disk is full into ``DiskFull``."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(
            "The disk is full.",
            "Collect the envelopes and deliver the receipts, or give the store a larger disk.",
        ) from error
