"""An envelope that is being fetched: what has come of it, and a journal that says which bytes.

Both lie beside where the envelope is going to be, as ``.ID.part`` and ``.ID.ranges``. A line is
written to the journal once the bytes that it names are on the disk, so that after any crash, also
of the machine, it names none that are not. The envelope gets its name when it is whole.
"""

import errno
import os
import re
import threading
from pathlib import Path
from typing import Final

from intake.courier.errors import FolderFailed
from intake.files import write_durably
from intake.reach.errors import WrongAnswer
from intake.wire.envelope import ID_BYTES, envelope_id
from intake.wire.errors import Truncated

_LINE: Final = re.compile(r"(\d{1,18}) (\d{1,18})", re.ASCII)

#: From and up to but without, in bytes.
Stretch = tuple[int, int]


class Partial:
    """One envelope on its way into a folder. Its methods may be called from several threads.

    Args:
        name: the envelope's id in hex.
        size: in bytes.

    Every method raises ``FolderFailed`` where the folder does not do its part.
    """

    def __init__(self, folder: Path, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._target = folder / name
        self._part = folder / f".{name}.part"
        self._journal = folder / f".{name}.ranges"
        self._lock = threading.Lock()
        self._files: tuple[int, int] | None = None
        try:
            self._have = merged(_read(self._journal)) if self._part.exists() else []
            # What the journal names beyond the file's end is not this envelope's.
            if self._have and self._have[-1][1] > min(size, self._part.stat().st_size):
                self._have = []
        except OSError as error:
            raise failed(folder, error) from error

    @property
    def had(self) -> int:
        """Bytes that are there."""
        with self._lock:
            return sum(end - start for start, end in self._have)

    def missing(self) -> list[Stretch]:
        """Return what is not there yet, in order."""
        with self._lock:
            edges = [0, *(edge for stretch in self._have for edge in stretch), self.size]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [(start, end) for start, end in pairs if start < end]

    def put(self, offset: int, data: bytes) -> None:
        """Write bytes to their place; they count once ``keep`` has named them."""
        try:
            part, _ = self._opened()
            view = memoryview(data)
            while view:
                done = os.pwrite(part, view, offset)
                view, offset = view[done:], offset + done
        except OSError as error:
            raise failed(self._part.parent, error) from error

    def keep(self, start: int, end: int) -> bool:
        """Make written bytes durable; return whether nothing is missing now."""
        if start == end:
            return False
        try:
            part, journal = self._opened()
            os.fdatasync(part)
            with self._lock:
                os.write(journal, f"{start} {end}\n".encode())
                self._have = merged([*self._have, (start, end)])
                return self._have == [(0, self.size)]
        except OSError as error:
            raise failed(self._part.parent, error) from error

    def finish(self) -> None:
        """Verify the whole, and give it its name, durably.

        Raises:
            WrongAnswer: it is another envelope than it was said to be. It is deleted.
        """
        try:
            part, _ = self._opened()
            try:
                name = envelope_id(os.pread(part, ID_BYTES, 0)).hex()
            except Truncated:
                name = ""
            if name != self.name or os.fstat(part).st_size != self.size:
                self.discard()
                raise WrongAnswer(
                    f"What the server sent as {self.name} is another thing; it was deleted.",
                    "Fetch it from another courier or another server, if there is one.",
                )
            os.fsync(part)
            self.close()
            self._part.replace(self._target)
            self._journal.unlink(missing_ok=True)
            sync_folder(self._target.parent)
        except OSError as error:
            raise failed(self._part.parent, error) from error

    def discard(self) -> None:
        """Delete what has come."""
        self.close()
        self._journal.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files; what was kept is kept."""
        with self._lock:
            for descriptor in self._files or ():
                os.close(descriptor)
            self._files = None

    def _opened(self) -> tuple[int, int]:
        with self._lock:
            if self._files is None:
                if not self._have:
                    self._part.unlink(missing_ok=True)
                # Anew, since its last line may have been cut short.
                lines = "".join(f"{start} {end}\n" for start, end in self._have)
                write_durably(self._journal, lines.encode())
                flags = os.O_CREAT | os.O_CLOEXEC
                part = os.open(self._part, flags | os.O_RDWR, 0o600)
                journal = os.open(self._journal, flags | os.O_WRONLY | os.O_APPEND, 0o600)
                self._files = (part, journal)
            return self._files


def merged(stretches: list[Stretch]) -> list[Stretch]:
    """Return the same bytes in order, in as few stretches as possible."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def failed(folder: Path, error: OSError) -> FolderFailed:
    """Return what to tell a person of a folder's failure."""
    if error.errno == errno.EFBIG:
        hint = "Its file system takes no file of 4 GiB or more (FAT32): format it as exFAT or ext4."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Make room or take another one; then give the command again to go on."
    else:
        hint = "Check the folder and its file system; then give the command again to go on."
    return FolderFailed(f"{folder} takes no more: {error.strerror or error}.", hint)


def _read(journal: Path) -> list[Stretch]:
    """Return what a journal names; a line that a crash cut short names nothing."""
    try:
        lines = journal.read_text("ascii", "replace").split("\n")
    except FileNotFoundError:
        return []
    stretches = []
    # What follows the last line's end is a line that was cut short, or nothing.
    for line in lines[:-1]:
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) >= int(match[2]):
            return []
        stretches.append((int(match[1]), int(match[2])))
    return stretches
