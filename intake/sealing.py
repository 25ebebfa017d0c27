"""Sealing on arrival: content of one record in, an envelope in the store out.

Three things go on at once, each for another portion: hashing, sealing, writing; and meanwhile the
next is received. So the slowest alone sets the pace. At most a few portions are in memory.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

from intake.store import Arrival, Store
from intake.store.direct import pages
from intake.wire.envelope import FILE_KEY, Sealer, room_for
from intake.wire.keyring import Keyring, SuiteName
from intake.wire.record import Ending, Header, Kind

#: Bytes of plaintext that are gathered before they are handed to a thread. Fewer would cost more
#: in handing over than in sealing; and a slow sender's bytes are not held longer than this.
PORTION = 64 * 1024
#: Portions under way at once, besides the one that is being received.
_AHEAD = 4


class Sealing(Protocol):
    """One record being sealed under some suite. Its methods may block; they run in threads."""

    @property
    def size(self) -> int:
        """Bytes of content so far."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content so far."""

    def count(self, data: bytes | bytearray) -> None:
        """Hash content; may run ahead of ``seal``, which gets the same."""

    def seal(self, data: bytes | bytearray) -> Sequence[bytes | memoryview]:
        """Take content, give what can be written of the envelope before the next but one."""

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
    """The NaCl suite's sealer, which seals straight into memory that the disk takes."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._begun = False
        self._buffers = deque([memoryview(b"")] * _AHEAD)

    @property
    def size(self) -> int:
        return self._sealer.size

    @property
    def digest(self) -> bytes:
        return self._sealer.digest

    def count(self, data: bytes | bytearray) -> None:
        self._sealer.count(data)

    def seal(self, data: bytes | bytearray) -> list[bytes | memoryview]:
        header = self._begin()
        room = room_for(len(data))
        # One is being written while the next is filled.
        self._buffers.rotate()
        if len(self._buffers[0]) < room:
            self._buffers[0] = pages(room)
        size = self._sealer.seal_into(data, self._buffers[0])
        return [*header, self._buffers[0][:size]]

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


class _Stage:
    """Something that is done to one portion at a time, in order; and to no other once it failed.

    Args:
        step: what is done; what it returns goes on to ``following``.
    """

    def __init__(self, step: Callable[[Any], Any], following: "_Stage | None" = None) -> None:
        self._step = step
        self._following = following
        self._waiting: deque[Any] = deque()
        self._lock = threading.Lock()
        self._error: BaseException | None = None

    def add(self, portion: Any) -> None:
        """Let a portion wait for its turn."""
        self._waiting.append(portion)

    def run(self) -> None:
        """Do it to the portion whose turn it is; raises what the step does, then and ever after."""
        with self._lock:
            if self._error is not None:
                raise self._error
            try:
                done = self._step(self._waiting.popleft())
            except BaseException as error:
                self._error = error
                raise
            if self._following is not None:
                self._following.add(done)


class SealedArrival:
    """A record on its way from the network to the store.

    Args:
        threads: where hashing, sealing and writing run; all release the interpreter lock.
    """

    def __init__(self, header: Header, suite: Suite, store: Store, threads: ThreadPool) -> None:
        self._threads = threads
        self._arrival: Arrival = store.arrive(for_message=header.kind is Kind.MESSAGE)
        self._sealing = suite(header)
        self._portion = bytearray()
        self._jobs: deque[AsyncResult[Any]] = deque()
        self._writing = _Stage(self._arrival.write)
        self._sealed = _Stage(self._sealing.seal, self._writing)
        self._counted = _Stage(self._count, self._sealed)
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
        self._wait_for_all_but(0)
        self._jobs.append(self._threads.spawn(self._finish, ending))
        sealed = cast(Sealed, self._jobs[0].get())
        self._open = False
        return sealed

    def give_up(self) -> None:
        """Keep what was written so far as a truncated envelope; nothing happens when finished."""
        if not self._open:
            return
        self._open = False
        for job in self._jobs:
            # What went wrong there is what we are here for.
            job.wait()
        self._sealing.abandon()
        self._arrival.keep_truncated()

    def _hand_over(self, data: bytes | bytearray) -> None:
        self._wait_for_all_but(_AHEAD - 1)
        self._counted.add(data)
        self._jobs.append(self._threads.spawn(self._work))

    def _wait_for_all_but(self, number: int) -> None:
        while len(self._jobs) > number:
            self._jobs[0].get()
            self._jobs.popleft()

    def _work(self) -> None:
        """Take a portion through the stages; another such job may be one stage behind."""
        self._counted.run()
        self._sealed.run()
        self._writing.run()

    def _count(self, data: bytes | bytearray) -> bytes | bytearray:
        self._sealing.count(data)
        return data

    def _finish(self, ending: Ending) -> Sealed:
        self._arrival.write(self._sealing.finish(ending))
        self._arrival.commit()
        return Sealed(self._sealing.size, self._sealing.digest, ending is Ending.COMPLETE)
