"""The lives of files: when each got its name, and lost it, as far as a file system still tells."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tests.seizure.ext4 import Entry, Ext4, Inode

SECOND = 10**9
#: Nanoseconds: some times are of a finer clock than that of the journal, which has such steps.
_STEP = 10**7


@dataclass(frozen=True)
class Life:
    """What a file was under one name.

    Attributes:
        noted: when the journal first had that name, in nanoseconds; 0 if it does not tell.
        versions: of its inode while it had that name, the oldest first.
        left: when it first had another, or none; 0 if it does not tell, or still has it.
    """

    name: str
    noted: int
    versions: list[Inode]
    left: int

    @property
    def begun(self) -> float | None:
        """When it got its name, in Unix seconds, if that is told at all."""
        if self.noted or not self.versions:
            return self.noted / SECOND or None
        written = self.versions[-1].modified
        return written / SECOND if written % SECOND else None

    @property
    def ended(self) -> float | None:
        """When it lost its name, if that is told at all."""
        return self.left / SECOND if self.left else None

    @property
    def size(self) -> int:
        """Bytes that it had."""
        return max((one.size for one in self.versions), default=0)

    @property
    def tick(self) -> int | None:
        """The whole second that it was given for its time."""
        whole = [one.modified for one in self.versions if one.size and not one.modified % SECOND]
        return whole[-1] // SECOND if whole else None

    @property
    def read(self) -> float | None:
        """When it was read, if that was noted: what is set by hand is a whole second."""
        times = [one.accessed for one in self.versions if one.size and one.accessed % SECOND]
        return times[-1] / SECOND if times and times[-1] > self.versions[0].modified else None


def lives(raw: Ext4, folders: Collection[int]) -> list[Life]:
    """Return what was, or is, under names in some folders.

    Args:
        folders: their inodes.
    """
    inodes, names = raw.inodes(), _names(raw.entries())
    found: dict[str, list[Life]] = defaultdict(list)
    for inode, entries in names.items():
        for name, noted, left in _stays(entries, folders):
            until = left or 1 << 63
            versions = [
                one
                for one in inodes.get(inode, [])
                if (one.seen >= noted - _STEP and one.seen < until and one.seen)
                or (not one.seen and not left)
            ]
            ends = [time for time in (left, _deleted(versions)) if time]
            found[name].append(Life(name, noted, versions, min(ends, default=0)))
    return [_whole(parts) for parts in found.values()]


def _names(entries: list[Entry]) -> dict[int, list[Entry]]:
    """Return the names of each inode by when they were first noted; the others after those."""
    names: dict[int, dict[tuple[str, int], Entry]] = defaultdict(dict)
    for entry in entries:
        names[entry.inode].setdefault((entry.name, entry.folder), entry)
    return {inode: list(some.values()) for inode, some in names.items()}


def _stays(entries: list[Entry], folders: Collection[int]) -> Iterator[tuple[str, int, int]]:
    """Yield each name in the folders, when it was first noted, and when the next was, elsewhere."""
    begun: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if entry.folder in folders:
            begun.setdefault(entry.name, index)
    for name, index in begun.items():
        noted = entries[index].seen
        later = (one.seen for one in entries[index + 1 :] if one.name != name and one.seen)
        yield name, noted, next(later, 0) if noted else 0


def _deleted(versions: list[Inode]) -> int:
    """Return when an inode was given up."""
    return next((one.changed for one in versions if one.deleted), 0)


def _whole(parts: list[Life]) -> Life:
    """Return one life of what was copied from file to file under its name."""
    ordered = sorted(parts, key=lambda life: (not life.noted, life.noted))
    versions = [one for life in ordered for one in life.versions]
    return Life(ordered[0].name, ordered[0].noted, versions, ordered[-1].left)
