"""Vectors for envelopes (F4): three whole ones, and damage to them that is put together from them.

What HPKE makes is kept in the file `slots`: a name, the identity, the file key and the slot.
"""

from functools import cache
from pathlib import Path

from intake.wire.envelope import (
    CHUNK,
    PAGE,
    SLOT,
    Identity,
    Recipient,
    Sealer,
    envelope_id,
    seal_chunk,
    seal_header,
)
from intake.wire.labels import PAYLOAD_KEY, derive
from intake.wire.record import CAPACITY, Ending
from tests.vectors.makers import record
from tests.vectors.vector import Lines, Vector, chance

SLOTS = Path(__file__).parent.parent / "slots"
#: Slots that are needed, by the identity and the file key in each.
NEEDED = [
    *((name, "one") for name in "abcde"),
    *((name, "three") for name in "abc"),
    ("b", "other"),
]
_SIZE_OF_THREE = 2 * CAPACITY + 1000
MAC_AT = 10 + 3 * SLOT


def private(name: str) -> bytes:
    """Return an identity's 96 private bytes."""
    return chance(f"identity {name}", 96)


def file_key(name: str) -> bytes:
    """Return a file key."""
    return chance(f"file key {name}", 32)


def wrap_slots() -> None:
    """Write the file of slots anew, which will not be the same."""
    lines = [
        f"{name} {key} {Recipient(Identity(private(name)).public()).wrap(file_key(key)).hex()}\n"
        for name, key in NEEDED
    ]
    SLOTS.write_text("".join(lines), encoding="ascii")


@cache
def slots() -> dict[tuple[str, str], bytes]:
    """Return the slots that are kept, each of which opens to its file key."""
    rows = [line.split() for line in SLOTS.read_text("ascii").splitlines()]
    kept = {(name, key): bytes.fromhex(slot) for name, key, slot in rows}
    for (name, key), slot in kept.items():
        if Identity(private(name)).unwrap(slot) != file_key(key):
            raise ValueError(f"the slot of {name} does not open to file key {key}")
    return kept


def header_of(names: str, key: str) -> bytes:
    """Return an envelope's header."""
    kept = slots()
    return seal_header([kept[name, key] for name in names], file_key(key))


def payload_of(data: bytes, key: str) -> bytes:
    """Return the chunks of an envelope."""
    # The header that the sealer makes has random slots, and is not used.
    recipients = [Recipient(Identity(private("a")).public())]
    sealer = Sealer(record.header(), recipients, file_key=file_key(key))
    sealer.begin()
    return b"".join([*sealer.write(data), *sealer.finish(Ending.COMPLETE)])


def _vector(expect, what, names, delivered=None, ending=None, **parts) -> Vector:
    lines: Lines = [("identity", private(name)) for name in names]
    if delivered is not None:
        lines += record.described(record.header(), delivered, ending)
    return Vector(expect, what, lines, **parts)


def vectors() -> dict[str, Vector]:
    """Return every envelope."""
    return {**_whole(), **_headers(), **_flips(), **_cuts(), **_orders()}


def _whole() -> dict[str, Vector]:
    one, three = b"content", record.content(_SIZE_OF_THREE)
    envelopes = {
        "one-chunk": (header_of("a", "one") + payload_of(one, "one"), "a", one),
        "three-chunks": (header_of("abc", "three") + payload_of(three, "three"), "b", three),
    }
    made = {}
    for name, (data, names, content) in envelopes.items():
        vector = _vector("success", name.replace("-", " "), names, content, Ending.COMPLETE)
        vector.headers += [("id", envelope_id(data)), ("size", len(data))]
        vector.body = data
        made[name] = vector
    bad = record.block(record.END, b"intakeR2" + bytes(100))
    chunk = seal_chunk(derive(file_key("one"), PAYLOAD_KEY), 0, bad, last=True)
    made["genuine-but-no-record"] = _vector(
        "malformed",
        "a chunk that is genuine, and holds no record",
        "a",
        pieces=[("one-chunk", 0, PAGE), ("body", 0, CHUNK)],
        body=chunk,
    )
    return made


def _headers() -> dict[str, Vector]:
    payload = ("one-chunk", PAGE, PAGE + CHUNK)
    kept = slots()
    a, b, other = kept["a", "one"], kept["b", "one"], kept["b", "other"]
    low_order = a[:1088] + bytes(32) + a[1120:]

    def case(expect, what, names, header, success=False):
        return _vector(
            expect,
            what,
            names,
            *((b"content", Ending.COMPLETE) if success else ()),
            pieces=[("body", 0, len(header)), payload],
            body=header,
        )

    def under(key: str, *row: bytes) -> bytes:
        return seal_header(row, file_key(key))

    return {
        "five-editors": case(
            "success", "five slots, two pages", "e", header_of("abcde", "one"), True
        ),
        "identities-tried": case("success", "the second identity", "cb", under("one", a, b), True),
        "nobody": case("not for us", "none of the identities", "bc", header_of("a", "one")),
        "no-identity": case("not for us", "no identity at all", "", header_of("a", "one")),
        "two-keys-first": case(
            "success", "two slots, two file keys: a's", "a", under("one", a, other), True
        ),
        "two-keys-second": case(
            "corrupt", "two slots, two file keys: b's", "b", under("one", a, other)
        ),
        "bad-slot-good-slot": case(
            "success",
            "of b's two slots the second agrees with the MAC",
            "b",
            under("one", other, b),
            True,
        ),
        "mac-of-another-key": case(
            "corrupt", "the MAC is under another key", "a", under("other", a)
        ),
        "low-order": case(
            "not for us", "the encapsulated point is zero", "a", under("one", low_order)
        ),
        "no-slots": case("malformed", "to nobody", "a", under("one")),
        "33-slots": case("malformed", "to 33 editors", "a", under("one", *[a] * 33)),
        "32-slots": case("success", "to 32 editors", "a", under("one", *[a] * 32), True),
        "another-magic": case(
            "malformed", "of another version", "a", b"intakeE2" + under("one", a)[8:]
        ),
        "unused-not-zero": case(
            "malformed", "the header's last byte", "a", under("one", a)[:-1] + b"\1"
        ),
    }


def _flipped(place: int) -> list[tuple[str, int, int] | bytes]:
    data = _three()
    return [
        ("three-chunks", 0, place),
        bytes([data[place] ^ 1]),
        ("three-chunks", place + 1, len(data)),
    ]


@cache
def _three() -> bytes:
    return header_of("abc", "three") + payload_of(record.content(_SIZE_OF_THREE), "three")


def _before(chunk: int) -> bytes:
    front = len(record.header().serialise())
    return record.content(_SIZE_OF_THREE)[: max(0, chunk * CAPACITY - front)]


def _flips() -> dict[str, Vector]:
    cases = [
        ("magic", 7, "malformed", "b"),
        ("count", 9, "malformed", "b"),
        ("own-slot-kem", 10 + SLOT, "not for us", "b"),
        ("own-slot-x25519", 10 + SLOT + 1088, "not for us", "b"),
        ("own-slot-key", 10 + SLOT + 1120, "not for us", "b"),
        ("own-slot-tag", 10 + 2 * SLOT - 1, "not for us", "b"),
        ("other-slot", 10, "corrupt", "b"),
        ("mac", MAC_AT, "corrupt", "b"),
        ("unused", MAC_AT + 32, "malformed", "b"),
    ]
    made = {
        f"flip-{name}": _vector(expect, f"one bit of the {name}", names, pieces=_flipped(place))
        for name, place, expect, names in cases
    }
    for chunk in range(3):
        for name, place in (("first", 0), ("last", CHUNK - 1)):
            made[f"flip-chunk-{chunk}-{name}-byte"] = _vector(
                "corrupt",
                f"one bit of chunk {chunk}'s {name} byte",
                "b",
                _before(chunk) if chunk else None,
                pieces=_flipped(PAGE + chunk * CHUNK + place),
            )
    return made


def _cuts() -> dict[str, Vector]:
    ends = [0, 7, 9, 10, PAGE - 1, PAGE, PAGE + CHUNK - 1, PAGE + CHUNK, PAGE + CHUNK + 1]
    ends += [PAGE + 2 * CHUNK, PAGE + 2 * CHUNK + 16, PAGE + 3 * CHUNK - 1]
    made = {}
    for end in ends:
        chunks = max(0, end - PAGE) // CHUNK
        made[f"cut-at-{end}"] = _vector(
            "truncated",
            f"cut after {end} bytes",
            "b",
            _before(chunks) if chunks else None,
            pieces=[("three-chunks", 0, end)],
        )
    return made


def _orders() -> dict[str, Vector]:
    whole, chunk = (
        ("three-chunks", 0, PAGE + 3 * CHUNK),
        [("three-chunks", PAGE + n * CHUNK, PAGE + (n + 1) * CHUNK) for n in range(3)],
    )
    header, alien = ("three-chunks", 0, PAGE), ("one-chunk", PAGE, PAGE + CHUNK)
    all_of_it = record.content(_SIZE_OF_THREE)

    def case(what, kept, *pieces):
        delivered = all_of_it if kept == 3 else _before(kept) if kept else None
        ending = Ending.COMPLETE if kept == 3 else None
        return _vector("corrupt", what, "b", delivered, ending, pieces=list(pieces))

    return {
        "first-dropped": case("the first chunk is missing", 0, header, chunk[1], chunk[2]),
        "middle-dropped": case("the middle chunk is missing", 1, header, chunk[0], chunk[2]),
        "swapped": case("two chunks swapped", 0, header, chunk[1], chunk[0], chunk[2]),
        "twice": case("a chunk twice", 1, header, chunk[0], chunk[0], chunk[1], chunk[2]),
        "last-twice": case("the last chunk twice", 3, whole, chunk[2]),
        "byte-added": case("a byte follows the last chunk", 3, whole, b"\0"),
        "chunk-added": case("another envelope's chunk follows", 3, whole, alien),
        "chunk-of-another": case(
            "the first chunk is another envelope's", 0, header, alien, chunk[1]
        ),
        "payload-of-another": case("another envelope's payload", 0, header, alien),
    }
