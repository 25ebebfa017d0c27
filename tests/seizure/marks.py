"""How often each editor delivered: the server keeps the number of each one's last dispatch.

It writes them into a new file each time, and what the old one held stays on the disk.
"""

from collections.abc import Sequence
from itertools import pairwise

from intake.wire.signing import VERIFY_KEY
from tests.seizure.image import Image

#: A key and a number; and bytes of the whole file, at the most.
_ENTRY = VERIFY_KEY + 8
_MOST = 4_096


def marks(image: Image, keys: Sequence[bytes]) -> list[tuple[int, ...]]:
    """Return what every version said of the last dispatch of each editor, the oldest first.

    Args:
        keys: the editors', in their order.
    """
    states = set()
    for run in image.every(1):
        for index, key in enumerate(keys):
            place = -1
            while (place := run.find(key, place + 1)) >= 0:
                # What follows another's is no beginning.
                before = run[max(0, place - _ENTRY) : place][:VERIFY_KEY]
                if before not in keys and (
                    state := _state(run[place : place + _MOST], keys[index:])
                ):
                    states.add((*[0] * index, *state))
    return sorted(states, key=sum)


def _state(run: bytes, keys: Sequence[bytes]) -> tuple[int, ...]:
    """Return the numbers that stand behind keys, one after the other; none in a keyring."""
    numbers, place = [0] * len(keys), 0
    for index, key in enumerate(keys):
        if run[place : place + VERIFY_KEY] == key:
            number = run[place + VERIFY_KEY : place + _ENTRY]
            numbers[index], place = int.from_bytes(number, "big"), place + _ENTRY
    return () if any(run[place : place + _ENTRY]) else tuple(numbers)


def authors(marks: Sequence[tuple[int, ...]]) -> list[int]:
    """Return who delivered, each time: whoever's number is another then."""
    states = [tuple(0 for _ in marks[0]), *marks] if marks else []
    return [
        index
        for pair in pairwise(states)
        for index, (old, new) in enumerate(zip(*pair, strict=True))
        if old != new
    ]
