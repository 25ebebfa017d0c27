"""Where opened content ends up: never over anything, and never twice, whenever a crash comes.

1. The content is written to a partial file in a hidden folder; of a pack, to a folder there. Files
   that come in pieces grow in a hidden folder of their own. All of it is synced.
2. The ledger says where it will be: from here on the envelope counts as opened.
3. The partial file is given that name; what is in a partial folder is moved to where it belongs;
   a file that has all its pieces is given its name.

After a crash, what the ledger knows goes on with step 3; anything else is removed.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Final

from keys.assembling import PIECES, Assembling
from keys.disk import rename_new
from keys.files import make_folder
from keys.ledger import Ledger, Opened, Share
from keys.names import components, free_number, marked, numbered
from keys.tree import inner_folder, merge, move_file

PARTIAL: Final = ".partial"
_UNWRAPPED = ".unwrapped"
_CHANGED = "changed while it was sent"


class Cabinet:
    """Moves what is finished to its place."""

    def __init__(self, desk: Path, ledger: Ledger, assembling: Assembling) -> None:
        self._desk = desk
        self._ledger = ledger
        self._assembling = assembling
        self._folder = desk / PARTIAL
        # Paths that are given away, and where nothing lies yet.
        self._promised: set[Path] = set()

    def fresh(self, random: Callable[[int], bytes]) -> Path:
        """Return the path of a new partial file or folder; it does not exist yet."""
        return self.partial(random(8).hex())

    def partial(self, name: str) -> Path:
        """Return the path of a partial file or folder."""
        return self._folder / name

    def recover(self) -> None:
        """Finish or remove what a crash left behind."""
        make_folder(self._folder)
        make_folder(self._desk / PIECES)
        leftovers = os.listdir(self._folder)
        known = self._ledger.by_partial({name.removesuffix(_UNWRAPPED) for name in leftovers})
        for name in sorted(leftovers):
            entry = known.get(name.removesuffix(_UNWRAPPED))
            if entry is None:
                self._remove(self._folder / name)
            else:
                self.settle(entry)
        self._recover_pieces()

    def choose(
        self, entry: Opened, folder: Path, parts: Sequence[str], *, unwrapped_name: str | None
    ) -> Opened:
        """Return the entry with the paths where its content will be.

        Args:
            folder: the submission's.
            parts: harmless names: folders, and the file's.
            unwrapped_name: of the file in ``unwrapped_partial``, where there is one.
        """
        folder = Path(reduce(inner_folder, parts[:-1], str(folder)))
        entry = replace(entry, path=self._free(folder, parts[-1]))
        if unwrapped_name is not None:
            entry = replace(entry, unwrapped=self._free(folder, unwrapped_name))
        return entry

    def settle(self, entry: Opened) -> Opened:
        """Move what the ledger knows of to its place; return the entry with where that was."""
        partial = self._folder / entry.partial
        if partial.is_dir():
            if entry.path is not None:
                make_folder(self._desk / entry.path)
                merge(str(partial), str(self._desk / entry.path))
            return entry
        for field, source in (("path", partial), ("unwrapped", unwrapped_partial(partial))):
            while source.exists():
                relative = entry.path if field == "path" else entry.unwrapped
                if relative is None:
                    source.unlink()
                    break
                target = self._desk / relative
                make_folder(target.parent)
                try:
                    rename_new(source, target)
                except FileExistsError:
                    # Somebody put a file there meanwhile: take the next name, and say so first.
                    free = self._free(target.parent, target.name)
                    entry = _moved(entry, field, free)
                    self._ledger.open_once(entry)
                self._promised.discard(target)
        return entry

    def settle_share(self, entry: Opened, share: Share) -> str | None:
        """Give a file that comes in pieces its name if this share made it whole; return the name.

        Args:
            entry: of the pack, with the share noted in the ledger.
        """
        placed: list[str] = []

        def place(source: Path, changed: bool) -> None:
            placed.append(self._place_whole(source, entry, share.path, changed=changed))

        self._assembling.noted(entry, share, place)
        return placed[0] if placed else None

    def discard(self, partial: Path) -> None:
        """Remove a partial file or folder, and what was unwrapped from it."""
        self._remove(partial)
        self._remove(unwrapped_partial(partial))

    def _recover_pieces(self) -> None:
        there = set(os.listdir(self._desk / PIECES))
        self._assembling.drop_lost(there)
        strays = there - {file for file, _ in self._assembling.waiting()}
        if not strays:
            return
        noted: dict[str, tuple[Opened, Share, int, bool]] = {}
        for entry, share in self._ledger.shares(strays):
            _, _, size, changed = noted.get(share.file, (entry, share, 0, False))
            size += sum(end - start for start, end in share.ranges)
            noted[share.file] = (entry, share, size, changed or share.changed)
        for file in strays - noted.keys():
            (self._desk / PIECES / file).unlink()
        for file, (entry, share, size, changed) in noted.items():
            if size == share.size:
                self._place_whole(self._desk / PIECES / file, entry, share.path, changed=changed)

    def _place_whole(self, source: Path, entry: Opened, path: str, *, changed: bool) -> str:
        *folders, name = components(path)
        root = self._desk / (entry.path or "")
        make_folder(root)
        folder = reduce(inner_folder, folders, str(root))
        placed = move_file(str(source), folder, marked(name, _CHANGED) if changed else name)
        return self._relative(Path(placed))

    def _free(self, folder: Path, name: str) -> str:
        def taken(number: int) -> bool:
            path = folder / numbered(name, number)
            return path in self._promised or os.path.lexists(path)

        path = folder / numbered(name, free_number(taken))
        self._promised.add(path)
        return self._relative(path)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._desk).as_posix()

    def _remove(self, path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _moved(entry: Opened, field: str, relative: str) -> Opened:
    if field == "path":
        return replace(entry, path=relative)
    return replace(entry, unwrapped=relative)


def unwrapped_partial(partial: Path) -> Path:
    """Return where what the content was encrypted around is written to first."""
    return partial.with_name(partial.name + _UNWRAPPED)
