"""Where opened content ends up: never over anything, and never twice, whenever a crash comes.

1. The content is written to a partial file in a hidden folder, and synced.
2. The ledger says where it will be: from here on the envelope counts as opened.
3. The partial file is given that name.

After a crash, a partial file that the ledger knows goes on with step 3; any other is removed.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from keys.errors import DeskError
from keys.files import make_folder, place, sync_folder
from keys.ledger import Ledger, Opened
from keys.names import looks_like, marked, numbered

PARTIAL: Final = ".partial"
_UNWRAPPED = ".unwrapped"


class Cabinet:
    """Moves finished partial files to their places, and notes them in the ledger."""

    def __init__(self, desk: Path, ledger: Ledger) -> None:
        self._desk = desk
        self._ledger = ledger
        self._folder = desk / PARTIAL
        self._names = _Names()
        self._next: dict[Path, int] = {}

    def fresh(self, random: Callable[[int], bytes]) -> Path:
        """Return the path of a new partial file; it does not exist yet."""
        return self._folder / random(8).hex()

    def recover(self) -> None:
        """Finish or remove what a crash left behind."""
        make_folder(self._folder)
        for leftover in sorted(self._folder.iterdir()):
            entry = self._ledger.by_partial.get(leftover.name.removesuffix(_UNWRAPPED))
            if entry is None:
                leftover.unlink()
            else:
                self._settle(entry)

    def put(
        self,
        entry: Opened,
        folder: Path,
        parts: Sequence[str],
        *,
        mark: str = "",
        unwrapped_name: str | None = None,
    ) -> Opened:
        """Put content in its place.

        Args:
            entry: all but ``path`` and ``unwrapped``, which are chosen here.
            folder: the submission's.
            parts: harmless names: folders, and the file's.
            mark: put behind the file's name: ``incomplete``.
            unwrapped_name: of the file in ``unwrapped_partial``, where there is one.

        Returns:
            The entry as the ledger has it.
        """
        folder = self._inner_folder(folder, parts[:-1])
        name = marked(parts[-1], mark) if mark else parts[-1]
        path = self._free(folder, name)
        entry = replace(entry, path=self._relative(path))
        if unwrapped_name is not None:
            entry = replace(entry, unwrapped=self._relative(self._free(folder, unwrapped_name)))
        # The ledger must not know of a partial file that a crash could still take away.
        sync_folder(self._folder)
        self._ledger.open_once(entry)
        return self._settle(entry)

    def discard(self, partial: Path) -> None:
        """Remove a partial file, and what was unwrapped from it."""
        partial.unlink(missing_ok=True)
        unwrapped_partial(partial).unlink(missing_ok=True)

    def _settle(self, entry: Opened) -> Opened:
        partial = self._folder / entry.partial
        for field, source in (("path", partial), ("unwrapped", unwrapped_partial(partial))):
            while source.exists():
                relative = entry.path if field == "path" else entry.unwrapped
                if relative is None:
                    source.unlink()
                    break
                target = self._desk / relative
                make_folder(target.parent)
                try:
                    place(source, target)
                except FileExistsError:
                    # Somebody put a file there meanwhile: take the next name, and say so first.
                    free = self._free(target.parent, target.name)
                    entry = _moved(entry, field, self._relative(free))
                    self._ledger.open_once(entry)
        return entry

    def _inner_folder(self, folder: Path, parts: Sequence[str]) -> Path:
        for part in parts:
            number = 1
            while True:
                name = self._names.like(folder, numbered(part, number))
                inner = folder / (name or numbered(part, number))
                if name is None or (inner.is_dir() and not inner.is_symlink()):
                    break
                number += 1
            make_folder(inner)
            self._names.add(inner)
            folder = inner
        return folder

    def _free(self, folder: Path, name: str) -> Path:
        number = self._next.get(folder / name, 1)
        while self._names.like(folder, numbered(name, number)) is not None:
            number += 1
        self._next[folder / name] = number + 1
        path = folder / numbered(name, number)
        self._names.add(path)
        return path

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._desk).as_posix()


class _Names:
    """What is in the folders, read once each, so that a large submission stays quick."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, str]] = {}

    def like(self, folder: Path, name: str) -> str | None:
        """Return the name in the folder that looks like this one, or ``None``."""
        if os.path.lexists(folder / name):
            return name
        return self._of(folder).get(looks_like(name))

    def add(self, path: Path) -> None:
        self._of(path.parent)[looks_like(path.name)] = path.name

    def _of(self, folder: Path) -> dict[str, str]:
        if folder not in self._folders:
            try:
                names = os.listdir(folder)
            except OSError as error:
                raise DeskError(
                    f"{folder} cannot be read: {error.strerror}.", "Is it a folder of the desk?"
                ) from error
            self._folders[folder] = {looks_like(name): name for name in names}
        return self._folders[folder]


def _moved(entry: Opened, field: str, relative: str) -> Opened:
    if field == "path":
        return replace(entry, path=relative)
    return replace(entry, unwrapped=relative)


def unwrapped_partial(partial: Path) -> Path:
    """Return where what the content was encrypted around is written to first."""
    return partial.with_name(partial.name + _UNWRAPPED)
