"""The content of one envelope, written to a partial file, and the judgement on it."""

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from intake.wire.errors import Truncated, WireError
from intake.wire.record import Ending, RecordReader
from keys.files import append, create
from keys.ledger import Ended
from keys.stick import Suite
from keys.streaming import ahead


@dataclass(frozen=True)
class Received:
    """Content as it came out of an envelope.

    Attributes:
        size: bytes that were delivered.
        sha256: of these, in hexadecimal digits.
        complete: all of the content is there, and its hash was verified.
        problem: what was wrong with the envelope.
        vouched: whether each piece was verified by itself; GnuPG only vouches for the whole.
    """

    size: int
    sha256: str
    ended: Ended
    complete: bool
    problem: str = ""
    vouched: bool = True

    @property
    def damaged(self) -> bool:
        """Whether the content itself was altered."""
        return self.ended is Ended.DAMAGED and not self.complete

    @property
    def mark(self) -> str:
        """What is put behind the file's name."""
        if self.complete:
            return ""
        return "damaged" if self.damaged else "incomplete"

    def notes(self) -> Iterator[str]:
        """Yield what the editor should be told."""
        if self.complete:
            if self.ended is not Ended.COMPLETE:
                yield f"its content is whole, but the envelope around it is not: {self.problem}"
        elif self.ended is Ended.CUT:
            yield f"incomplete: the source's connection ended after {self.size:,} bytes"
        elif self.ended is Ended.TRUNCATED:
            yield (
                "incomplete: the envelope was cut off, on the server or in copying; "
                f"{self.size:,} bytes could be read"
                + ("" if self.vouched else ", which GnuPG does not vouch for")
            )
        else:
            yield f"damaged: {self.problem}; the {self.size:,} bytes before that were kept"


def receive(
    record: RecordReader, partial: Path | None, suite: Suite, *, overlap: bool = True
) -> Received:
    """Write the content to a new file, or nowhere; synced by whoever files it.

    Args:
        overlap: read in a thread of its own while it is written.

    Raises:
        OSError: the file cannot be written. What is wrong with the envelope is no error here.
    """
    file = create(partial) if partial is not None else nullcontext()
    problem: WireError | None = None
    size = 0
    content = ahead(record.content()) if overlap else ([piece] for piece in record.content())
    with file as out, closing(content) as batches:
        try:
            for batch in batches:
                size += sum(map(len, batch))
                if out is not None:
                    append(out, batch)
        except WireError as error:
            problem = error
    return judge(record, size, problem, suite, lambda: _sha256(partial) if partial else "")


def judge(
    record: RecordReader,
    size: int,
    problem: WireError | None,
    suite: Suite,
    digest: Callable[[], str] = lambda: "",
) -> Received:
    """Return what is to be said of content that was pulled as far as it goes.

    Args:
        size: bytes that were delivered.
        problem: that ended it, where one did.
        digest: gives the hash of what was delivered, where the record does not.
    """
    trailer = record.trailer
    sha256 = trailer.sha256.hex() if trailer is not None else digest()
    complete = trailer is not None and trailer.ending is Ending.COMPLETE
    if problem is None:
        return Received(size, sha256, Ended.COMPLETE if complete else Ended.CUT, complete)
    ended = Ended.TRUNCATED if isinstance(problem, Truncated) else Ended.DAMAGED
    # With a trailer, only padding is missing or altered. But what GnuPG does not vouch for, the
    # hash inside the same stream cannot either.
    vouched = suite is Suite.NACL
    return Received(size, sha256, ended, complete and vouched, str(problem), vouched)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
