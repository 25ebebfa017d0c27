"""Packs dealt out to all who send, and the books about what became of each."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from intake.sender.planning import Note, Pack, Tree
from intake.sender.reading import Contents
from intake.sender.walking import Found, Skipped, look
from intake.wire.manifest import DIGEST

#: How often a file that keeps getting shorter is begun anew.
_AGAIN: Final = 3
#: Files of several pieces of which it is known that they were counted. Their pieces come one after
#: the other, so that only the last of them can be told of yet.
_COUNTED: Final = 64


@dataclass(frozen=True, slots=True)
class Dealt:
    """A pack, and its number in the order in which the files were read."""

    number: int
    pack: Pack


class Deal:
    """Some packs of a tree. It may be used by all threads.

    Args:
        packs: what to deal out.
        note: is told of what is not as it was planned.

    Attributes:
        files, size: of those that were read, and their bytes.
        done: bytes of files in packs that are through.
    """

    def __init__(self, tree: Tree, packs: Iterator[Pack], note: Note) -> None:
        self.files = 0
        self.size = 0
        self.done = 0
        self._tree = tree
        self._packs = packs
        self._note = note
        self._lock = threading.Lock()
        self._dealt = 0
        self._digests = bytearray()
        self._empty: set[int] = set()
        self._begun: dict[bytes, int] = {}
        self._again: dict[bytes, list[int]] = {}
        self._queue: list[Iterator[Pack]] = []

    def next(self) -> Dealt | None:
        """Return the next pack; ``None`` when all are dealt out."""
        with self._lock:
            pack = next(self._packs, None)
            while pack is None and self._queue:
                pack = next(self._queue[0], None)
                if pack is None:
                    self._queue.pop(0)
            if pack is None:
                return None
            self._dealt += 1
            return Dealt(self._dealt - 1, pack)

    def book(self, dealt: Dealt, contents: Contents, digest: bytes | None) -> None:
        """Note what became of a pack.

        Args:
            digest: of its content, when the server has it; ``None`` if there was nothing in it.
        """
        with self._lock:
            self._write(dealt.number, digest)
            self.files += contents.files
            self.size += contents.size
            self.done += contents.read
            for found in contents.begun:
                self._begun[found.path] = found.size
                if len(self._begun) > _COUNTED:
                    del self._begun[next(iter(self._begun))]
            for one in contents.notes:
                self._note(one)
            for found in contents.shorter:
                self._send_again(found)

    def digests(self) -> Iterator[bytes]:
        """Yield the SHA-256 of each pack's content, in the order in which the files were read."""
        for number in range(self._dealt):
            if number not in self._empty:
                yield bytes(self._digests[number * DIGEST : (number + 1) * DIGEST])

    def _write(self, number: int, digest: bytes | None) -> None:
        missing = (number + 1) * DIGEST - len(self._digests)
        self._digests += bytes(max(0, missing))
        if digest is None:
            self._empty.add(number)
        else:
            self._digests[number * DIGEST : (number + 1) * DIGEST] = digest

    def _send_again(self, found: Found) -> None:
        """Begin a file anew that is shorter now than it was when its turn came."""
        sizes = self._again.setdefault(found.path, [])
        if found.size in sizes:
            return
        sizes.append(found.size)
        if self._begun.pop(found.path, None) == found.size:
            self.files -= 1
            self.size -= found.size
        now = look(found, follow="/" not in found.name)
        if isinstance(now, Skipped):
            self._note(now)
        elif len(sizes) > _AGAIN or now.is_folder:
            self._note(Skipped(found.name, "keeps getting shorter, and is not complete"))
        else:
            self._note(Skipped(found.name, "became shorter while it was sent, and was begun anew"))
            self._queue.append(self._tree.packs_of(now))
