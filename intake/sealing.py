"""Sealing on arrival: content of one record in, an envelope in the store out.

Three things go on at once, each for another portion: hashing, sealing, writing; and meanwhile the
next is received. So the slowest alone sets the pace. At most a few portions are in memory.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from gevent.event import AsyncResult
from gevent.lock import BoundedSemaphore, DummySemaphore
from gevent.threadpool import ThreadPool

from intake.errors import DiskFull, SealingFailed
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
#: One of so many at once, of something that is scarce.
Place = BoundedSemaphore | DummySemaphore
_ENOUGH = DummySemaphore()


class Sealing(Protocol):
    """One record being sealed under some suite. Its methods may block; they run in threads."""

    @property
    def size(self) -> int:
        """Bytes of content so far."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content so far."""

    def place(self, *, is_all: bool) -> Place:
        """Return what is to be held before anything is sealed, until all is or it is given up.

        Args:
            is_all: whether all of the content is there, and nothing more is waited for.
        """

    def count(self, data: bytes | bytearray) -> None:
        """Hash content; may run ahead of ``seal``, which gets the same."""

    def seal(self, data: bytes | bytearray) -> Sequence[bytes | memoryview]:
        """Take content, give what can be written of the envelope."""

    def written(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Take back the memory of what ``seal`` gave: it is written."""

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


class _Buffers:
    """Memory that ciphertext is sealed into, shared by all uploads: a slow one holds none."""

    def __init__(self) -> None:
        self._free: list[memoryview] = []

    def take(self, size: int) -> memoryview:
        """Return a buffer of at least ``size`` bytes, in whole pages."""
        try:
            buffer = self._free.pop()
        except IndexError:
            # Not asked beforehand: another thread could take the last one in between.
            return pages(size)
        return buffer if len(buffer) >= size else pages(size)

    def give_back(self, piece: memoryview) -> None:
        """Take back the buffer that a piece lies in."""
        self._free.append(memoryview(piece.obj))


class _NaclSealing:
    """The NaCl suite's sealer, which seals straight into memory that the disk takes."""

    def __init__(self, sealer: Sealer, buffers: _Buffers) -> None:
        self._sealer = sealer
        self._begun = False
        self._buffers = buffers

    @property
    def size(self) -> int:
        return self._sealer.size

    @property
    def digest(self) -> bytes:
        return self._sealer.digest

    def place(self, *, is_all: bool) -> Place:  # noqa: ARG002 - there is enough for all
        return _ENOUGH

    def count(self, data: bytes | bytearray) -> None:
        self._sealer.count(data)

    def seal(self, data: bytes | bytearray) -> list[bytes | memoryview]:
        header = self._begin()
        buffer = self._buffers.take(room_for(len(data)))
        return [*header, buffer[: self._sealer.seal_into(data, buffer)]]

    def written(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            if isinstance(piece, memoryview):
                self._buffers.give_back(piece)

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
    recipients, buffers = keyring.recipients(day), _Buffers()

    def begin(header: Header) -> Sealing:
        return _NaclSealing(Sealer(header, recipients, file_key=token(FILE_KEY)), buffers)

    return begin


class _Stage:
    """Something that is done to one portion at a time, in order; and to no other once it failed.

    Args:
        step: what is done; what it returns goes on to ``following``. It must not know of who
            holds the stage: in such a circle keys and plaintext would outlive the upload.
    """

    def __init__(self, step: Callable[[Any], Any], following: "_Stage | None" = None) -> None:
        self._step = step
        self._following = following
        self._waiting: deque[Any] = deque()
        self._lock = threading.Lock()
        self._failed: tuple[type[DiskFull | SealingFailed], str, str] | None = None

    def add(self, portion: Any) -> None:
        """Let a portion wait for its turn."""
        self._waiting.append(portion)

    def run(self) -> None:
        """Do it to the portion whose turn it is; raises what the step does."""
        with self._lock:
            if self._failed is not None:
                kind, message, hint = self._failed
                raise kind(message, hint)
            # Whoever comes after a failure is told why: a job may do the portion of another. But
            # what was raised is not kept itself, for all that hangs on its traceback.
            self._failed = (SealingFailed, "A portion before this one could not be sealed.", "")
            try:
                done = self._step(self._waiting.popleft())
            except (DiskFull, SealingFailed) as error:
                self._failed = (type(error), error.message, error.hint)
                raise
            self._failed = None
            if self._following is not None:
                self._following.add(done)


class SealedArrival:
    """A record on its way from the network to the store.

    Args:
        threads: where hashing, sealing and writing run; all release the interpreter lock.

    Raises:
        DiskFull, SealingFailed: nothing of it can be stored.
    """

    def __init__(self, header: Header, suite: Suite, store: Store, threads: ThreadPool) -> None:
        self._threads = threads
        self._sealing = suite(header)
        try:
            self._arrival: Arrival = threads.apply(
                store.arrive, (), {"for_message": header.kind is Kind.MESSAGE}
            )
        except BaseException:
            self._sealing.abandon()
            raise
        # A message comes in one piece.
        self._is_all = header.kind is Kind.MESSAGE
        self._place: Place | None = None
        self._portion = bytearray()
        self._jobs: deque[AsyncResult[Any]] = deque()
        self._writing = _Stage(partial(_write, self._arrival, self._sealing))
        self._sealed = _Stage(self._sealing.seal, self._writing)
        self._counted = _Stage(partial(_count, self._sealing), self._sealed)
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
            self._hand_over(self._portion)
            self._portion = bytearray()

    def finish(self, ending: Ending = Ending.COMPLETE) -> Sealed:
        """Seal the rest and return when all is durable; raises as ``write`` does."""
        self._is_all = True
        self._take_place()
        if self._portion:
            self._hand_over(self._portion)
            self._portion = bytearray()
        self._wait_for_all_but(0)
        self._jobs.append(self._threads.spawn(_finish, self._arrival, self._sealing, ending))
        sealed = cast(Sealed, self._jobs[0].get())
        self._jobs.clear()
        self._open = False
        self._leave_place()
        return sealed

    def give_up(self) -> None:
        """Keep what was written so far as a truncated envelope; nothing happens when finished."""
        if not self._open:
            return
        self._open = False
        self._portion = bytearray()
        for job in self._jobs:
            # What went wrong there is what we are here for.
            job.wait()
        self._jobs.clear()
        try:
            self._threads.apply(_give_up, (self._arrival, self._sealing))
        finally:
            self._leave_place()

    def _take_place(self) -> None:
        if self._place is None:
            place = self._sealing.place(is_all=self._is_all)
            place.acquire()
            self._place = place

    def _leave_place(self) -> None:
        if self._place is not None:
            self._place.release()
            self._place = None

    def _hand_over(self, data: bytes | bytearray) -> None:
        self._take_place()
        self._wait_for_all_but(_AHEAD - 1)
        self._counted.add(data)
        self._jobs.append(self._threads.spawn(_work, self._counted, self._sealed, self._writing))

    def _wait_for_all_but(self, number: int) -> None:
        while len(self._jobs) > number:
            self._jobs[0].get()
            self._jobs.popleft()


def _work(*stages: _Stage) -> None:
    """Take a portion through the stages; other such jobs may be a stage behind or ahead."""
    for stage in stages:
        stage.run()


def _count(sealing: Sealing, data: bytes | bytearray) -> bytes | bytearray:
    sealing.count(data)
    return data


def _write(arrival: Arrival, sealing: Sealing, pieces: Sequence[bytes | memoryview]) -> None:
    arrival.write(pieces)
    sealing.written(pieces)


def _finish(arrival: Arrival, sealing: Sealing, ending: Ending) -> Sealed:
    arrival.write(sealing.finish(ending))
    arrival.commit()
    return Sealed(sealing.size, sealing.digest, ending is Ending.COMPLETE)


def _give_up(arrival: Arrival, sealing: Sealing) -> None:
    sealing.abandon()
    arrival.keep_truncated()
