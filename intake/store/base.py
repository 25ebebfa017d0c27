"""What any store has to do. ``tests/store/contract.py`` holds every store to it."""

from collections.abc import Callable, Iterable, Iterator, MutableSequence, Sequence
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

        Raises:
            Taken: another envelope has its first page. No sealer makes two such.
        """

    def keep_truncated(self) -> None:
        """Keep what was written so far as a truncated envelope, if it has a page of its own."""


@dataclass(frozen=True)
class Unfinished:
    """What an upload that is not finished is kept under.

    Attributes:
        id: 32 hexadecimal digits.
        size: bytes that it will have when it is whole.
        part: whether it is joined with others then, and no envelope by itself.
    """

    id: str
    size: int
    part: bool = False


class Growing(Protocol):
    """An upload while it is gone on with. Its methods may run in any thread, one at a time."""

    def write(self, data: bytes | bytearray) -> None:
        """Append.

        Raises:
            DiskFull: only the reserve is left; what was written before stays.
        """

    def close(self) -> int:
        """Make what was written durable, and return how many bytes there are now.

        Of the last bytes, what is no whole page may be dropped, but for those that make it whole;
        and all of it, where it is new, no part, and does not begin with a whole header.
        """


class Uploads(Protocol):
    """Uploads that are not finished. One caller at a time may act on each of them."""

    def size(self, upload: Unfinished) -> int:
        """Return how many bytes there are, all of them durable; 0 if nothing came."""

    def front(self, upload: Unfinished, size: int) -> bytes:
        """Return the first ``size`` bytes, or all if there are fewer; ``KeyError`` if none came."""

    def open(self, upload: Unfinished, *, for_message: bool) -> Growing:
        """Go on after what there is, or begin.

        Raises:
            DiskFull: as ``Growing.write``.
            TooManyUploads: it would be one more than are kept.
        """

    def admit(self, upload: Unfinished) -> None:
        """Have a whole upload among the envelopes that wait for the tick, durably.

        It stays as well, until it is deleted; to do this twice does no harm.

        Raises:
            Taken: another envelope has its first page; the upload is deleted.
        """

    def join(self, parts: Sequence[Unfinished], whole: Unfinished) -> None:
        """Have an upload of the bytes of others, in this order, durably. They stay.

        Raises:
            DiskFull: there is no room for both; nothing has changed.
        """

    def delete(self, upload: Unfinished) -> bool:
        """Delete what came, durably; return whether there was anything."""

    def retire(self, tick: int) -> None:
        """Give up what nobody went on with: to the shelf with it, truncated, if it has a header."""


class Store(Protocol):
    """Envelopes and replies. What it stores shows no time but the tick's, and no link."""

    @property
    def uploads(self) -> Uploads:
        """What sources go on with later."""

    def recover(self) -> None:
        """Keep as truncated what a crash left half-written. Only with no other process at work.

        It raises ``OSError`` where some of it cannot be read, when all else is done.
        """

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

    def delete(self, envelopes: Iterable[Stored], tick: int) -> int:
        """Delete envelopes from the shelf, durably, and return how many there were.

        Those that are not there, or that have another size by now, are passed over.
        """

    def erase(self) -> None:
        """Overwrite what was deleted, all of it, as far as the medium lets; its room is free then.

        What is being read at the time is left to the next call. May take as long as writing it.
        """

    def put_reply(self, name: str, sealed: bytes, tick: int) -> None:
        """Store a sealed reply durably; nothing happens if it is there already."""

    def reply_names(self) -> list[str]:
        """Return the names of all replies, in no order."""

    def reply(self, name: str) -> bytes:
        """Return a sealed reply; ``KeyError`` if there is none of this name."""

    def delete_reply(self, name: str, tick: int) -> None:
        """Delete a reply, durably; nothing happens if there is none.

        Another takes its place, which is for nobody: how many there are does not tell.
        """

    def used(self) -> int:
        """Return bytes of ciphertext held."""

    def room(self, *, for_message: bool) -> int:
        """Return bytes that can still be stored."""
