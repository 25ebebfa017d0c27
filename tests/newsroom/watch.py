"""A watch over all that a server could write to: no file may hold what was entrusted to it."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.newsroom.server import Server

_PIECE = 1 << 22


@dataclass
class Watch:
    """Looks for canaries.

    Attributes:
        canaries: byte runs that may be in no file, and in no file's name.
        looks: how often all was looked through; a watch that never looked proves nothing.
    """

    folders: Iterable[Path]
    canaries: dict[str, bytes]
    looks: int = field(init=False, default=0)

    def found(self, server: Server | None = None) -> list[str]:
        """Return what was found where, in the folders and in what the server holds open."""
        self.looks += 1
        places = [path for folder in self.folders for path in _files(folder)]
        found = [hit for path in places for hit in self._in_file(path)]
        for pid in server.family() if server is not None else ():
            for path in Path(f"/proc/{pid}/fd").glob("*"):
                with suppress(FileNotFoundError, PermissionError):
                    found += self._in_name(os.fsencode(path.readlink()), f"fd of {pid}")
                    if stat.S_ISREG(path.stat().st_mode):
                        found += self._in_content(path)
        return found

    def _in_file(self, path: Path) -> Iterator[str]:
        yield from self._in_name(os.fsencode(path), str(path))
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                yield from self._in_content(path)

    def _in_name(self, name: bytes, where: str) -> Iterator[str]:
        yield from (
            f"{what} in the name {where}" for what, run in self.canaries.items() if run in name
        )

    def _in_content(self, path: Path) -> list[str]:
        longest = max(map(len, self.canaries.values()))
        hits, before = set(), b""
        # Opened anew by its name in /proc, a file that was deleted is read all the same.
        with suppress(FileNotFoundError), path.open("rb") as file:
            while piece := file.read(_PIECE):
                text = before + piece
                hits |= {f"{what} in {path}" for what, run in self.canaries.items() if run in text}
                before = text[-longest:]
        return sorted(hits)


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(parent, name)
