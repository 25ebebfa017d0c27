"""Empty files made in advance, for arrivals to be written into.

A file system keeps when a file was made, and gives files that are made one after the other
neighbouring numbers: both would tell when envelopes arrived, and which came together. So an
arrival takes any one of many that were made before it.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

#: Files in a full stock. Where more arrive in one tick it is filled again at once, and then the
#: births of those that follow tell when that was.
SIZE = 1_024
#: As many as are kept of those that come back. What is beyond is deleted at a tick.
MOST = 8 * SIZE


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
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                os.utime(path, (tick, tick))

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
