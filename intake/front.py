"""The front of an envelope: all of it that a server can check, since it can open none (P2.3)."""

from intake.wire.codec import Reader
from intake.wire.envelope import CHUNK, MAX_SLOTS, SLOT, header_size
from intake.wire.errors import Malformed
from intake.wire.labels import MAGIC_ENVELOPE
from intake.wire.padme import bucket

#: Bytes at the front that say how long the header is, and bytes of the longest header.
LEAST_FRONT = 10
MOST_FRONT = header_size(MAX_SLOTS)


def slots_of(untrusted_front: bytes) -> int:
    """Return how many slots an envelope has that begins so.

    Raises:
        Malformed: no envelope begins so.
        Truncated: fewer than ``LEAST_FRONT`` bytes.
    """
    reader = Reader(untrusted_front)
    reader.magic(MAGIC_ENVELOPE)
    count = reader.number(2)
    if not 1 <= count <= MAX_SLOTS:
        raise Malformed(f"an envelope to {count} editors")
    return count


def check_front(untrusted_front: bytes) -> None:
    """Check a whole header, as far as it can be without a key.

    Raises:
        Malformed: it is none.
        Truncated: it is not whole.
    """
    count = slots_of(untrusted_front)
    reader = Reader(untrusted_front)
    header = reader.fixed(header_size(count))
    if header[LEAST_FRONT + count * SLOT + 32 :].strip(b"\0"):
        raise Malformed("a header whose unused bytes are not zero")


def is_size(size: int, slots: int) -> bool:
    """Return whether an envelope with so many slots can have ``size`` bytes: a bucket of chunks."""
    chunks, rest = divmod(size - header_size(slots), CHUNK)
    return rest == 0 and chunks >= 1 and bucket(chunks) == chunks
