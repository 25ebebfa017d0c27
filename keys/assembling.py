"""Files that come in pieces, put together as these come, in whatever order (F3.5).

Each is a file in a hidden folder with holes where nothing came yet. Which bytes are there, the
ledger knows: whatever else a crash leaves in the file is written again.
"""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from threading import Lock
from typing import Final

from intake.wire.labels import derive
from intake.wire.pack import Piece
from keys.files import write_at
from keys.ledger import Opened, Share
from keys.ranges import Ranges

#: The folder, in a desk.
PIECES: Final = ".pieces"
#: Files that are put together at once, of one thread and in all: each takes some memory.
MOST_OF_A_THREAD: Final = 65_536
MOST: Final = 262_144
_LARGEST: Final = 2**63 - 1
#: What a file system answers where a file cannot be so large.
_TOO_LARGE: Final = {errno.EFBIG, errno.EINVAL}
_LABEL: Final = b"keys1 pieces"
_TURNS: Final = 64
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a pack comes from: ids in hexadecimal digits."""

    thread_id: str
    submission: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a piece.

    Attributes:
        file: that it is part of now; empty where the whole file is here already.
        ranges: of the file that were missing before.
        changed: another piece came with other bytes for the same place; this one was left out.
    """

    file: str
    ranges: tuple[tuple[int, int], ...] = ()
    changed: bool = False


class _Work:
    """One file that waits for pieces.

    Attributes:
        file: its name in the folder.
        there: what was written.
        left: bytes that the ledger does not know of yet.
    """

    __slots__ = ("changed", "file", "left", "there", "thread_id")

    def __init__(self, thread_id: str | None, file: str, size: int) -> None:
        self.thread_id = thread_id
        self.file = file
        self.there = Ranges()
        self.left = size
        self.changed = False


class Assembling:
    """All files of a desk that wait for pieces. Any thread may give them some.

    Attributes:
        whole: files that were put together before, by thread.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.whole: Counter[str | None] = Counter()
        self._works: dict[bytes, _Work] = {}
        self._of: Counter[str | None] = Counter()
        self._counting = Lock()
        # All that is done to one file is done under its lock.
        self._turns = [Lock() for _ in range(_TURNS)]

    def restore(self, entry: Opened, share: Share) -> None:
        """Take in what the ledger has noted before."""
        key = _key(entry.thread_id, entry.submission, share.path, share.size)
        work = self._works.get(key)
        if share.ranges and (work is None or work.file != share.file):
            self._forget(key)
            work = self._begin(key, entry.thread_id, share.file, share.size)
        if work is not None:
            for start, end in share.ranges:
                work.there.add(start, end)
            self._count(key, work, share)

    def waits_for(self, origin: Origin, piece: Piece) -> bool:
        """Whether some of a file came before, and not all: a pack was cut in it, perhaps."""
        if not self._works:
            return False
        return _key(origin.thread_id, origin.submission, piece.path, piece.size) in self._works

    def take(
        self,
        origin: Origin,
        piece: Piece,
        offset: int,
        data: bytes,
        *,
        done: Path | None,
        random: Callable[[int], bytes],
    ) -> Taken | None:
        """Write bytes of a file to their place, those that are not there yet.

        Args:
            piece: which file, and how large; untrusted.
            offset: of the first byte.
            done: where the file would be if it were here already.

        Returns:
            ``None`` where no such file can be put together; the bytes are to be kept otherwise.

        Raises:
            OSError: they cannot be written now.
        """
        if piece.size > _LARGEST:
            return None
        key = _key(origin.thread_id, origin.submission, piece.path, piece.size)
        with self._turn(key):
            work = self._works.get(key)
            if work is None:
                if done is not None and _holds(done, piece.size, offset, data):
                    return Taken("")
                if len(self._works) >= MOST or self._of[origin.thread_id] >= MOST_OF_A_THREAD:
                    return None
                work = self._begin(key, origin.thread_id, random(8).hex(), piece.size)
            try:
                return self._put(work, offset, data)
            except OSError as error:
                if error.errno not in _TOO_LARGE:
                    raise
                if not any(work.there):
                    self._forget(key)
                    (self.folder / work.file).unlink(missing_ok=True)
                return None

    def noted(self, entry: Opened, share: Share, place: Callable[[Path, bool], None]) -> bool:
        """Count what is in the ledger now; return whether the file is whole by it.

        Args:
            place: gives the whole file its name; called with whether it changed meanwhile.
        """
        key = _key(entry.thread_id, entry.submission, share.path, share.size)
        with self._turn(key):
            work = self._works.get(key)
            if work is None or work.file != share.file or not self._count(key, work, share):
                return False
            # Under the lock: who has another piece of it finds either the one file or the other.
            place(self.folder / work.file, work.changed)
            return True

    def waiting(self) -> Iterator[tuple[str, int]]:
        """Yield of each file that is not whole its name in the folder, and the bytes left."""
        for work in self._works.values():
            yield work.file, work.left

    def drop_lost(self, there: set[str]) -> None:
        """Forget the files that somebody took away; new pieces of them begin anew."""
        for key, work in list(self._works.items()):
            if work.file not in there:
                self._forget(key)

    def _put(self, work: _Work, offset: int, data: bytes) -> Taken:
        gaps = work.there.gaps(offset, offset + len(data))
        view = memoryview(data)
        descriptor = os.open(self.folder / work.file, _FLAGS, 0o600)
        try:
            for start, end in _between(gaps, offset, offset + len(data)):
                if not _equal(descriptor, start, view[start - offset : end - offset]):
                    return Taken(work.file, changed=True)
            for start, end in gaps:
                write_at(descriptor, view[start - offset : end - offset], start)
                os.posix_fadvise(descriptor, start, end - start, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
        for start, end in gaps:
            work.there.add(start, end)
        return Taken(work.file, tuple(gaps))

    def _count(self, key: bytes, work: _Work, share: Share) -> bool:
        work.left -= sum(end - start for start, end in share.ranges)
        work.changed = work.changed or share.changed
        if work.left:
            return False
        self._forget(key)
        self.whole[work.thread_id] += 1
        return True

    def _begin(self, key: bytes, thread_id: str | None, file: str, size: int) -> _Work:
        work = _Work(thread_id, file, size)
        with self._counting:
            self._works[key] = work
            self._of[thread_id] += 1
        return work

    def _forget(self, key: bytes) -> None:
        with self._counting:
            work = self._works.pop(key, None)
            if work is not None:
                self._of[work.thread_id] -= 1

    def _turn(self, key: bytes) -> Lock:
        return self._turns[key[0] % _TURNS]


def _key(thread_id: str | None, submission: str | None, path: str, size: int) -> bytes:
    """Return what stands for one file of one submission."""
    ids = bytes.fromhex(thread_id or "") + bytes.fromhex(submission or "")
    return derive(b"", _LABEL, ids + size.to_bytes(8, "big") + path.encode(), 16)


def _between(gaps: list[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield what of a stretch is in none of its gaps."""
    for first, after in [*gaps, (end, end)]:
        if start < first:
            yield start, first
        start = after


def _holds(path: Path, size: int, offset: int, data: bytes) -> bool:
    """Whether there is a file of this size with these bytes at this place."""
    try:
        if not S_ISREG(path.lstat().st_mode) or path.lstat().st_size != size:
            return False
        with path.open("rb", buffering=0) as file:
            return _equal(file.fileno(), offset, memoryview(data))
    except OSError:
        return False


def _equal(descriptor: int, offset: int, data: memoryview) -> bool:
    while data:
        there = os.pread(descriptor, len(data), offset)
        if not there or there != bytes(data[: len(there)]):
            return False
        data, offset = data[len(there) :], offset + len(there)
    return True
