"""Small envelopes, written anew at the tick, one after the other in an order of chance.

A disk gives what comes next the next blocks. So where envelopes lie tells who came after whom, to
the last one, and with it which belong together: a message, and then its files.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from intake.files import sync
from intake.store.erasing import Erasing
from intake.store.stock import Stock

#: Bytes of the largest that is written anew: twice, since what was there before is overwritten.
SMALL = 1 << 20


def scatter(
    paths: Sequence[Path],
    fresh: Callable[[], Path],
    stock: Stock,
    erasing: Erasing,
    leave: Callable[[Path], None],
) -> None:
    """Put a copy in the place of each file that is small, and has no other name.

    Nobody else may change them meanwhile. One that cannot be copied stays where it lies. A crash
    leaves each as it was or as it will be, and copies under the names that ``fresh`` gives; a copy
    that fails and cannot even be deleted is named to ``leave``.
    """
    copies: dict[Path, Path] = {}
    for path in paths:
        status = path.stat()
        if status.st_nlink > 1 or status.st_size > SMALL:
            continue
        copy = fresh()
        try:
            stock.take(copy)
            copy.write_bytes(path.read_bytes())
            copies[path] = copy
        except OSError:
            _drop(copy, erasing, leave)
    for path, copy in copies.items():
        try:
            sync(copy)
            erasing.replace(copy, path)
        except OSError:
            _drop(copy, erasing, leave)


def _drop(copy: Path, erasing: Erasing, leave: Callable[[Path], None]) -> None:
    try:
        erasing.take(copy)
    except OSError:
        leave(copy)
