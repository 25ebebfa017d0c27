"""Which uploads were finished: a table that tells whoever asks with the address, and nobody else.

It has one size for ever, and is filled with random bytes when it is made. An entry is 16 bytes of a
hash, put at a random place of the page that other bytes of the hash choose, over whatever is there.
So an entry looks as the filling does, and their number cannot be seen. What is forgotten in time is
only sent twice.

A million entries: an upload of ours is a pack of 8 MB, so 269 GB are 32,000 of them, and when the
last has come, one and a half in a hundred of those before it are forgotten.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from intake.errors import DiskFull
from intake.files import sync
from intake.store.disk import full_told, unseen

ENTRY: Final = 16
#: Entries that share a page: as many are looked at for each question.
PAGE: Final = 4_096
#: Bytes of the table, but no more than one in so many of those that are free.
_SIZE: Final = 1 << 24
_SHARE: Final = 256


class Remembered:
    """The table.

    Args:
        path: made if it is missing.
        token: ``token(n)`` gives n random bytes.
    """

    def __init__(self, path: Path, token: Callable[[int], bytes]) -> None:
        self._token = token
        self._file: int | None = None
        # A full disk remembers nothing, until the server is started again.
        with suppress(DiskFull), full_told():
            if not path.exists():
                _make(path, token)
            self._file = unseen(path, os.O_RDWR)

    def __contains__(self, digest: bytes) -> bool:
        """Return whether the upload was finished, as far as is known."""
        if self._file is None:
            return False
        page = os.pread(self._file, PAGE, _page(self._file, digest))
        entry = digest[-ENTRY:]
        return any(page[at : at + ENTRY] == entry for at in range(0, len(page), ENTRY))

    def add(self, digest: bytes) -> None:
        """Remember durably that an upload is finished."""
        if self._file is None or digest in self:
            return
        place = int.from_bytes(self._token(8), "big") % (PAGE // ENTRY)
        os.pwrite(self._file, digest[-ENTRY:], _page(self._file, digest) + place * ENTRY)
        os.fdatasync(self._file)


def _page(file: int, digest: bytes) -> int:
    """Return where a page begins; the bytes that choose it are none of the entry's."""
    pages = os.fstat(file).st_size // PAGE
    return int.from_bytes(digest[:8], "big") % pages * PAGE


def _make(path: Path, token: Callable[[int], bytes]) -> None:
    """Make the table, whole or not at all."""
    partial = path.with_name(f".{path.name}.new")
    with partial.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        for _ in range(_size(path.parent) // PAGE):
            file.write(token(PAGE))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    sync(path.parent)


def _size(folder: Path) -> int:
    """Return the bytes of a new table."""
    disk = os.statvfs(folder)
    share = disk.f_bavail * disk.f_frsize // _SHARE
    return max(PAGE, min(_SIZE, share - share % PAGE))
