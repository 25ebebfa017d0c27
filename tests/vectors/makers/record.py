"""Vectors for records: their forms, and one defect each (F3). The input is a row of blocks."""

import hashlib

from intake.wire.record import BLOCK, CAPACITY, TRAILER, Ending, Header, Kind, RecordWriter
from tests.vectors.vector import Lines, Vector, chance

MORE, END, PADDING = 0, 1, 2


def header(**parts) -> Header:
    """Return the header that records have here, with other parts where they are given."""
    usual = {
        "kind": Kind.FILE,
        "submission": chance("submission", 16),
        "capability": chance("capability", 32),
        "reply_key": chance("reply key", 32),
        "position": 0,
        "name": "notes.txt",
        "media_type": "text/plain",
    }
    return Header(**{**usual, **parts})


def content(size: int) -> bytes:
    """Return content that compresses well and repeats at no power of two."""
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


def blocks(data: bytes, head: Header, ending: Ending = Ending.COMPLETE) -> list[bytes]:
    """Return a record."""
    writer = RecordWriter(head)
    return [*writer.write(data), *(block for block, _ in writer.finish(ending))]


def block(kind: int, data: bytes) -> bytes:
    """Return a block that is not looked at."""
    return (bytes([kind]) + len(data).to_bytes(3, "big") + data).ljust(BLOCK, b"\0")


def trailer(data: bytes, size: int | None = None) -> bytes:
    """Return a trailer that is not looked at."""
    length = len(data) if size is None else size
    return b"\1" + length.to_bytes(8, "big") + hashlib.sha256(data).digest()


def described(head: Header, delivered: bytes, ending: Ending | None) -> Lines:
    """Return the lines that say what is read before and until the reading ends."""
    lines: Lines = [
        ("kind", head.kind.value),
        ("submission", head.submission),
        ("capability", head.capability),
        ("reply-key", head.reply_key),
        ("position", head.position),
        ("name", head.name),
        ("media-type", head.media_type),
        ("delivered-size", len(delivered)),
        ("delivered-sha256", hashlib.sha256(delivered).digest()),
    ]
    return [*lines, ("ending", ending.value)] if ending else lines


def vectors() -> dict[str, Vector]:
    """Return every record."""
    return {**_good(), **_cut(), **_bad_structure(), **_bad_header(), **_bad_trailer()}


def _good() -> dict[str, Vector]:
    made = {}

    def add(name, what, data, head=None, ending=Ending.COMPLETE):
        head = head or header()
        row = blocks(data, head, ending)
        lines = [*described(head, data, ending), ("blocks", len(row))]
        made[name] = Vector("success", what, lines, b"".join(row))

    message = {"kind": Kind.MESSAGE, "name": "", "media_type": "text/plain; charset=utf-8"}
    front = len(header().serialise())
    add("message", "a message", "Grüße.\n".encode(), header(**message))
    add("empty", "an empty file", b"")
    add("decoy", "a decoy", b"", header(kind=Kind.DECOY, name="", media_type=""))
    add("cut-by-source", "the connection ended first", b"half of", ending=Ending.CUT)
    add("longest-names", "names as long as they can be", b"x", header(
        name="ñ" * 2048, media_type="m" * 255, position=2**32 - 1,
    ))  # fmt: skip
    add("any-name", "a name is any text", b"x", header(name="../\0\ufeffمرحبا\n😀.pdf"))
    add("trailer-just-fits", "content, trailer and block end together", content(
        CAPACITY - TRAILER - front,
    ))  # fmt: skip
    add("trailer-does-not-fit", "one byte more: the trailer has a block of its own", content(
        CAPACITY - TRAILER - front + 1,
    ))  # fmt: skip
    add("full-block", "content and block end together", content(CAPACITY - front))
    add("over-full-block", "one byte more", content(CAPACITY - front + 1))
    add("padded", "nine blocks that count, and one of padding", content(8 * CAPACITY))
    return made


def _cut() -> dict[str, Vector]:
    head = header()
    whole = blocks(content(8 * CAPACITY), head)
    made = {"no-block": Vector("truncated", "nothing at all", [], b"")}
    for kept, what in ((3, "in the content"), (9, "in the padding: the content is whole")):
        data = content(min(kept * CAPACITY - len(head.serialise()), 8 * CAPACITY))
        ending = Ending.COMPLETE if kept == 9 else None
        made[f"cut-after-{kept}"] = Vector(
            "truncated", f"cut {what}", described(head, data, ending), b"".join(whole[:kept])
        )
    return made


def _bad_structure() -> dict[str, Vector]:
    head = header()
    front, data = head.serialise(), b"content"
    good = block(END, front + data + trailer(data))
    long = content(3 * CAPACITY)
    row = blocks(long, head)
    first = long[: CAPACITY - len(front)]

    def bad(what, *parts, delivered=None, ending=None):
        lines = [] if delivered is None else described(head, delivered, ending)
        return Vector("malformed", what, lines, b"".join(parts))

    short = front + content(CAPACITY - TRAILER - len(front))
    return {
        "block-of-kind-3": bad("a block is of kind 3", block(3, front + data + trailer(data))),
        "block-over-full": bad("a block says 65517 bytes count", b"\1\0\xff\xed" + good[4:]),
        "unused-not-zero": bad("a byte that does not count is not zero", good[:-1] + b"\1"),
        "padding-first": bad("padding comes first", block(PADDING, b""), good),
        "padding-counts": bad(
            "a byte of padding counts",
            *blocks(content(8 * CAPACITY), head)[:9],
            block(PADDING, b"\0"),
            delivered=content(8 * CAPACITY),
            ending=Ending.COMPLETE,
        ),
        "padding-between": bad(
            "padding in the middle", row[0], block(PADDING, b""), *row[1:], delivered=first
        ),
        "padding-too-much": bad(
            "one block of padding too many",
            good,
            block(PADDING, b""),
            delivered=data,
            ending=Ending.COMPLETE,
        ),
        "goes-on-after-end": bad(
            "content after the end", good, row[1], delivered=data, ending=Ending.COMPLETE
        ),
        "ends-twice": bad("two ends", good, good, delivered=data, ending=Ending.COMPLETE),
        "short-block": bad(
            "a block that is not full, though the trailer would fit",
            block(MORE, short),
            block(END, trailer(short[len(front) :])),
            delivered=b"",
        ),
        "empty-block": bad(
            "a block in the middle is empty",
            row[0],
            block(MORE, b""),
            *row[1:],
            delivered=first,
        ),
        "content-after-short": bad(
            "content after a block that is not full",
            block(MORE, short + b"x"),
            block(END, b"y" + trailer(short[len(front) :] + b"xy")),
            delivered=short[len(front) :] + b"x",
        ),
    }


def _bad_header() -> dict[str, Vector]:
    data = b"content"
    front = header().serialise()

    def bad(what, head):
        return Vector("malformed", what, [], block(END, head + data + trailer(data)))

    def named(name: bytes, media: bytes) -> bytes:
        sized = (len(part).to_bytes(2, "big") + part for part in (name, media))
        return front[:93] + b"".join(sized)

    return {
        "another-magic": bad("begins as no record does", b"intakeR2" + front[8:]),
        "kind-0": bad("a record of kind 0", front[:8] + b"\0" + front[9:]),
        "kind-6": bad("a record of kind 6", front[:8] + b"\6" + front[9:]),
        "name-too-long": bad("a name of 4097 bytes", named(b"n" * 4097, b"")),
        "media-type-too-long": bad("a media type of 256 bytes", named(b"", b"m" * 256)),
        "name-not-utf-8": bad("a name that is not UTF-8", named(b"\xff", b"")),
        "name-surrogate": bad("a surrogate in a name", named(b"\xed\xa0\x80", b"")),
        "name-overlong": bad("NUL in two bytes", named(b"\xc0\x80", b"")),
        "header-cut": Vector(
            "malformed", "the block ends in the header", [], block(END, front[:50])
        ),
        "header-into-trailer": Vector(
            "malformed",
            "the header reaches into the trailer",
            [],
            block(END, front[:93] + b"\0\0\0\x20" + trailer(b"")),
        ),
    }


def _bad_trailer() -> dict[str, Vector]:
    head, data = header(), b"content"

    def bad(expect, what, end):
        return Vector(
            expect, what, described(head, data, None), block(END, head.serialise() + data + end)
        )

    whole = trailer(data)
    wrong_hash = whole[:-1] + bytes([whole[-1] ^ 1])
    return {
        "ending-0": bad("malformed", "a record with ending 0", b"\0" + whole[1:]),
        "ending-3": bad("malformed", "a record with ending 3", b"\3" + whole[1:]),
        "size-wrong": bad("corrupt", "the size is one more", trailer(data, size=len(data) + 1)),
        "sha256-wrong": bad("corrupt", "one bit of the SHA-256 is another", wrong_hash),
    }
