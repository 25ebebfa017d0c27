"""What to say where an envelope can't be opened, or not kept."""

import errno
from typing import Final

from keys.errors import DeskFull, EnvelopeError

#: The next envelope would fare no better.
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def is_full(error: OSError) -> bool:
    """Return whether the desk's disk takes no more of anything."""
    return error.errno in _FULL


def not_kept(error: OSError) -> DeskFull | EnvelopeError:
    """Return what to say where the desk's disk refuses something."""
    if is_full(error):
        return DeskFull(
            f"The desk's disk takes no more: {error.strerror}.",
            "Make room on it, then run the same again: it goes on where it stopped.",
        )
    place = f"{error.filename}: " if error.filename else ""
    return EnvelopeError(
        f"It cannot be kept: {place}{error.strerror}.", "Run the same again when that is mended."
    )


def damaged(problem: object) -> EnvelopeError:
    """Return what to say of an envelope of which nothing is kept."""
    return EnvelopeError(
        f"It is damaged: {problem}. Nothing of it was kept.",
        "Copy it again. --keep-damaged keeps what comes before the damage.",
    )
