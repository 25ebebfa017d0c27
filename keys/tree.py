"""A folder that is filled out of sight, and then becomes part of another, folder by folder.

Nothing is ever put over anything: what has a name already keeps it, and the other gets a number.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final

from keys.disk import rename_new
from keys.names import free_number, numbered

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: Folders whose place is remembered, since files come folder by folder.
_REMEMBERED: Final = 1_024
_PIECE: Final = 1024 * 1024


class Tree:
    """A new folder, made when something is put into it; nothing in it is synced.

    Args:
        root: does not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._folders: dict[tuple[str, ...], str] = {}

    def folder(self, parts: Sequence[str]) -> str:
        """Make a folder, and those above it.

        Args:
            parts: harmless names.
        """
        key = tuple(parts)
        if key in self._folders:
            return self._folders[key]
        if len(self._folders) >= _REMEMBERED:
            self._folders.clear()
        if key:
            path = inner_folder(self.folder(key[:-1]), key[-1])
        else:
            path = self._root
            _made(path)
        self._folders[key] = path
        return path

    def file(self, parts: Sequence[str], data: bytes) -> None:
        """Write a file, unless it is there already with the same bytes."""
        folder, name = self.folder(parts[:-1]), parts[-1]
        path = f"{folder}/{name}"
        try:
            descriptor = os.open(path, _NEW, 0o600)
        except FileExistsError:
            if _has(path, data):
                return
            descriptor = os.open(free_path(folder, name), _NEW, 0o600)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)


def inner_folder(folder: str, name: str) -> str:
    """Make a folder in another, unless it is there; numbered where a file has its name."""
    path = f"{folder}/{name}"
    if not _made(path):
        path = _numbered_folder(folder, name)
        _made(path)
    return path


def merge(source: str, target: str) -> None:
    """Move all that is in a folder to another one, and remove it.

    A folder that is not there yet is moved whole. What was moved when a crash came stays where it
    is, and the rest can be moved by calling this again.
    """
    with os.scandir(source) as entries:
        inside = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in inside:
        if is_folder:
            _move_folder(f"{source}/{name}", target, name)
        else:
            move_file(f"{source}/{name}", target, name)
    os.rmdir(source)


def move_file(source: str, folder: str, name: str) -> str:
    """Move a file into a folder, numbered where another file has its name; return its path.

    Where the one that has it has the same bytes too, nothing is added.
    """
    path = f"{folder}/{name}"
    while True:
        try:
            rename_new(source, path)
        except FileExistsError:
            if path == f"{folder}/{name}" and same(source, path):
                os.unlink(source)
                return path
            path = free_path(folder, name)
        else:
            return path


def free_path(folder: str, name: str) -> str:
    """Return the path of the next number of a name in a folder that nothing has."""
    number = free_number(lambda number: os.path.lexists(f"{folder}/{numbered(name, number)}"))
    return f"{folder}/{numbered(name, number)}"


def same(one: str, other: str) -> bool:
    """Return whether both are files with the same bytes."""
    if not _is_file(other) or os.lstat(one).st_size != os.lstat(other).st_size:
        return False
    with open(one, "rb", buffering=0) as first, open(other, "rb", buffering=0) as second:
        while (piece := first.read(_PIECE)) == second.read(_PIECE):
            if not piece:
                return True
    return False


def _move_folder(source: str, target: str, name: str) -> None:
    path = f"{target}/{name}"
    try:
        rename_new(source, path)
    except FileExistsError:
        if not _is_folder(path):
            path = _numbered_folder(target, name)
        if _is_folder(path):
            merge(source, path)
        else:
            rename_new(source, path)


def _numbered_folder(folder: str, name: str) -> str:
    """Return the path of the first number of a name that nothing but a folder has."""

    def taken(number: int) -> bool:
        path = f"{folder}/{numbered(name, number)}"
        return os.path.lexists(path) and not _is_folder(path)

    return f"{folder}/{numbered(name, free_number(taken))}"


def _made(path: str) -> bool:
    """Make a folder; return whether there is one now."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return _is_folder(path)
    return True


def _has(path: str, data: bytes) -> bool:
    if not _is_file(path) or os.lstat(path).st_size != len(data):
        return False
    with open(path, "rb", buffering=0) as file:
        return file.read(len(data) + 1) == data


def _is_folder(path: str) -> bool:
    return os.path.lexists(path) and S_ISDIR(os.lstat(path).st_mode)


def _is_file(path: str) -> bool:
    return os.path.lexists(path) and S_ISREG(os.lstat(path).st_mode)
