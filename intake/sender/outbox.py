"""One sealed record after another over one circuit, however often that is cut."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from intake.reach.errors import NotReached, WrongAnswer
from intake.reach.patience import Patience
from intake.sender.link import Link, OtherKeys, Upload
from intake.sender.newsroom import Newsroom
from intake.sender.pacing import Closed, Pace
from intake.wire.envelope import CHUNK, Recipient, header_size
from intake.wire.resumable import Resumable

#: Chunks that are sealed at once, and then sent.
_CHUNKS: Final = 4
#: Bytes that asking where an upload stands counts for.
_QUESTION: Final = 1024
#: Where an upload stands that is complete.
_WHOLE: Final = -1


class Stopped(Exception):
    """Nothing is to be sent any more."""


class Outbox:
    """A circuit's way out, used by one thread.

    Args:
        trouble: is told of each failure after which it is tried again.
        stop: is set when nothing is to be sent any more.
    """

    def __init__(
        self,
        link: Link,
        newsroom: Newsroom,
        pace: Pace,
        patience: Patience,
        *,
        trouble: Callable[[NotReached], None],
        stop: threading.Event,
    ) -> None:
        self.link = link
        self._newsroom = newsroom
        self._pace = pace
        self._patience = patience
        self._trouble = trouble
        self._stop = stop
        self._room = memoryview(bytearray(_CHUNKS * CHUNK))
        self._tries = 0
        self._reached = 0
        self._share = 0.0

    @property
    def share(self) -> float:
        """How much of the present record was handed over, from 0 to 1."""
        return self._share

    def put(self, record: Resumable, *, fresh: bool) -> None:
        """Return when the server keeps all of a record.

        Args:
            fresh: nothing of it can be there, so that is not asked.

        Raises:
            Stopped: as it says.
            IntakeError: it cannot be sent, or the patience is at its end.
        """
        self._tries = self._reached = 0
        offset = 0 if fresh else None
        while offset != _WHOLE:
            offset = self._try(record, offset)
        self._share = 0.0

    def has(self, record: Resumable) -> bool:
        """Return whether the server keeps all of a record; raises as ``put`` does."""
        self._tries = self._reached = 0
        offset = None
        while offset is None:
            offset = self._try(record, None)
        return offset == _WHOLE

    def _try(self, record: Resumable, offset: int | None) -> int | None:
        """Ask where a record stands, or send it from there on.

        Args:
            offset: where it stands; ``None`` where that has to be asked.

        Returns:
            Where it stands then; ``None``, after a pause, where that has to be asked.
        """
        try:
            self._wait_open()
            if self._stop.is_set():
                raise Stopped
            offset = self._go_on(record, offset)
        except Closed:
            return None
        except NotReached as error:
            if self._stop.is_set():
                raise Stopped from error
            self._tries += 1
            self._trouble(error)
            self._patience.pause(self._tries, error)
            return None
        if offset is not None and (offset == _WHOLE or offset > self._reached):
            self._tries, self._reached = 0, offset
            self._patience.renew()
        return offset

    def _wait_open(self) -> None:
        """Return when it is the hour; until then there is no connection either."""
        if self._pace.until_open():
            self.link.close()
            self._pace.wait_open()

    def _go_on(self, record: Resumable, offset: int | None) -> int | None:
        recipients = self._newsroom.recipients()
        upload = Upload(record.address, record.size(len(recipients)))
        try:
            if offset is None:
                self._pace.take(_QUESTION)
                offset = self.link.offset(upload)
            else:
                body = self._body(record, recipients, offset)
                offset = self.link.append(upload, offset, body)
        except OtherKeys:
            if not self._newsroom.renew(recipients):
                raise
            return None
        return _WHOLE if offset == upload.size else offset

    def _body(
        self, record: Resumable, recipients: Sequence[Recipient], offset: int
    ) -> Iterator[memoryview]:
        """Yield an envelope from an offset on, in pieces, each when it may be sent.

        The header is another one at each try, and so is never gone on with (P2.2).
        """
        first = header_size(len(recipients))
        if offset == 0:
            self._pace.take(first)
            yield memoryview(record.begin(recipients))
        elif offset < first:
            raise WrongAnswer("The server kept a piece of a header.", "Ask the newsroom.")
        number, skip = divmod(max(0, offset - first), CHUNK)
        while number < record.chunks:
            end = record.seal_into(number, self._room)
            for piece in _cut(self._room[skip:end], self._pace.piece):
                self._pace.take(len(piece))
                if self._stop.is_set():
                    raise Stopped
                if self.link.answered():
                    return
                yield piece
            number, skip = number + end // CHUNK, 0
            self._share = number / record.chunks


def _cut(data: memoryview, size: int) -> Iterator[memoryview]:
    """Yield data in pieces of at most so many bytes."""
    return (data[at : at + size] for at in range(0, len(data), size))
