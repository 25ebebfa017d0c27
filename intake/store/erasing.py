"""Deleting so that the bytes go, where the medium obeys, and no time of it stays.

What is deleted moves to a folder of its own, and is gone for everybody else. There it is
overwritten with random bytes, for zeros would show how much was deleted. The emptied file goes back
to the stock: what is never freed has no time of deletion, and the next arrival's birth is an old
one. A crash in between leaves it in the folder, where the next look finds it.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from intake.errors import DiskFull
from intake.files import sync
from intake.store.disk import full_told, names_in, unseen
from intake.store.stock import Stock

_ZEROS = bytes(1 << 20)


class Erasing:
    """A folder of what is deleted, and not overwritten yet.

    Args:
        folder: made if it is missing.
        token: ``token(n)`` gives n random bytes.
    """

    def __init__(self, folder: Path, stock: Stock, token: Callable[[int], bytes]) -> None:
        self.folder = folder
        self._stock = stock
        self._token = token
        folder.mkdir(mode=0o700, exist_ok=True)

    def take(self, path: Path) -> None:
        """Delete a file, or one of its names; ``FileNotFoundError`` if there is none.

        It is durable when its folder is synced.
        """
        if path.stat().st_nlink > 1:
            return path.unlink()
        try:
            with full_told():
                path.rename(self._new())
        except DiskFull:
            # Not even for a name: that what is deleted gives room comes first.
            path.unlink()

    def replace(self, newer: Path, older: Path) -> None:
        """Have one file take the place of another, if there is one, in one step; delete that."""
        try:
            descriptor = unseen(older)
        except FileNotFoundError:
            newer.replace(older)
            return
        try:
            # Nobody erases one of its two names meanwhile, and with it the way to its bytes.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            os.link(older, self._new())
            newer.replace(older)
        finally:
            os.close(descriptor)

    def erase(self) -> None:
        """Overwrite what was deleted, but for what is still being read or written; it may raise
        ``OSError``, and then goes on at the next call.
        """
        names = names_in(self.folder)
        if not names:
            return
        # What is overwritten must not be back at its old place after a loss of power. ``replace``
        # takes two steps: what has two names now may be between them, and is for the next call.
        alone = {name for name in names if self._is_alone(self.folder / name)}
        for place in self.folder.parent.iterdir():
            if place.is_dir():
                sync(place)
        for name in names:
            # Another process may be at it as well.
            with suppress(FileNotFoundError, BlockingIOError):
                self._erase(self.folder / name, is_settled=name in alone)

    def _is_alone(self, path: Path) -> bool:
        with suppress(FileNotFoundError):
            return path.stat().st_nlink == 1
        return False

    def _erase(self, path: Path, *, is_settled: bool) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            # Whoever reads or writes it holds the lock with others.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Before we had the lock, another may have made it an arrival's file.
            path.lstat()
            status = os.fstat(descriptor)
            if status.st_nlink > 1:
                # An envelope under another name, and only this one was deleted.
                return path.unlink()
            if not is_settled:
                return None
            # A file system that writes elsewhere may have no room for that.
            with suppress(DiskFull), full_told():
                self._overwrite(descriptor, status.st_size)
            os.ftruncate(descriptor, 0)
            self._stock.give(path)
        finally:
            os.close(descriptor)

    def _overwrite(self, descriptor: int, size: int) -> None:
        # A cipher's stream under a key that nobody keeps: several times as fast as the system's.
        stream = Cipher(ChaCha20(self._token(32), bytes(16)), None).encryptor()
        done = 0
        while done < size:
            piece = memoryview(stream.update(_ZEROS[: size - done]))
            while piece:
                written = os.pwrite(descriptor, piece, done)
                piece, done = piece[written:], done + written
        os.fdatasync(descriptor)

    def _new(self) -> Path:
        return self.folder / self._token(16).hex()
