"""Empty files made in advance, for arrivals to be written into.

A file system keeps when a file was made, and gives files that are made one after the other
neighbouring numbers: both would tell when envelopes arrived, and which came together. So an
arrival takes any one of many that were made before it.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from intake.files import sync

#: Files in a full stock. Where more arrive in one tick it is filled again at once, and then the
#: births of those that follow tell when that was.
SIZE = 1_024
#: As many as are kept of those that come back. What is beyond is deleted at a tick.
MOST = 8 * SIZE
#: Times that all of them are noted in the journal: one of 4 MiB, the smallest, comes round.
TURNS = 16


class Stock:
    """A folder of empty files.

    Args:
        token: ``token(n)`` gives n random bytes.
    """

    def __init__(self, folder: Path, token: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._token = token
        folder.mkdir(mode=0o700, exist_ok=True)

    def fill(self, tick: int) -> None:
        """Make what is missing, as of ``tick`` (Unix seconds); raises ``OSError``."""
        names = os.listdir(self._folder)
        for name in names[MOST:]:
            (self._folder / name).unlink(missing_ok=True)
        for _ in range(SIZE - len(names)):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(self._folder / self._token(16).hex(), flags, 0o600))
        self._settle(tick)

    def wash(self, tick: int) -> None:
        """Fill the journal of the file system, if it is a small one, with nothing that matters.

        A journal has each change of a file's entry, with the time to a thousandth of a second,
        until it comes round. What is noted here of ``SIZE`` files takes 64 blocks each time.
        """
        for _ in range(TURNS):
            self._settle(tick)
            # Last, so that all of it is written when this is.
            os.utime(self._folder, (tick, tick))
            sync(self._folder)

    def take(self, path: Path) -> None:
        """Move one of the files, any, to ``path``; raises ``OSError``."""
        while True:
            names = os.listdir(self._folder)
            if not names:
                self.fill(0)
                continue
            name = names[int.from_bytes(self._token(8), "big") % len(names)]
            try:
                return os.rename(self._folder / name, path)
            except FileNotFoundError:
                # Another arrival took it.
                continue

    def give(self, path: Path) -> None:
        """Take an empty file back; raises ``OSError``."""
        path.rename(self._folder / self._token(16).hex())

    def _settle(self, tick: int) -> None:
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                os.utime(path, (tick, tick))
