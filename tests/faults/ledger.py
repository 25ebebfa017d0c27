"""What people were told by the server, and may therefore rely on."""

import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.newsroom import Opened
from tests.uploads.program import Sealed


@dataclass
class Upload:
    """An upload, and the last offset that the server named for it."""

    sealed: Sealed
    offset: int = 0

    @property
    def is_complete(self) -> bool:
        return self.offset == self.sealed.size


@dataclass
class Dispatch:
    """A dispatch: its file, whose replies by their texts, and the envelopes that it deletes."""

    path: Path
    replies: dict[str, str]
    receipts: set[str]


@dataclass
class Ledger:
    """What was acknowledged; and what came of it, as far as was looked.

    Attributes:
        stored: hashes of contents that somebody has a receipt for, until they are found.
        confirmed: the same, also when they are found.
        uploads: those that are not complete.
        given_up: uploads that stood at an offset, and were begun anew by their senders since then.
        delivered: replies of dispatches that were delivered to the end, with their codenames.
        deleted: replies whose deletion was confirmed.
        unsure: replies of which nobody was told whether they are deleted.
        receipted: envelopes in a receipt of any dispatch; they may be gone.
        gone: envelopes in a receipt of a dispatch that was delivered to the end.
        opened: every envelope that the desk has opened, with its size.
        contents: hashes of the contents of those that were whole.
        whole: hashes of contents that were found whole.
        cut: for each envelope that was cut off, how its content began, and how long it was.
        damaged: envelopes that begin as none, or were altered, with what the desk says of them.
        uploaded: names of envelopes that were sent as uploads: whoever was not told that one is
            complete may send it again when it has been to the desk, and been deleted.
        checked: how many acknowledged things were looked for, and found, by kind.
    """

    stored: set[bytes] = field(default_factory=set)
    confirmed: set[bytes] = field(default_factory=set)
    uploads: list[Upload] = field(default_factory=list)
    given_up: list[tuple[Sealed, int]] = field(default_factory=list)
    delivered: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    receipted: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    opened: dict[str, int] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    whole: set[bytes] = field(default_factory=set)
    cut: dict[bytes, int] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    uploaded: set[str] = field(default_factory=set)
    checked: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def store(self, contents: list[bytes]) -> None:
        """Note contents that somebody was given a receipt for."""
        digests = {hashlib.sha256(content).digest() for content in contents}
        with self.lock:
            self.stored |= digests
            self.confirmed |= digests

    def open(self, name: str, size: int, opened: Opened | None) -> None:
        """Note an envelope as the desk found it; ``None`` where not even its header was there."""
        with self.lock:
            self.opened[name] = size
            if opened is None:
                return
            if opened.trailer is not None:
                self.contents[name] = hashlib.sha256(opened.content).digest()
                self.whole.add(self.contents[name])
            else:
                start = opened.content[:BEGINNING]
                self.cut[start] = max(len(opened.content), self.cut.get(start, 0))

    def may_come_again(self, name: str) -> bool:
        """Return whether nobody was told that an envelope is stored, or not at first.

        It may have been, and a failure came before that could be said. Then it is stored once more
        where its sender goes on, or where the server finds what it had left when it failed.
        """
        return name in self.uploaded or self.contents.get(name) not in self.confirmed

    def is_whole(self, content: bytes) -> bool:
        """Return whether a content was found whole."""
        return hashlib.sha256(content).digest() in self.whole

    def count(self, kind: str, number: int) -> None:
        """Note that so many acknowledged things were looked for, and are there."""
        self.checked[kind] = self.checked.get(kind, 0) + number


#: Bytes that tell contents apart: all of them begin at random.
BEGINNING = 16
