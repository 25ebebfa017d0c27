"""Appending to a file past the page cache, as fast as the disk takes it.

Ciphertext is not read again soon, and on the machines that were measured going through the page
cache costs twice the time, all of it processor. Where the file system does not know O_DIRECT, the
file is written the ordinary way.
"""

import errno
import fcntl
import mmap
import os
import threading
from collections.abc import Iterable
from pathlib import Path

#: What direct writes begin, end and lie in memory at a multiple of.
PAGE = 4_096
_BUFFER = 256 * 1024
_local = threading.local()


class DirectFile:
    """A file, written front to back in pieces of any size.

    Args:
        path: an empty file, or none yet.
        going_on: after the whole pages that it holds; it need not be empty then.

    Raises:
        OSError: as the operating system has it, from every method.
    """

    def __init__(self, path: Path, *, going_on: bool = False) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        try:
            self._fd = os.open(path, flags | os.O_DIRECT, 0o600)
            self._direct = True
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._fd = os.open(path, flags, 0o600)
            self._direct = False
        # Until it is closed it is not overwritten, also if it is deleted.
        fcntl.flock(self._fd, fcntl.LOCK_SH)
        size = os.fstat(self._fd).st_size
        if size and not going_on:
            os.close(self._fd)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        if size % PAGE:
            os.ftruncate(self._fd, whole_pages(size))
        os.lseek(self._fd, 0, os.SEEK_END)
        # What is left of a piece after its last whole page; direct writes take pages only.
        self._rest = b""

    def write(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        """Append; all whole pages are handed to the disk before this returns.

        A ``memoryview`` is taken for whole pages of memory from ``pages``, and written uncopied
        where the file stands at a page as well.
        """
        buffer = _buffer()
        used = len(self._rest)
        buffer[:used] = self._rest
        # Should the disk be full, what is in the file already is not to be written once more.
        self._rest = b""
        for piece in pieces:
            if isinstance(piece, memoryview) and not used % PAGE:
                self._put(buffer, used)
                self._put(piece, len(piece))
                used = 0
                continue
            view = memoryview(piece)
            while view:
                taken = min(len(view), _BUFFER - used)
                buffer[used : used + taken] = view[:taken]
                view = view[taken:]
                used += taken
                if used == _BUFFER:
                    self._put(buffer, used)
                    used = 0
        whole = whole_pages(used)
        self._put(buffer, whole)
        self._rest = bytes(buffer[whole:used])

    def sync(self) -> None:
        """Write what is left, and return when all is on the disk."""
        if self._rest:
            self._go_ordinary()
            self._put(memoryview(self._rest), len(self._rest))
            self._rest = b""
        os.fsync(self._fd)

    def close(self) -> None:
        """Close without writing what is left."""
        os.close(self._fd)

    def _put(self, buffer: memoryview, size: int) -> None:
        done = 0
        while done < size:
            try:
                done += os.write(self._fd, buffer[done:size])
            except OSError as error:
                # Some file systems take the flag and refuse the write; a short write may
                # also leave us in the middle of a page.
                if error.errno != errno.EINVAL or not self._direct:
                    raise
                self._go_ordinary()

    def _go_ordinary(self) -> None:
        if self._direct:
            flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags & ~os.O_DIRECT)
            self._direct = False


def whole_pages(size: int) -> int:
    """Return how many of so many bytes are in whole pages."""
    return size - size % PAGE


def pages(size: int) -> memoryview:
    """Return memory that begins at a page, zeroed; it takes no room before it is written to."""
    return memoryview(mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def _buffer() -> memoryview:
    """Return this thread's buffer: reused, so that it is never left behind."""
    if not hasattr(_local, "buffer"):
        _local.buffer = pages(_BUFFER)
    buffer: memoryview = _local.buffer
    return buffer
