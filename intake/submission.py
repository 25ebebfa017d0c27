"""One submission: its records sealed one by one as they arrive, and the receipt at the end."""

from dataclasses import dataclass, field

from intake.derivations import HasGone, Purpose
from intake.newsroom import Newsroom
from intake.problems import BadForm, Busy, CodenameInMessage, NothingToSend, Slip
from intake.sealing import Sealed, SealedArrival
from intake.wire.codename import Thread, gives_away, split
from intake.wire.record import MAX_MEDIA_TYPE, MAX_NAME, Ending, Header, Kind

_PLAIN_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Item:
    """A file as it was received."""

    name: str
    size: int
    sha256: str
    complete: bool

    def __repr__(self) -> str:
        return "<Item>"


@dataclass
class Receipt:
    """What of a submission is durable."""

    codename: str = ""
    message_size: int | None = None
    items: list[Item] = field(default_factory=list)

    def __repr__(self) -> str:
        return "<Receipt>"


class Submission:
    """Takes a submission part by part. ``close`` it in any case: what is open then is kept.

    Raises:
        Problem: the submission cannot go on; from every method.
        DiskFull, SealingFailed, OSError: it could not be stored.
    """

    def __init__(self, newsroom: Newsroom, has_gone: HasGone) -> None:
        self.receipt = Receipt()
        self._newsroom = newsroom
        self._has_gone = has_gone
        self._suite = newsroom.suite()
        self._id = newsroom.chance.token(16)
        self._thread: Thread | None = None
        self._refused: Slip | Busy | None = None
        self._message: tuple[bytes, Ending] | None = None
        self._positions = 0
        self._open: SealedArrival | None = None
        self._name = ""

    def codename(self, untrusted_text: str) -> None:
        """Take the codename; it has to come before the first file.

        What is wrong is told when the message has come as well: nobody has to write it twice.
        """
        try:
            self._thread = self._newsroom.thread_of(untrusted_text, Purpose.SENDING, self._has_gone)
        except (Slip, Busy) as refused:
            self._refused = refused
            return
        self.receipt.codename = " ".join(split(untrusted_text))
        self._seal_message()

    def message(self, text: bytes, ending: Ending = Ending.COMPLETE) -> None:
        """Take the message, UTF-8 as it came; one of white space alone is none."""
        if self._refused is not None:
            self._refused.text = text.decode(errors="replace")
            raise self._refused
        if text.strip():
            self._message = (text, ending)
            self._seal_message()

    def begin_file(self, name: str, media_type: str) -> None:
        """Take a file, whose content follows by ``write``, and then ``end_file``."""
        if self._refused is not None:
            raise self._refused
        if self._thread is None:
            # Without the thread nobody could answer, and the record would have to be made up.
            raise BadForm
        self._name = shorten(name, MAX_NAME)
        self._positions += 1
        self._begin(
            self._thread,
            Kind.FILE,
            self._positions,
            self._name,
            shorten(media_type, MAX_MEDIA_TYPE),
        )

    def write(self, data: bytes | bytearray) -> None:
        """Take content of the file that was begun."""
        if self._open is not None:
            self._open.write(data)

    def end_file(self, ending: Ending = Ending.COMPLETE) -> None:
        """The file's content has ended."""
        if self._open is None:
            return
        sealed = self._finish(self._open, ending)
        self.receipt.items.append(
            Item(self._name, sealed.size, sealed.sha256.hex(), sealed.complete)
        )

    def end(self) -> Receipt:
        """Return the receipt: all that is on it is durable."""
        if self._thread is None and self._refused is None:
            self.codename("")
        if self._refused is not None:
            if self._message is not None:
                self._refused.text = self._message[0].decode(errors="replace")
            raise self._refused
        if self.receipt.message_size is None and not self.receipt.items:
            nothing = NothingToSend()
            nothing.codename = self.receipt.codename
            raise nothing
        return self.receipt

    def close(self) -> None:
        """Keep what is still open as a truncated envelope."""
        # What was refused is not to outlive the answer.
        self._refused = self._message = self._thread = None
        if self._open is not None:
            self._open.give_up()
            self._open = None

    def _seal_message(self) -> None:
        if self._thread is None or self._message is None:
            return
        text, ending = self._message
        self._guard(text.decode(errors="replace"))
        self._message = None
        arrival = self._begin(self._thread, Kind.MESSAGE, 0, media_type=_PLAIN_TEXT)
        arrival.write(text)
        self.receipt.message_size = self._finish(arrival, ending).size

    def _guard(self, text: str) -> None:
        """Refuse a message that gives the codename away."""
        if gives_away(text, self.receipt.codename.split()):
            problem = CodenameInMessage()
            problem.codename, problem.text = self.receipt.codename, text
            raise problem

    def _begin(
        self, thread: Thread, kind: Kind, position: int, name: str = "", media_type: str = ""
    ) -> SealedArrival:
        header = Header(
            kind, self._id, thread.capability, thread.reply_key, position, name, media_type
        )
        self._open = SealedArrival(
            header, self._suite, self._newsroom.store, self._newsroom.threads
        )
        return self._open

    def _finish(self, arrival: SealedArrival, ending: Ending) -> Sealed:
        sealed = arrival.finish(ending)
        self._open = None
        return sealed


def shorten(text: str, limit: int) -> str:
    """Return the text cut to ``limit`` bytes of UTF-8, its last characters kept.

    A name that is longer than any file system allows keeps its ending, which says what it is.
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[-limit:].decode("utf-8", "ignore")
