"""The embedded default: a directory.

An envelope is written into a file from ``stock/``, under ``arriving/``; it is synced, and moved to
``ready/``, where it is safe and may be acknowledged. The tick moves all of ``ready/`` to ``shelf/``
in random order with one modification time. A crash at any instant therefore leaves whole
envelopes in ``ready/`` and ``shelf/``, and in ``arriving/`` only what nobody was told to be safe.
What a source goes on with later grows under ``uploads/`` instead, ``copies/`` is the tick's own,
and what is deleted waits in ``erasing/`` to be overwritten.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from intake.errors import DiskFull, Taken
from intake.files import sync
from intake.store.base import Shuffle, Stored
from intake.store.direct import DirectFile
from intake.store.disk import Each, full_told, is_beginning, looked_up, names_in, opened
from intake.store.erasing import Erasing
from intake.store.scatter import Scatter
from intake.store.stock import Stock
from intake.store.uploads import DirectoryUploads
from intake.wire.envelope import ID_BYTES, envelope_id

#: ``token(n)`` gives n random bytes.
Token = Callable[[int], bytes]

_ENVELOPE_NAME = re.compile(r"[0-9a-f]{32}")
_REPLY_NAME = re.compile(r"[0-9a-f]{64}")
#: The part of the reserve, one in so many, that is kept for replies: messages do not get it.
_FOR_REPLIES = 8


class DirectoryStore:
    """A store in a folder of its own.

    Args:
        folder: made if it is missing.
        reserve: bytes of the file system that only messages and replies may use.
        token: for the names of what is still arriving.
    """

    def __init__(self, folder: Path, *, reserve: int, token: Token) -> None:
        self._arriving = folder / "arriving"
        self._ready = folder / "ready"
        self._shelf = folder / "shelf"
        self._replies = folder / "replies"
        self._folder = folder
        self._reserve = reserve
        self._token = token
        self._left: set[Path] = set()
        for part in (folder, self._arriving, self._ready, self._shelf, self._replies):
            part.mkdir(mode=0o700, exist_ok=True)
        self._stock = Stock(folder / "stock", token)
        self._erasing = Erasing(folder / "erasing", self._stock, token)
        self._scatter = Scatter(folder / "copies", self._stock, self._erasing)
        self.uploads = DirectoryUploads(
            folder / "uploads", self._stock, self._erasing, self.require, self.place
        )

    def recover(self) -> None:
        each = Each()
        for name in names_in(self._arriving):
            with each:
                DirectoryArrival(self, self._arriving / name).keep_truncated()
        # What failed us is looked at when the server starts next, and not at each tick.
        self._left.clear()
        for name in names_in(self._replies):
            # Half a reply. Should a delivery be at it just now, that fails, and can be repeated.
            if not _REPLY_NAME.fullmatch(name):
                with each:
                    self.drop(self._replies / name)
        with each:
            self.uploads.recover()
        each.raise_failure()

    def leave(self, path: Path) -> None:
        """Note a file of ``arriving/`` that failed us: the tick sees whether it can be kept."""
        self._left.add(path)

    def arrive(self, *, for_message: bool) -> "DirectoryArrival":
        path = self._arriving / self._token(16).hex()
        arrival = DirectoryArrival(self, path, for_message=for_message)
        arrival.create(self._stock)
        return arrival

    def shelve(self, tick: int, shuffle: Shuffle) -> None:
        each = Each()
        for path in [self._left.pop() for _ in range(len(self._left))]:
            with each:
                DirectoryArrival(self, path).keep_truncated()
        with self._exclusively(), full_told():
            names = names_in(self._ready)
            shuffle(names)
            self._scatter.scatter([self._ready / name for name in names])
            for name in names:
                os.utime(self._ready / name, (tick, tick))
                self._shelve(name)
            # The new names are on the disk before the old ones go.
            sync(self._shelf)
            for name in names:
                self.drop(self._ready / name)
            sync(self._ready)
            self.uploads.settle(tick)
            # No reply says when it came, and none when another was deleted.
            for part in (self._replies, self._erasing.folder):
                _settle(part, tick)
            # A full disk may have no room even for empty files; then there is none to arrive.
            with suppress(OSError):
                self._stock.fill(tick)
            # A folder's own time would tell when the last envelope came or went.
            for part in (self._folder, *self._folder.iterdir()):
                os.utime(part, (tick, tick))
        each.raise_failure()

    def envelopes(self) -> Iterator[Stored]:
        for name in names_in(self._shelf):
            # One that is deleted meanwhile was not to be listed anyway.
            with suppress(FileNotFoundError):
                yield Stored(name, (self._shelf / name).stat().st_size)

    def open(self, name: str) -> BinaryIO:
        return looked_up(self._shelf / _checked(_ENVELOPE_NAME, name))

    def delete(self, envelopes: Iterable[Stored], tick: int) -> int:
        deleted = 0
        # A tick may put what is whole in the place of what was cut, and there is no receipt for it.
        with self._exclusively():
            for one in envelopes:
                path = self._shelf / _checked(_ENVELOPE_NAME, one.name)
                with suppress(FileNotFoundError):
                    status = path.stat()
                    if status.st_size != one.size:
                        continue
                    if status.st_nlink > 1:
                        self._drop_others(path)
                    self._erasing.take(path)
                    deleted += 1
            sync(self._shelf)
            os.utime(self._shelf, (tick, tick))
        return deleted

    def erase(self) -> None:
        self._erasing.erase()

    def put_reply(self, name: str, sealed: bytes, tick: int) -> None:
        path = self._replies / _checked(_REPLY_NAME, name)
        if path.exists():
            # Whoever put it there may not have come so far as to sync.
            return sync(self._replies)
        partial = self._replies / f".{name}"
        with full_told():
            try:
                # A crash may have left one. It is overwritten as all that is deleted.
                self.drop(partial)
                # When a reply came, the birth of a file made for it would tell.
                self._stock.take(partial)
                with partial.open("wb") as file:
                    file.write(sealed)
                    file.flush()
                    os.utime(file.fileno(), (tick, tick))
                    os.fsync(file.fileno())
                partial.rename(path)
            except OSError:
                self.drop(partial)
                raise
        sync(self._replies)
        return os.utime(self._replies, (tick, tick))

    def reply_names(self) -> list[str]:
        return [name for name in names_in(self._replies) if _REPLY_NAME.fullmatch(name)]

    def reply(self, name: str) -> bytes:
        with looked_up(self._replies / _checked(_REPLY_NAME, name)) as file:
            return file.read()

    def delete_reply(self, name: str, tick: int) -> None:
        path = self._replies / _checked(_REPLY_NAME, name)
        with suppress(FileNotFoundError):
            size = path.stat().st_size
            self._erasing.take(path)
            sync(self._replies)
            # What takes its place is for nobody. A full disk has one reply fewer instead.
            with suppress(DiskFull):
                self.put_reply(self._token(len(name) // 2).hex(), self._token(size), tick)

    def used(self) -> int:
        total = 0
        held = (self._arriving, self._ready, self._shelf, self._replies)
        for part in (*held, self.uploads.folder, self._scatter.folder, self._erasing.folder):
            with os.scandir(part) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        total += entry.stat().st_size
        return total

    def room(self, *, for_message: bool) -> int:
        disk = os.statvfs(self._folder)
        kept = self._reserve // _FOR_REPLIES if for_message else self._reserve
        return max(0, disk.f_bavail * disk.f_frsize - kept)

    def require(self, size: int, *, for_message: bool) -> None:
        """Raise ``DiskFull`` where there is no room for so many bytes."""
        if self.room(for_message=for_message) < size:
            raise DiskFull(
                "The disk is full up to its reserve.",
                "Collect the envelopes and deliver the receipts, or give the store a larger disk.",
            )

    def admit(self, path: Path) -> str:
        """Make a synced file of ``arriving/`` safe under its id; return the id in hex.

        Raises:
            Taken: as ``place``.
        """
        name = self.place(path)
        self.drop(path)
        sync(self._arriving)
        return name

    def drop(self, path: Path) -> None:
        """Delete a file, if it is there."""
        with suppress(FileNotFoundError):
            self._erasing.take(path)

    def _drop_others(self, path: Path) -> None:
        """Delete all other names that a crash left a file: under any of them it would be back."""
        found = path.stat()
        for part in (self._arriving, self._ready, self.uploads.folder):
            for name in names_in(part):
                other = part / name
                with suppress(FileNotFoundError):
                    if os.path.samestat(other.stat(), found):
                        other.unlink()
            sync(part)

    def place(self, path: Path) -> str:
        """Have a synced file in ``ready/`` as well, durably; return its id in hex.

        Raises:
            Taken: another envelope has its first page.
        """
        with opened(path) as file:
            name = envelope_id(file.read(ID_BYTES)).hex()
        ready, shelved = self._ready / name, self._shelf / name
        # Linking refuses to replace, renaming would not: no envelope ever takes another's place.
        try:
            if shelved.exists():
                raise FileExistsError(name)
            os.link(path, ready)
        except FileExistsError:
            with self._exclusively():
                self._place_again(path, ready, shelved)
        sync(self._ready)
        return name

    def _place_again(self, path: Path, ready: Path, shelved: Path) -> None:
        """Place what begins as one that is there does; of two that agree, the longer stays.

        A source may complete what was given up and shelved as truncated, or send again what is
        here.
        """
        others = [other for other in (ready, shelved) if other.exists()]
        if not all(is_beginning(one, path) or is_beginning(path, one) for one in others):
            raise Taken(
                "Another envelope that begins in the same way is here already.", "Seal it anew."
            )
        if all(one.stat().st_size < path.stat().st_size for one in others):
            self._erasing.replace(path, ready)

    def _shelve(self, name: str) -> None:
        """Have one of ``ready/`` on the shelf as well, unless a longer one of its name is there."""
        ready, shelved = self._ready / name, self._shelf / name
        try:
            os.link(ready, shelved)
        except FileExistsError:
            if is_beginning(shelved, ready):
                self._erasing.replace(ready, shelved)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Let one at a time change the shelf: a tick, a collection, or a delivery."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class DirectoryArrival:
    """An envelope under ``arriving/``."""

    def __init__(self, store: DirectoryStore, path: Path, *, for_message: bool = False) -> None:
        self._store = store
        self._path = path
        self._for_message = for_message
        self._file: DirectFile | None = None

    def create(self, stock: Stock) -> None:
        self._store.require(0, for_message=self._for_message)
        with full_told():
            stock.take(self._path)
            try:
                self._file = DirectFile(self._path)
            except OSError:
                self._store.leave(self._path)
                raise

    def write(self, pieces: Iterable[bytes | memoryview]) -> None:
        if self._file is None:
            raise RuntimeError("not open for writing")
        with full_told():
            self._file.write(self._while_there_is_room(pieces))

    def commit(self) -> str:
        if self._file is None:
            raise RuntimeError("not open for writing")
        with full_told():
            self._file.sync()
            self._close()
            return self._store.admit(self._path)

    def keep_truncated(self) -> None:
        self._close()
        try:
            self._keep()
        except OSError:
            self._store.leave(self._path)
            raise

    def _keep(self) -> None:
        # Where the whole folder is not to be had, that is what failed.
        if self._path.name not in names_in(self._path.parent):
            return
        with opened(self._path) as file:
            front = file.read(ID_BYTES)
        if len(front) < ID_BYTES or not any(front):
            # Not even the keys to open it came, or a disk that failed has zeros in their place:
            # there is nothing in it for anybody.
            self._store.drop(self._path)
            return
        sync(self._path)
        try:
            self._store.admit(self._path)
        except Taken:
            # Nobody was told that it is safe.
            self._store.drop(self._path)

    def _close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _while_there_is_room(
        self, pieces: Iterable[bytes | memoryview]
    ) -> Iterator[bytes | memoryview]:
        for piece in pieces:
            self._store.require(len(piece), for_message=self._for_message)
            yield piece


def _settle(folder: Path, tick: int) -> None:
    """Have all that is in a folder say this tick."""
    for name in names_in(folder):
        with suppress(FileNotFoundError):
            os.utime(folder / name, (tick, tick))


def _checked(pattern: re.Pattern[str], untrusted_name: str) -> str:
    """Return the name if it is one of ours; a path from outside never reaches the disk."""
    if not pattern.fullmatch(untrusted_name):
        raise KeyError(untrusted_name)
    return untrusted_name
