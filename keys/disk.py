"""What the operating system can do with a disk, and Python does not offer."""

import ctypes
import errno
import os
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_HERE: Final = -100
_NO_REPLACE: Final = 1
_EXCHANGE: Final = 2
#: What a file system answers that knows of no such thing.
_UNKNOWN: Final = {errno.EINVAL, errno.ENOSYS, errno.ENOTTY}


class Disk:
    """The disk that a folder is on."""

    def __init__(self, folder: Path) -> None:
        # Held open from before the first write: an error in writing is told to those alone.
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def sync(self) -> None:
        """Return when all that anybody wrote there so far is on the disk.

        For many small files it takes a thousandth of what as many calls of ``fsync`` would.

        Raises:
            OSError: something could not be written.
        """
        if _LIBC.syncfs(self._descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def rename_new(source: Path | str, target: Path | str) -> None:
    """Give a file or folder another name, in one step, where nothing has that name.

    Raises:
        FileExistsError: something has it.
        OSError: as ``os.rename`` does.
    """
    problem = _rename(source, target, _NO_REPLACE)
    if problem in _UNKNOWN:
        # Only the owner writes here, so to look first is enough.
        if not os.path.lexists(target):
            os.rename(source, target)
            return
        problem = errno.EEXIST
    if problem:
        raise OSError(problem, os.strerror(problem), str(target))


def exchange(one: Path, other: Path) -> bool:
    """Give each of two files the other's name, in one step; return whether that can be done here.

    Raises:
        OSError: it can be, and failed.
    """
    problem = _rename(one, other, _EXCHANGE)
    if problem and problem not in _UNKNOWN:
        raise OSError(problem, os.strerror(problem), str(other))
    return not problem


def _rename(source: Path | str, target: Path | str, how: int) -> int:
    """Return 0, or the number of what was wrong."""
    if _LIBC.renameat2(_HERE, os.fsencode(source), _HERE, os.fsencode(target), how):
        return ctypes.get_errno()
    return 0
