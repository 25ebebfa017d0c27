"""Sealing on arrival: content of one record in, an envelope in the store out.

Three things go on at once, so that the slowest alone sets the pace: the next piece is received,
the last one is hashed and sealed, the one before is written. At most a few chunks are in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

from intake.store import Arrival, Store
from intake.wire.envelope import FILE_KEY, Sealer
from intake.wire.keyring import Keyring, SuiteName
from intake.wire.record import Ending, Header, Kind

#: Bytes of plaintext that are gathered before they are handed to a thread. Fewer would cost more
#: in handing over than in sealing; and a slow sender's bytes are not held longer than this.
PORTION = 64 * 1024


class Sealing(Protocol):
    """One record being sealed under some suite. Its methods may block; they run in threads."""

    @property
    def size(self) -> int:
        """Bytes of content so far."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content so far."""

    def write(self, data: bytes | bytearray) -> Iterable[bytes]:
        """Take content, give what can be written of the envelope."""

    def finish(self, ending: Ending) -> Iterator[bytes]:
        """Give the rest of the envelope.

        Raises:
            SealingFailed: what was given is no envelope that anybody can open.
        """

    def abandon(self) -> None:
        """Give up what the suite holds; nothing happens after ``finish``."""


#: Begins a record under the suite of the keyring in force.
Suite = Callable[[Header], Sealing]


@dataclass(frozen=True)
class Sealed:
    """What was stored of one record, as received."""

    size: int
    sha256: bytes
    complete: bool


class _NaclSealing:
    """The NaCl suite's sealer, with its header given along with the first pieces."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._begun = False

    @property
    def size(self) -> int:
        return self._sealer.size

    @property
    def digest(self) -> bytes:
        return self._sealer.digest

    def write(self, data: bytes | bytearray) -> list[bytes]:
        return [*self._begin(), *self._sealer.write(data)]

    def finish(self, ending: Ending) -> Iterator[bytes]:
        yield from self._begin()
        yield from self._sealer.finish(ending)

    def abandon(self) -> None:
        return

    def _begin(self) -> list[bytes]:
        if self._begun:
            return []
        self._begun = True
        return [self._sealer.begin()]


def suite_for(keyring: Keyring, day: int, *, gnupg: Path, token: Callable[[int], bytes]) -> Suite:
    """Return the suite that the keyring names, for a day since 1970-01-01.

    Args:
        gnupg: GnuPG's home, for the GPG suite.
        token: ``token(n)`` gives n random bytes, for file keys.

    Raises:
        Refused: the keyring is not in force on this day.
    """
    if keyring.suite is SuiteName.GPG:
        from intake.gpg import gpg_suite

        return gpg_suite(gnupg, keyring, day)
    recipients = keyring.recipients(day)

    def begin(header: Header) -> Sealing:
        return _NaclSealing(Sealer(header, recipients, file_key=token(FILE_KEY)))

    return begin


class SealedArrival:
    """A record on its way from the network to the store.

    Args:
        threads: where sealing and writing run; both release the interpreter lock.
    """

    def __init__(self, header: Header, suite: Suite, store: Store, threads: ThreadPool) -> None:
        self._threads = threads
        self._arrival: Arrival = store.arrive(for_message=header.kind is Kind.MESSAGE)
        self._sealing = suite(header)
        self._portion = bytearray()
        self._sealed: AsyncResult[Any] | None = None
        self._written: AsyncResult[Any] | None = None
        self._open = True

    def write(self, data: bytes | bytearray) -> None:
        """Take content.

        Raises:
            DiskFull, SealingFailed: the envelope cannot go on; ``give_up`` keeps what there is.
        """
        if not self._portion and len(data) >= PORTION:
            self._hand_over(data)
            return
        self._portion += data
        if len(self._portion) >= PORTION:
            portion, self._portion = self._portion, bytearray()
            self._hand_over(portion)

    def finish(self, ending: Ending = Ending.COMPLETE) -> Sealed:
        """Seal the rest and return when all is durable; raises as ``write`` does."""
        if self._portion:
            self._hand_over(self._portion)
        self._settle()
        sealed: Sealed = self._threads.apply(self._finish, (ending,))
        self._open = False
        return sealed

    def give_up(self) -> None:
        """Keep what was written so far as a truncated envelope; nothing happens when finished."""
        if not self._open:
            return
        self._open = False
        for job in (self._sealed, self._written):
            if job is not None:
                # What went wrong there is what we are here for.
                job.wait()
        self._sealing.abandon()
        self._arrival.keep_truncated()

    def _finish(self, ending: Ending) -> Sealed:
        self._arrival.write(self._sealing.finish(ending))
        self._arrival.commit()
        return Sealed(self._sealing.size, self._sealing.digest, ending is Ending.COMPLETE)

    def _hand_over(self, data: bytes | bytearray) -> None:
        self._advance()
        self._sealed = self._threads.spawn(self._sealing.write, data)

    def _advance(self) -> None:
        """Hand what was sealed to the writer, once it is done with what it had before."""
        if self._sealed is None:
            return
        pieces = self._sealed.get() or ()
        if self._written is not None:
            self._written.get()
        self._sealed = None
        self._written = self._threads.spawn(self._arrival.write, pieces)

    def _settle(self) -> None:
        self._advance()
        if self._written is not None:
            self._written.get()
