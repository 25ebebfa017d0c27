"""Small envelopes, written anew at the tick, one after the other in an order of chance.

A disk gives what comes next the next blocks. So where envelopes lie tells who came after whom, to
the last one, and with it which belong together: a message, and then its files.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from intake.files import sync
from intake.store.disk import names_in
from intake.store.erasing import Erasing
from intake.store.stock import Stock

#: Bytes of the largest that is written anew: twice, since what was there before is overwritten.
SMALL = 1 << 20


class Scatter:
    """A folder of copies that have not taken their place yet.

    None of them is ever an envelope by itself: what a crash leaves here might have been deleted on
    a receipt since, and would be back.

    Args:
        folder: made if it is missing.
    """

    def __init__(self, folder: Path, stock: Stock, erasing: Erasing) -> None:
        self.folder = folder
        self._stock = stock
        self._erasing = erasing
        folder.mkdir(mode=0o700, exist_ok=True)

    def scatter(self, paths: Sequence[Path]) -> None:
        """Put a copy in the place of each file that is small, and has no other name.

        Nobody else may change them meanwhile, or scatter. One that cannot be copied stays where it
        lies. A crash leaves each as it was or as it will be.
        """
        for name in names_in(self.folder):
            self._drop(self.folder / name)
        copies: dict[Path, Path] = {}
        for path in paths:
            status = path.stat()
            if status.st_nlink > 1 or status.st_size > SMALL:
                continue
            copy = self.folder / path.name
            try:
                self._stock.take(copy)
                copy.write_bytes(path.read_bytes())
                copies[path] = copy
            except OSError:
                self._drop(copy)
        for path, copy in copies.items():
            try:
                sync(copy)
                self._erasing.replace(copy, path)
            except OSError:
                self._drop(copy)

    def _drop(self, copy: Path) -> None:
        # What cannot be deleted on a disk that fails is for the next time.
        with suppress(OSError):
            self._erasing.take(copy)
