"""A pack read into memory, once: what is hashed there is what is sealed (F4.6).

Files may change, grow, shrink and vanish while they are read. An entry says what was read, and no
more; of what changed a person is told.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from intake.sender.planning import Pack, Part
from intake.sender.walking import Found, Skipped, open_quietly
from intake.wire.layout import Layout


@dataclass
class Contents:
    """What became of a pack when it was read.

    Attributes:
        files: how many begin in it; those that vanished are not among them.
        size: bytes of these files, also of what of them is in other packs.
        read: bytes of files, in this pack.
        begun: files of several pieces that begin in it.
        shorter: such of which a piece is not there any more: they are to be sent anew.
        notes: what is not as it was planned.
    """

    files: int = 0
    size: int = 0
    read: int = 0
    begun: list[Found] = field(default_factory=list)
    shorter: list[Found] = field(default_factory=list)
    notes: list[Skipped] = field(default_factory=list)


def read_into(layout: Layout, pack: Pack) -> Contents:
    """Lay out what there is of a pack; without any of it the layout's size is 0."""
    contents = Contents()
    layout.size = 0
    for part in pack:
        if part.found.is_folder:
            _add(layout, part.front(0, 0), 0)
        else:
            _read_file(layout, part, contents)
    return contents


def _read_file(layout: Layout, part: Part, contents: Contents) -> None:
    found = part.found
    try:
        with _opened(found) as (file, before):
            start = layout.size + part.front_size
            length = _read(file, part.offset, layout.room(start, start + part.length))
            after = os.fstat(file)
    except OSError as error:
        contents.notes.append(Skipped(found.name, f"cannot be read: {error.strerror or error}"))
        return
    if not part.is_whole and length < part.length:
        contents.shorter.append(found)
        return
    # A file in one piece is as long as it was when it was read; one of several says in each piece
    # how long it was when its turn came, so that they fit together.
    size = length if part.is_whole else found.size
    _add(layout, part.front(size, length), length)
    contents.read += length
    if part.offset == 0:
        contents.files += 1
        contents.size += size
        if not part.is_whole:
            contents.begun.append(found)
    said = {(one.st_size, one.st_mtime_ns) for one in (before, after)}
    if said != {(found.size, found.changed)}:
        contents.notes.append(
            Skipped(found.name, "changed while it was being sent: send it again when it is at rest")
        )


def _add(layout: Layout, front: bytes, length: int) -> None:
    """Count an entry, of which only the front is still to be put in."""
    layout.put(layout.size, front)
    layout.size += len(front) + length


@contextmanager
def _opened(found: Found) -> Iterator[tuple[int, os.stat_result]]:
    """Give the open file, and what it is at that moment."""
    # A file that was given by name may be a link to one; see ``walk``.
    file = open_quietly(found.path, follow="/" not in found.name)
    try:
        seen = os.fstat(file)
        if not stat.S_ISREG(seen.st_mode):
            raise OSError("it is no file any more")
        yield file, seen
    finally:
        os.close(file)


def _read(file: int, offset: int, room: Sequence[memoryview]) -> int:
    """Fill the room from a file, as far as it goes; return the bytes."""
    views, done = list(room), 0
    while views and (got := os.preadv(file, views, offset + done)):
        done += got
        while views and got >= len(views[0]):
            got -= len(views.pop(0))
        if got:
            views[0] = views[0][got:]
    return done
