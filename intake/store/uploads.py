"""Uploads that are not finished: files that grow, under names that say all that is known of them.

A file is taken from the stock, as for any arrival. When it is whole it becomes an envelope like all
others; when its sender stays away it becomes a truncated one.

Files grow by whole pages alone, and a part's last page is filled up with zeros. For where a page
that was begun is gone on with, a file system may lose power when it has noted the new length, and
not yet the new bytes: the file would then seem to have what never came.
"""

import errno
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from intake.errors import Taken, TooManyUploads
from intake.files import notice_failure, sync
from intake.front import MOST_FRONT, check_front
from intake.store.base import Unfinished
from intake.store.direct import PAGE, DirectFile, whole_pages
from intake.store.disk import Each, full_told, looked_up, names_in, opened, unseen
from intake.store.erasing import Erasing
from intake.store.stock import Stock
from intake.wire.errors import WireError

#: Uploads that may be unfinished at once, and parts of others. Each has its own number, so that a
#: flood of parts, in which nothing can be checked, leaves the envelopes their room.
MOST = 16_384
MOST_PARTS = 4_096
#: Seconds without a byte after which an upload is given up.
PATIENCE = 7 * 86_400
#: The same for one that is whole, but whose sender was not told so: a crash came first.
UNCLAIMED = 86_400
_NAME = re.compile(r"([0-9a-f]{32})\.([1-9][0-9]{0,18})(\.part)?")
_PART = ".part"
#: What parts are being joined into has this ending. A crash leaves the parts.
_JOINING = ".joining"
_PIECE = 1 << 24


class DirectoryUploads:
    """A folder of files that grow.

    Args:
        folder: made if it is missing.
        require: raises ``DiskFull`` where there is no room for so many bytes.
        admit: has a synced file among the envelopes as well; raises ``Taken``.
    """

    def __init__(
        self,
        folder: Path,
        stock: Stock,
        erasing: Erasing,
        require: Callable[..., None],
        admit: Callable[[Path], object],
    ) -> None:
        self.folder = folder
        self._stock = stock
        self._erasing = erasing
        self._require = require
        self._admit = admit
        self._lock = threading.Lock()
        self._in_use: set[Path] = set()
        folder.mkdir(mode=0o700, exist_ok=True)

    def recover(self) -> None:
        each = Each()
        for path, upload in self._all():
            with each:
                _cut_at_hole(path)
                if not (upload.part or _has_front(path)):
                    self.drop(path)
        for name in names_in(self.folder):
            if name.endswith(_JOINING):
                with each:
                    self.drop(self.folder / name)
        sync(self.folder)
        each.raise_failure()

    def size(self, upload: Unfinished) -> int:
        try:
            descriptor = unseen(self._path(upload))
        except FileNotFoundError:
            # Where the whole folder is not to be had, nobody knows, and none may begin anew.
            self.folder.stat()
            return 0
        try:
            os.fsync(descriptor)
            # Where another's sync met a journal that fails, there was nothing left for ours to do.
            notice_failure(self.folder)
            os.fsync(descriptor)
            return _counted(os.fstat(descriptor).st_size, upload)
        finally:
            os.close(descriptor)

    def front(self, upload: Unfinished, size: int) -> bytes:
        with looked_up(self._path(upload)) as file:
            return file.read(min(size, upload.size))

    def open(self, upload: Unfinished, *, for_message: bool) -> "DirectoryGrowing":
        path = self._path(upload)
        with self._lock:
            self._in_use.add(path)
        try:
            # One that is empty was left so by a failure.
            is_new = not (path.exists() and path.stat().st_size)
            if is_new:
                self._check_number(part=upload.part)
                with full_told():
                    self._stock.take(path)
            return DirectoryGrowing(self, path, upload, is_new=is_new, for_message=for_message)
        except BaseException:
            self.release(path)
            raise

    def release(self, path: Path) -> None:
        """Note that a file is written to no longer."""
        with self._lock:
            self._in_use.discard(path)

    def admit(self, upload: Unfinished) -> None:
        try:
            self._admit(self._path(upload))
        except Taken:
            self.delete(upload)
            raise

    def join(self, parts: Sequence[Unfinished], whole: Unfinished) -> None:
        self._require(whole.size, for_message=False)
        path = self._path(whole)
        joining = path.with_name(path.name + _JOINING)
        self.drop(joining)
        with full_told():
            self._stock.take(joining)
            try:
                _copy_all([(self._path(part), part.size) for part in parts], joining)
            except OSError:
                self.drop(joining)
                raise
        # Somebody may have begun to send the whole as well.
        self._erasing.replace(joining, path)
        sync(self.folder)

    def delete(self, upload: Unfinished) -> bool:
        if not self.drop(self._path(upload)):
            return False
        sync(self.folder)
        return True

    def settle(self, tick: int) -> None:
        """Have what was written to since the last tick say this one."""
        for path, _ in self._all():
            with suppress(FileNotFoundError):
                if _is_touched(path.stat()):
                    os.utime(path, (tick, tick))

    def retire(self, tick: int) -> None:
        for path, upload in self._all():
            with self._lock, suppress(FileNotFoundError):
                if path not in self._in_use and _is_given_up(path.stat(), upload, tick):
                    self._give_up(path, upload)

    def require(self, size: int, *, for_message: bool) -> None:
        """Raise ``DiskFull`` where there is no room for so many bytes."""
        self._require(size, for_message=for_message)

    def drop(self, path: Path) -> bool:
        """Delete a file; return whether there was one. It is durable when the folder is synced."""
        try:
            self._erasing.take(path)
        except FileNotFoundError:
            return False
        return True

    def _give_up(self, path: Path, upload: Unfinished) -> None:
        if _has_front(path):
            os.truncate(path, _counted(path.stat().st_size, upload))
            sync(path)
            with suppress(Taken):
                self._admit(path)
        self.drop(path)
        sync(self.folder)

    def _all(self) -> Iterator[tuple[Path, Unfinished]]:
        for name in names_in(self.folder):
            if found := _NAME.fullmatch(name):
                upload = Unfinished(found[1], int(found[2]), part=found[3] is not None)
                yield self.folder / name, upload

    def _check_number(self, *, part: bool) -> None:
        number = sum(name.endswith(_PART) == part for name in names_in(self.folder))
        if number >= (MOST_PARTS if part else MOST):
            raise TooManyUploads(
                "Too many uploads are unfinished at the moment.",
                "Those that nobody goes on with are given up after a week. Try again later.",
            )

    def _path(self, upload: Unfinished) -> Path:
        name = f"{upload.id}.{upload.size}{_PART if upload.part else ''}"
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        return self.folder / name


class DirectoryGrowing:
    """An upload's file, open to be gone on with."""

    def __init__(
        self,
        uploads: DirectoryUploads,
        path: Path,
        upload: Unfinished,
        *,
        is_new: bool,
        for_message: bool,
    ) -> None:
        self._uploads = uploads
        self._path = path
        self._upload = upload
        self._is_new = is_new
        self._for_message = for_message
        self._file = DirectFile(path, going_on=True)
        self._came = path.stat().st_size

    def write(self, data: bytes | bytearray) -> None:
        self._uploads.require(len(data), for_message=self._for_message)
        with full_told():
            self._file.write([data])
        self._came += len(data)
        if self._came == self._upload.size:
            with full_told():
                self._file.write([bytes(-self._came % PAGE)])

    def close(self) -> int:
        try:
            self._file.close()
            self._settle_name()
            return self._uploads.size(self._upload)
        finally:
            self._uploads.release(self._path)

    def _settle_name(self) -> None:
        """Have its name, if it is new, on the disk; or gone, where it holds nothing."""
        if not self._is_new:
            return
        if not (self._path.stat().st_size if self._upload.part else _has_front(self._path)):
            self._uploads.drop(self._path)
        sync(self._path.parent)


def _is_touched(status: os.stat_result) -> bool:
    """Return whether a file was written to since the last tick.

    That set the time of access to the time of modification, and only a write parts the two.
    """
    return status.st_mtime_ns != status.st_atime_ns


def _is_given_up(status: os.stat_result, upload: Unfinished, tick: int) -> bool:
    is_whole = status.st_size == upload.size and not upload.part
    idle = tick - status.st_mtime
    return not _is_touched(status) and idle >= (UNCLAIMED if is_whole else PATIENCE)


def _has_front(path: Path) -> bool:
    """Return whether a file begins with the whole header of an envelope."""
    with opened(path) as file:
        try:
            check_front(file.read(MOST_FRONT))
        except WireError:
            return False
    return True


def _cut_at_hole(path: Path) -> None:
    """Cut a file where it has a hole: none is ever left by us, but by the repair of a disk.

    What was there is lost; whoever goes on from before it sends it once more.
    """
    with path.open("r+b", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        hole = os.lseek(file.fileno(), 0, os.SEEK_HOLE) if size else 0
        if hole < size:
            file.truncate(whole_pages(hole))
            os.fsync(file.fileno())


def _counted(size: int, upload: Unfinished) -> int:
    """Return how many bytes of an upload are there if its file has so many."""
    return min(whole_pages(size), upload.size)


def _copy_all(sources: Iterable[tuple[Path, int]], target: Path) -> None:
    """Write the first bytes of files, so many of each, into one that is empty; durably."""
    with ExitStack() as stack:
        files = [(stack.enter_context(looked_up(path)), size) for path, size in sources]
        joined = stack.enter_context(target.open("wb"))
        for file, size in files:
            left = size
            # Inside the kernel, and on some file systems not even there: they share the blocks.
            while left:
                copied = os.copy_file_range(file.fileno(), joined.fileno(), min(left, _PIECE))
                if not copied:
                    raise OSError(errno.EIO, "A part is shorter than it was")
                left -= copied
        os.fsync(joined.fileno())
