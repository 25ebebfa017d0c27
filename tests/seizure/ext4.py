"""What an ext4 remembers, read from the raw bytes of its device as an examiner reads them.

The journal keeps old versions of every block of metadata until it is written over: folders with the
names in them, and tables of inodes with all times to the nanosecond. Nothing here asks the kernel.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from mmap import mmap

_SUPERBLOCK = 1_024
_JOURNAL_MAGIC = b"\xc0\x3b\x39\x98"
_DESCRIPTOR, _COMMIT = 1, 2
#: A tag of a descriptor with the third kind of checksums: block, flags, its high half, checksum.
_TAG = struct.Struct(">IIII")
_SAME_UUID, _LAST_TAG = 2, 8
_UUID = 16
_EXTENTS = b"\x0a\xf3"
_NANOSECONDS = 10**9
#: A name of hexadecimal digits in a folder: the inode's number, the name's length, the name.
_ENTRY = re.compile(rb"(?s)(.{4})..([\x20\x40])\x01([0-9a-f]{32,64})")
#: How a block with names in it ends, but for a checksum.
_TAIL = b"\0\0\0\0\x0c\0\0\xde"
_CHECKSUM = 4
_KIND, _FOLDER = 0xF000, 0x4000


@dataclass(frozen=True)
class Inode:
    """One version of a file's inode, its times in nanoseconds.

    Attributes:
        seen: when the journal noted this version; 0 for what is in the table itself.
    """

    number: int
    seen: int
    size: int
    links: int
    accessed: int
    modified: int
    changed: int
    born: int
    deleted: int


@dataclass(frozen=True)
class Entry:
    """A name in a folder, and when the journal noted it; 0 where it lies elsewhere.

    Attributes:
        folder: the folder's inode; 0 where that is not told any more.
    """

    inode: int
    name: str
    folder: int
    seen: int


@dataclass(frozen=True)
class _Transaction:
    """What the journal noted at a moment: by a block's number, where its bytes lie."""

    time: int
    blocks: dict[int, int]


class Ext4:
    """A file system in bytes.

    Attributes:
        commits: the moments at which the journal was written, as far as it still says.
    """

    def __init__(self, raw: mmap) -> None:
        self._raw = raw
        (self._inodes,) = struct.unpack_from("<I", raw, _SUPERBLOCK + 40)
        (self._inode_size,) = struct.unpack_from("<H", raw, _SUPERBLOCK + 88)
        (log,) = struct.unpack_from("<I", raw, _SUPERBLOCK + 24)
        self._block = 1_024 << log
        self._tables = self._find_tables()
        self._journal = sorted(self._transactions(), key=lambda one: one.time)
        self.commits = [one.time for one in self._journal]

    def inodes(self) -> dict[int, list[Inode]]:
        """Return all versions of all inodes, the oldest first, by their numbers."""
        return {
            number: [_inode(self._raw, place, number, seen) for place, seen in places.items()]
            for number, places in self._inode_places()
        }

    def entries(self) -> list[Entry]:
        """Return all names of ours in any folder: the journal's oldest first, others last."""
        copies = {
            place // self._block: (block, transaction.time)
            for transaction in self._journal
            for block, place in transaction.blocks.items()
        }
        folders = dict(self._blocks_of_folders())
        found = []
        for place in range(0, len(self._raw), self._block):
            end = place + self._block - _CHECKSUM
            if self._raw[end - len(_TAIL) : end] == _TAIL:
                block, seen = copies.get(place // self._block, (place // self._block, 0))
                for hit in _ENTRY.finditer(self._raw, place, place + self._block):
                    (inode,) = struct.unpack("<I", hit[1])
                    name = hit[3][: hit[2][0]].decode()
                    found.append(Entry(inode, name, folders.get(block, 0), seen))
        return sorted(found, key=lambda entry: (not entry.seen, entry.seen))

    def _blocks_of_folders(self) -> Iterator[tuple[int, int]]:
        """Yield each block that is, or was, of a folder, and that folder's inode."""
        for number, places in self._inode_places():
            for place in places:
                (mode,) = struct.unpack_from("<H", self._raw, place)
                if mode & _KIND == _FOLDER:
                    yield from ((block, number) for block in self._extents(place + 40))

    def _extents(self, place: int) -> Iterator[int]:
        """Yield the blocks that a node of a file's tree leads to."""
        magic, count, _, depth = struct.unpack_from("<2sHHH", self._raw, place)
        if magic != _EXTENTS or count > self._block // 12:
            return
        for at in range(place + 12, place + 12 + 12 * count, 12):
            if depth:
                low, high = struct.unpack_from("<4xIH", self._raw, at)
                node = (low | high << 32) * self._block
                if node + self._block <= len(self._raw):
                    yield from self._extents(node)
            else:
                length, high, low = struct.unpack_from("<4xHHI", self._raw, at)
                first = low | high << 32
                yield from range(first, first + length)

    def _find_tables(self) -> list[tuple[int, int]]:
        """Return the blocks of each group's table of inodes, from the first to behind the last."""
        raw = self._raw
        (blocks, first) = struct.unpack_from("<4xI12xI", raw, _SUPERBLOCK)
        (per_group,) = struct.unpack_from("<I", raw, _SUPERBLOCK + 32)
        (size,) = struct.unpack_from("<H", raw, _SUPERBLOCK + 254)
        (self._per_group,) = struct.unpack_from("<I", raw, _SUPERBLOCK + 40)
        length = self._per_group * self._inode_size // self._block
        tables = []
        for group in range(-(-(blocks - first) // per_group)):
            place = (first + 1) * self._block + group * size
            (low,) = struct.unpack_from("<I", raw, place + 8)
            (high,) = struct.unpack_from("<I", raw, place + 40) if size >= 64 else (0,)
            tables.append((low | high << 32, (low | high << 32) + length))
        return tables

    def _inode_places(self) -> Iterable[tuple[int, dict[int, int]]]:
        """Return by each inode's number where a version lies, and when it was noted."""
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for transaction in self._journal:
            for block, place in transaction.blocks.items():
                for number, at in self._inodes_at(block, place):
                    found[number][at] = transaction.time
        for first, end in self._tables:
            for block in range(first, end):
                for number, at in self._inodes_at(block, block * self._block):
                    found[number][at] = 0
        return found.items()

    def _inodes_at(self, block: int, place: int) -> Iterator[tuple[int, int]]:
        """Yield number and place of the inodes in the bytes of a block, if it is of a table."""
        here = self._block // self._inode_size
        for group, (first, end) in enumerate(self._tables):
            if first <= block < end:
                number = group * self._per_group + (block - first) * here + 1
                for index in range(here):
                    at = place + index * self._inode_size
                    if self._raw[at + 40 : at + 42] == _EXTENTS:
                        yield number + index, at

    def _transactions(self) -> Iterator[_Transaction]:
        """Yield what the journal holds; where it went on from its beginning again, some is torn."""
        raw, size = self._raw, self._block
        blocks: dict[int, int] = {}
        for place in range(0, len(raw), size):
            if raw[place : place + 4] != _JOURNAL_MAGIC:
                continue
            (kind,) = struct.unpack_from(">I", raw, place + 4)
            if kind == _DESCRIPTOR:
                for index, block in enumerate(self._tags(place), 1):
                    blocks[block] = place + index * size
            elif kind == _COMMIT:
                seconds, nanoseconds = struct.unpack_from(">QI", raw, place + 48)
                yield _Transaction(seconds * _NANOSECONDS + nanoseconds, blocks)
                blocks = {}

    def _tags(self, place: int) -> Iterator[int]:
        """Yield the numbers of the blocks that follow a descriptor."""
        at, end = place + 12, place + self._block - _TAG.size
        while at <= end:
            low, flags, high, _ = _TAG.unpack_from(self._raw, at)
            at += _TAG.size + (0 if flags & _SAME_UUID else _UUID)
            yield low | high << 32
            if flags & _LAST_TAG:
                return


def _inode(raw: mmap, at: int, number: int, seen: int) -> Inode:
    size, accessed = struct.unpack_from("<II", raw, at + 4)
    changed, modified, deleted = struct.unpack_from("<III", raw, at + 12)
    (links,) = struct.unpack_from("<H", raw, at + 26)
    changed_extra, modified_extra, accessed_extra = struct.unpack_from("<III", raw, at + 132)
    born, born_extra = struct.unpack_from("<II", raw, at + 144)
    return Inode(
        number,
        seen,
        size,
        links,
        _time(accessed, accessed_extra),
        _time(modified, modified_extra),
        _time(changed, changed_extra),
        _time(born, born_extra),
        deleted * _NANOSECONDS,
    )


def _time(seconds: int, extra: int) -> int:
    """Return nanoseconds; the lowest two bits of the second word are more of the seconds."""
    return (seconds + ((extra & 3) << 32)) * _NANOSECONDS + (extra >> 2)
