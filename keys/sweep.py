"""A whole stick in one go: every envelope is tried, whatever became of the one before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from typing import Final

from keys.desk import Desk
from keys.errors import (
    DeskFull,
    EnvelopeError,
    GpgError,
    KeysError,
    NotForThisDesk,
    StickError,
    Stopped,
)
from keys.filing import Filing
from keys.ledger import Opened
from keys.opening import Opener
from keys.staged import Staged
from keys.stick import Found, Stick, Suite
from keys.streaming import as_done
from keys.summary import Summary
from keys.unwrap import wrapping_of

#: Envelopes that are filed in one go, and bytes of content: more than these wait for nothing.
_BATCH: Final = 16
_BATCH_BYTES: Final = 64 * 1024 * 1024
#: Envelopes that are given out to threads: enough to go on with while a batch is filed.
_GIVEN_OUT: Final = 64


class Sweep:
    """Opens a stick.

    Args:
        pool: for envelopes of the NaCl suite; those of the other are opened one after the other.
        opened: called for each that is opened now and not before.
        tell: called with what a sentence is about, and the sentence.

    Attributes:
        summary: of what was done so far.
    """

    def __init__(
        self,
        desk: Desk,
        opener: Opener,
        filing: Filing,
        pool: Executor,
        *,
        opened: Callable[[Opened], None],
        tell: Callable[[str, str], None],
    ) -> None:
        self._desk = desk
        self._opener = opener
        self._filing = filing
        self._pool = pool
        self._opened = opened
        self._tell = tell
        self._waiting: list[Staged] = []
        self._seen: list[str] = []
        self._full: DeskFull | None = None
        self.summary = Summary()

    def run(self, stick: Stick) -> None:
        """Open every envelope.

        Raises:
            DeskFull: nothing can be written any more; what was opened is safe.
            EnvelopeError: something cannot be written; the same.
        """
        for path, reason in stick.unreadable:
            self.summary.failed += 1
            self._tell(path.name, f"It cannot be read: {reason}.")
        try:
            for envelopes in _rounds(stick.envelopes):
                self._round(envelopes)
                if self._full is not None:
                    raise self._full
        except BaseException:
            # Every thread has ended. What they left is put in order, as after a crash.
            self._desk.cabinet.recover()
            raise

    def _round(self, envelopes: Sequence[Found]) -> None:
        """Open envelopes of which no two are copies of one."""
        opener = self._opener
        in_threads = self._fresh(found for found in envelopes if found.suite is Suite.NACL)
        with closing(
            as_done(self._pool, opener.stage, in_threads, most=_GIVEN_OUT, stop=opener.stop)
        ) as results:
            for found, future in results:
                self._take(found, future.result)
        for found in self._fresh(found for found in envelopes if found.suite is Suite.GPG):
            self._take(found, partial(opener.stage, found))
        self._file()
        self._desk.ledger.see_again(self._seen)
        self._seen.clear()

    def _fresh(self, envelopes: Iterable[Found]) -> Iterator[Found]:
        for found in envelopes:
            if self._opener.stopped:
                return
            if not self._opener.opened_before(found):
                yield found
                continue
            self.summary.already += 1
            if self._desk.ledger.receipt_was_lost(found.id, found.size):
                self._seen.append(found.id)

    def _take(self, found: Found, result: Callable[[], Staged]) -> None:
        try:
            staged = result()
        except Stopped:
            return
        except DeskFull as error:
            # What others write may have had room, and is filed.
            self._full = error
            self._opener.stop()
            return
        except (EnvelopeError, GpgError, StickError) as error:
            self._failed(found, error)
            return
        self._opener.unwrap(staged)
        self._waiting.append(staged)
        size = sum(one.entry.size for one in self._waiting)
        if len(self._waiting) >= _BATCH or size >= _BATCH_BYTES:
            self._file()

    def _file(self) -> None:
        batch, self._waiting = self._waiting, []
        for filed in self._filing.file(batch) if batch else ():
            staged, entry = filed.staged, filed.entry
            if staged.problem is not None:
                self._failed(staged.found, staged.problem)
                continue
            self.summary.failed += staged.failed
            if staged.known:
                self.summary.already += 1
            else:
                self.summary.count(filed)
                self._look_into(filed.whole)
                self._opened(entry)
            for note in staged.notes:
                self._tell(entry.path or staged.found.name, note)

    def _look_into(self, paths: Sequence[str]) -> None:
        """Count large files that were encrypted a second time, now that they are whole."""
        for path in paths:
            if wrapping_of(self._desk.path / path, is_message=False) is not None:
                self.summary.wrapped.add(path)

    def _failed(self, found: Found, error: KeysError) -> None:
        if isinstance(error, NotForThisDesk):
            self.summary.not_ours += 1
        else:
            self.summary.failed += 1
        self._tell(found.name, " ".join(part for part in (error.message, error.hint) if part))


def _rounds(envelopes: Sequence[Found]) -> Iterator[Sequence[Found]]:
    """Yield all of them, so that copies of one envelope are in one round each, in their order."""
    while envelopes:
        now: list[Found] = []
        later: list[Found] = []
        ids: set[str] = set()
        for found in envelopes:
            (later if found.id in ids else now).append(found)
            if found.id:
                ids.add(found.id)
        yield now
        envelopes = later
