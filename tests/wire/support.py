"""What the tests of the format share: small material, and one way to say how a reading ended."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from functools import cache

from intake.wire.envelope import Identity, Recipient, Sealer, open_envelope
from intake.wire.errors import (
    BadSignature,
    Corrupt,
    Malformed,
    NotForUs,
    Overtaken,
    Refused,
    TooFewSignatures,
    Truncated,
    WireError,
)
from intake.wire.record import Ending, Header, Kind, RecordReader, RecordWriter

OUTCOMES = {
    Malformed: "malformed",
    Truncated: "truncated",
    Corrupt: "corrupt",
    NotForUs: "not for us",
    BadSignature: "bad signature",
    TooFewSignatures: "bad signature",
    Refused: "refused",
    Overtaken: "refused",
}


def chance(name: str, size: int) -> bytes:
    """Bytes that are as good as random, and the same each time."""
    return hashlib.shake_256(b"intake tests: " + name.encode()).digest(size)


def header(**parts) -> Header:
    """A file's header, with other parts where they are given."""
    usual = {
        "kind": Kind.FILE,
        "submission": chance("submission", 16),
        "capability": chance("capability", 32),
        "reply_key": chance("reply key", 32),
        "position": 0,
    }
    return Header(**{**usual, **parts})


@cache
def identity(name: str) -> Identity:
    return Identity(chance(f"identity {name}", 96))


@cache
def recipient(name: str) -> Recipient:
    return Recipient(identity(name).public())


def record(
    content: bytes, head: Header | None = None, ending: Ending = Ending.COMPLETE
) -> list[bytes]:
    """The blocks of a record."""
    writer = RecordWriter(head or header())
    return [*writer.write(content), *(block for block, _ in writer.finish(ending))]


def envelope(
    content: bytes,
    to: Sequence[str] = ("a",),
    *,
    file_key: bytes | None = None,
    ending: Ending = Ending.COMPLETE,
) -> bytes:
    """A whole envelope."""
    sealer = Sealer(
        header(),
        [recipient(name) for name in to],
        file_key=file_key or chance("file key", 32),
    )
    return b"".join([sealer.begin(), *sealer.write(content), *sealer.finish(ending)])


class Reading:
    """One reading to its end: what was delivered, and how it ended."""

    def __init__(self) -> None:
        self.outcome = "success"
        self.content = b""
        self.reader: RecordReader | None = None

    @classmethod
    def of_envelope(cls, data: bytes, *names: str) -> "Reading":
        return cls.of_envelope_with(data, [identity(name) for name in names or ("a",)])

    @classmethod
    def of_envelope_with(cls, data: bytes, identities: Sequence[Identity]) -> "Reading":
        reading = cls()
        try:
            reading._pull(open_envelope(io.BytesIO(data).read, identities))
        except WireError as error:
            reading.outcome = OUTCOMES[type(error)]
        return reading

    @classmethod
    def of_blocks(cls, blocks: Iterator[bytes]) -> "Reading":
        reading = cls()
        try:
            reading._pull(RecordReader(blocks))
        except WireError as error:
            reading.outcome = OUTCOMES[type(error)]
        return reading

    def _pull(self, reader: RecordReader) -> None:
        self.reader = reader
        for piece in reader.content():
            self.content += piece
