"""All files and folders below some paths, in an order that is the same on every machine.

Names are bytes here and sorted as such, so neither language nor file system changes the order.
However large a folder is, only so many of its names are in memory at once. Nothing that is looked
at is changed by that, not even the time at which it was read last.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from intake.sender.errors import NothingToSend
from intake.wire.record import MAX_NAME

#: Names of a folder that are in memory at once; twice as many while they are sorted out. What it
#: has more is looked for anew when these are through.
_NAMES: Final = 100_000
_QUIETLY: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Root:
    """A path that was given: where it is, and how the newsroom is to see it."""

    path: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a folder.

    Attributes:
        root: number of the root that it lies below, or is.
        path: where it is; the root's path, slash, and so on.
        name: how the newsroom sees it: the root's name, slash, and so on.
        size: of a file, in bytes; -1 of a folder.
        changed: when a file's content changed last, to be compared alone.
    """

    root: int
    path: bytes
    name: str
    size: int = -1
    changed: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.size < 0

    @property
    def key(self) -> tuple[int, list[bytes]]:
        """By which the walk is ordered."""
        return self.root, self.path.split(b"/")


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is not sent, or not as it should be, and why."""

    name: str
    why: str


def roots_of(paths: Sequence[str]) -> list[Root]:
    """Return the roots of the paths that were given, in order.

    Raises:
        NothingToSend: one of them is nowhere, has no name of its own, or the name of another.
    """
    roots: dict[bytes, Root] = {}
    for path in paths:
        place = os.fsencode(os.path.abspath(path))
        name = os.path.basename(place)
        if not name:
            raise NothingToSend("The root of all folders has no name.", "Give the folders in it.")
        try:
            os.stat(place)
        except OSError as error:
            raise NothingToSend(
                f"{shown(place)} cannot be read: {error.strerror}.", "Check the path."
            ) from error
        if name in roots:
            raise NothingToSend(
                f"Two of the paths end in {shown(name)}.",
                "Send one after the other, or rename one.",
            )
        roots[name] = Root(place, shown(name))
    return [roots[name] for name in sorted(roots)]


def shown(name: bytes) -> str:
    """Return a name as text; bytes that are no UTF-8 are written out, as ``\\xff``."""
    return name.decode("utf-8", "backslashreplace")


def look(at: Found, *, follow: bool = False) -> Found | Skipped:
    """Return what is there now.

    Args:
        at: names the place.
        follow: whether a link is followed.
    """
    try:
        seen = os.stat(at.path, follow_symlinks=follow)
    except OSError as error:
        return Skipped(at.name, f"cannot be read: {error.strerror}")
    if stat.S_ISLNK(seen.st_mode):
        return Skipped(at.name, "is a link; links are not followed")
    if not (stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)):
        return Skipped(at.name, "is neither a file nor a folder")
    if len(at.name.encode()) > MAX_NAME:
        return Skipped(at.name, f"has a path of more than {MAX_NAME} bytes")
    if not os.access(at.path, os.R_OK):
        return Skipped(at.name, "cannot be read: Permission denied")
    if stat.S_ISDIR(seen.st_mode):
        return Found(at.root, at.path, at.name)
    return Found(at.root, at.path, at.name, seen.st_size, seen.st_mtime_ns)


def open_quietly(path: bytes, *, follow: bool = False) -> int:
    """Return a descriptor to read from; where it may be done, the access time stays as it is.

    Raises:
        OSError: it is a link that is not to be followed, or cannot be read.
    """
    flags = _QUIETLY & ~os.O_NOFOLLOW if follow else _QUIETLY
    with suppress(PermissionError):
        return os.open(path, flags | os.O_NOATIME)
    # Others' files may be read so that it is noted, or not at all.
    return os.open(path, flags)


def walk(roots: Sequence[Root], start: tuple[int, bytes] = (0, b"")) -> Iterator[Found | Skipped]:
    """Yield what is there, each folder before what is in it.

    Args:
        start: number of a root, and a path below it: begin with what lies there, or would.
    """
    first, path = start
    for number in range(first, len(roots)):
        root = roots[number]
        below = path[len(root.path) + 1 :] if number == first else b""
        yield from _below(Found(number, root.path, root.name), below.split(b"/") if below else [])


def _below(root: Found, start: list[bytes]) -> Iterator[Found | Skipped]:
    """Yield a root and what is below it; its depth is on a stack of its own, without a limit."""
    stack: list[Iterator[Found | Skipped]] = []
    if start:
        # The folders on the way were yielded before. What lies behind it in each is to come.
        above = root
        for name in start[:-1]:
            stack.append(_inside(above, name, itself=False))
            above = _child(above, name)
        stack.append(_inside(above, start[-1]))
    else:
        # A link that was given is meant; those that are met on the way are not followed.
        stack.append(iter([look(root, follow=True)]))
    while stack:
        met = next(stack[-1], None)
        if met is None:
            stack.pop()
            continue
        yield met
        if isinstance(met, Found) and met.is_folder:
            stack.append(_inside(met))


def _inside(folder: Found, first: bytes = b"", *, itself: bool = True) -> Iterator[Found | Skipped]:
    """Yield what is directly in a folder, from a name on.

    Args:
        itself: whether what has this very name is among it.
    """
    try:
        for name in _sorted_names(folder, first):
            if itself or name != first:
                yield look(_child(folder, name))
    except OSError as error:
        yield Skipped(folder.name, f"cannot be read: {error.strerror}")


def _child(folder: Found, name: bytes) -> Found:
    return Found(folder.root, folder.path + b"/" + name, f"{folder.name}/{shown(name)}")


def _sorted_names(folder: Found, first: bytes) -> Iterator[bytes]:
    """Yield the names in a folder from ``first`` on, in order."""
    # The root itself may be a link.
    follow = "/" not in folder.name
    after = b""
    while True:
        names, more = _least_names(open_quietly(folder.path, follow=follow), first, after)
        yield from names
        if not more:
            return
        after = names[-1]


def _least_names(descriptor: int, first: bytes, after: bytes) -> tuple[list[bytes], bool]:
    """Return the least names in an open folder, which is closed, and whether there are more."""
    names: list[bytes] = []
    most = None
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                if name < first or name <= after or (most is not None and name > most):
                    continue
                names.append(name)
                if len(names) >= 2 * _NAMES:
                    names.sort()
                    del names[_NAMES:]
                    most = names[-1]
    finally:
        os.close(descriptor)
    names.sort()
    return names, most is not None
