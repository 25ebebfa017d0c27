"""What any store has to do. ``tests/store/contract.py`` holds every store to it."""

from collections.abc import Callable, Iterable, Iterator, MutableSequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

#: Puts a sequence into an order that nobody can predict.
Shuffle = Callable[[MutableSequence[str]], None]


@dataclass(frozen=True)
class Stored:
    """An envelope on the shelf: its id in hex, and its size in bytes."""

    name: str
    size: int


class Arrival(Protocol):
    """One envelope while it arrives. Its methods may run in any thread, one at a time."""

    def write(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Append ciphertext; a ``memoryview`` is of whole pages that begin at a page of memory.

        Raises:
            DiskFull: only the reserve is left; what was written before stays.
        """

    def commit(self) -> str:
        """Make all that was written durable, and return the envelope's name.

        Once this returned, the envelope may be acknowledged, and no crash loses it.
        """

    def keep_truncated(self) -> None:
        """Keep what was written so far as a truncated envelope, if it has a first page."""


class Store(Protocol):
    """Envelopes and replies. What it stores shows no time but the tick's, and no link."""

    def recover(self) -> None:
        """Keep as truncated what a crash left half-written. Only with no other process at work."""

    def arrive(self, *, for_message: bool) -> Arrival:
        """Begin an envelope; only messages may use the reserve, but for what replies need.

        Raises:
            DiskFull: as ``Arrival.write``.
        """

    def shelve(self, tick: int, shuffle: Shuffle) -> None:
        """Make visible, in random order, all that was committed, as of ``tick`` (Unix seconds)."""

    def envelopes(self) -> Iterator[Stored]:
        """Yield what is on the shelf, in no order."""

    def open(self, name: str) -> BinaryIO:
        """Open an envelope on the shelf; ``KeyError`` if there is none of this name."""

    def delete(self, name: str, tick: int) -> None:
        """Delete an envelope from the shelf, durably; nothing happens if there is none."""

    def put_reply(self, name: str, sealed: bytes, tick: int) -> None:
        """Store a sealed reply durably; nothing happens if it is there already."""

    def reply_names(self) -> list[str]:
        """Return the names of all replies, in no order."""

    def reply(self, name: str) -> bytes:
        """Return a sealed reply; ``KeyError`` if there is none of this name."""

    def delete_reply(self, name: str, tick: int) -> None:
        """Delete a reply, durably; nothing happens if there is none."""

    def used(self) -> int:
        """Return bytes of ciphertext held."""

    def room(self, *, for_message: bool) -> int:
        """Return bytes that can still be stored."""
