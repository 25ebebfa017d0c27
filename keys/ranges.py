"""Which bytes of a file are there; numbers only."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Ranges:
    """A set of bytes, in few bytes of memory: where it begins, ends, begins again, and so on."""

    __slots__ = ("_bounds",)

    def __init__(self) -> None:
        self._bounds = array("Q")

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield first byte, and first byte after, of each stretch."""
        return zip(self._bounds[::2], self._bounds[1::2], strict=True)

    def add(self, start: int, end: int) -> None:
        """Add a stretch, which is not empty."""
        # A bound at an even place begins a stretch: what lies there is outside all others. What
        # touches another stretch becomes one with it.
        low, high = bisect_left(self._bounds, start), bisect_right(self._bounds, end)
        bounds = [start] * (low % 2 == 0) + [end] * (high % 2 == 0)
        self._bounds[low:high] = array("Q", bounds)

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return what of a stretch is not there."""
        found = []
        index = bisect_right(self._bounds, start)
        if index % 2:
            start, index = self._bounds[index], index + 1
        while start < end:
            until = min(end, self._bounds[index]) if index < len(self._bounds) else end
            found.append((start, until))
            start = self._bounds[index + 1] if index < len(self._bounds) else end
            index += 2
        return found
