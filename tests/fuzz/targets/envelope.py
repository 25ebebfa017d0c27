"""The envelope (F4), sealed by somebody who has the file key; the slow model opens it too.

The first byte's bits: the MAC is made right; the record's trailer is; few bytes come at a time. The
first part is the header with its slots as constants, and each further one a block behind a byte
that says how it is sealed.
"""

import io
from collections.abc import Callable, Iterator

from intake.wire.envelope import PAGE, SLOT, Identity, header_size, open_envelope, seal_chunk
from intake.wire.errors import WireError
from intake.wire.labels import HEADER_MAC, PAYLOAD_KEY, derive
from tests.fuzz.recipes import contract, expand, flags, joined, parts_of
from tests.fuzz.targets import record
from tests.vectors.makers import envelope as made
from tests.vectors.makers.record import header
from tests.wire import model
from tests.wire.support import OUTCOMES, Reading
from tests.wire.support import record as blocks_for

LONGEST = 4_096
RATE = 100
#: Chunks in one envelope, and how many one part can stand for: readers take them in batches.
_MOST = 24
_ROW = 15

_FILE_KEY = made.file_key("three")
_PAYLOAD_KEY = derive(_FILE_KEY, PAYLOAD_KEY)
_PRIVATE = [made.private("a"), made.private("e")]
_IDENTITIES = [Identity(private) for private in _PRIVATE]
_SLOTS = [slot for (_, key), slot in sorted(made.slots().items()) if key in ("three", "other")]

# How a part is sealed: bits of its first byte.
_LAST, _ALTERED, _BARE, _REPEATED, _SKIPS = 1, 2, 4, 8, 16


def one_input(data: bytes) -> None:
    (right_mac, right_trailer, slow), recipe = flags(data, 3)
    parts = list(parts_of(recipe)) or [b""]
    sealed = _header(parts[0], right=right_mac) + b"".join(_chunks(parts[1:], right=right_trailer))
    reading = _read(sealed, slow=slow)
    modelled = model.read_envelope(sealed, _PRIVATE)
    assert reading.outcome == modelled.outcome
    if reading.outcome != "malformed":
        # Of what is malformed a reader may hand on less (F3).
        assert reading.content == modelled.content


def _header(part: bytes, *, right: bool) -> bytes:
    front = expand(part, _SLOTS)
    if not right:
        return front.ljust(-(-len(front) // PAGE) * PAGE, b"\0")
    count = int.from_bytes(front[8:10], "big") % 4
    body = front[: 10 + count * SLOT].ljust(10 + count * SLOT, b"\0")
    return (body + derive(_FILE_KEY, HEADER_MAC, body)).ljust(header_size(count), b"\0")


def _chunks(parts: list[bytes], *, right: bool) -> Iterator[bytes]:
    rows = [(part[0], part[1:]) for part in parts if part]
    listed = [one for one in rows for _ in range(_ROW if one[0] & _REPEATED else 1)][:_MOST]
    blocks = record.blocks_of(joined([block for _, block in listed]), right=right)
    number = 0
    for (how, raw), block in zip(listed, blocks, strict=True):
        number += bool(how & _SKIPS)
        chunk = seal_chunk(_PAYLOAD_KEY, number, block, last=bool(how & _LAST))
        if how & _ALTERED:
            chunk = chunk[:-1] + bytes([chunk[-1] ^ 1])
        yield raw if how & _BARE else chunk
        number += 1


def _read(sealed: bytes, *, slow: bool) -> Reading:
    file, reading = io.BytesIO(sealed), Reading()
    read: Callable[[int], bytes] = file.read
    try:
        opened = open_envelope((lambda size: read(min(size, 5_000))) if slow else read, _IDENTITIES)
        reading.reader = opened
        for piece in opened.content():
            reading.content += piece
    except WireError as error:
        reading.outcome = OUTCOMES[type(error)]
    return reading


def seeds() -> Iterator[bytes]:
    """Yield whole ones, and ones with a defect each."""
    whole = made.header_of("abc", "three")
    for names in ("a", "abc", "ba", "e"):
        head = (
            contract(made.header_of(names, "three").rstrip(b"\0"), _SLOTS) if names != "e" else b""
        )
        yield b"\2" + joined([head, *_parts(7)])
    front = contract(whole[: 10 + 3 * SLOT], _SLOTS)
    for size in (0, 7, 2 * 65_516, 17 * 65_516):
        yield b"\3" + joined([front, *_parts(size)])
    for number in range(4):
        yield b"\7" + joined([front, *_parts(65_600, {number: _ALTERED})])
        yield b"\3" + joined([front, *_parts(65_600, {number: _SKIPS})])
        yield b"\3" + joined([front, *_parts(65_600, {number: _LAST})])
        yield b"\3" + joined([front, *_parts(65_600, {number: _BARE})])
    yield b"\1" + joined([front[:-1], *_parts(0)])


def _parts(size: int, how: dict[int, int] | None = None) -> list[bytes]:
    """Return the parts of a record of so many zeros."""
    blocks = blocks_for(bytes(size), header())
    marks = {len(blocks) - 1: _LAST, **(how or {})}
    return [bytes([marks.get(n, 0)]) + block.rstrip(b"\0") for n, block in enumerate(blocks)]
