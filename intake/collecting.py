"""Collecting: envelopes copied out of the store, to a stick or any folder."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from intake.errors import CollectError
from intake.files import sync
from intake.store import Store, Stored

_PIECE = 1 << 20


def collect(store: Store, folder: Path, progress: Callable[[int, int], None]) -> tuple[int, int]:
    """Copy every envelope on the shelf that is not in the folder yet.

    Args:
        progress: called with bytes done and bytes in all.

    Returns:
        How many were copied, and how many were there already.

    Raises:
        CollectError: the folder takes no more. What was copied is whole; call again to go on.
    """
    try:
        folder.mkdir(exist_ok=True)
        there = {path.name: path.stat().st_size for path in folder.iterdir()}
    except OSError as error:
        raise _failed(folder, error) from error
    held = list(store.envelopes())
    wanted = [one for one in held if there.get(one.name) != one.size]
    total, done, copied = sum(one.size for one in wanted), 0, 0
    for one in wanted:
        try:
            for size in _copy(store, one, folder):
                done += size
                progress(done, total)
            copied += 1
        except KeyError:
            # A receipt came meanwhile.
            continue
        except OSError as error:
            (folder / f".{one.name}.part").unlink(missing_ok=True)
            at = f"{copied} of {len(wanted)} are copied, and the next has {one.size:,} bytes. "
            raise _failed(folder, error, at) from error
    try:
        sync(folder)
    except OSError as error:
        raise _failed(folder, error) from error
    return copied, len(held) - len(wanted)


def _copy(store: Store, one: Stored, folder: Path) -> Iterator[int]:
    """Copy an envelope, whole or not at all; yield the bytes of each piece."""
    partial = folder / f".{one.name}.part"
    with store.open(one.name) as source, partial.open("wb") as target:
        while piece := source.read(_PIECE):
            target.write(piece)
            yield len(piece)
        target.flush()
        os.fsync(target.fileno())
    partial.replace(folder / one.name)


def _failed(folder: Path, error: OSError, at: str = "") -> CollectError:
    if error.errno in (errno.ENOENT, errno.EEXIST, errno.ENOTDIR):
        return CollectError(f"{folder} is no folder.", "Is the stick there? Nothing was copied.")
    if error.errno == errno.EFBIG:
        hint = "Its file system takes no file of 4 GiB or more (FAT32): format it as exFAT or ext4."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = (
            f"{at}Take another stick, or empty this one when the desk has opened it; then collect "
            "again to go on."
        )
    else:
        hint = "Check the stick and its file system; then collect again to go on."
    return CollectError(f"{folder} takes no more: {error.strerror}.", hint)
