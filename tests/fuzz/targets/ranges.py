"""Range and If-Range at the couriers' service (RFC 9110, section 14)."""

from collections.abc import Iterator

from intake.couriers.ranges import Unsatisfiable, asked
from tests.fuzz.recipes import joined, parts_of

LONGEST = 256
RATE = 20_000

_TAG = '"0123456789abcdef0123456789abcdef"'


def one_input(data: bytes) -> None:
    # Two parts, headers as a server gives them to an application, and the size.
    wanted, if_range, digits = [*parts_of(data), b"", b"", b""][:3]
    size = int.from_bytes(digits[:8], "big")
    condition = if_range.decode("latin-1") if if_range else None
    try:
        span = asked(wanted.decode("latin-1"), condition, _TAG, size)
    except Unsatisfiable:
        return
    if span is None:
        return
    assert condition is None or condition.strip() == _TAG
    assert 0 <= span.start < span.end <= size
    assert span.length == span.end - span.start
    _check_meaning(wanted.decode("latin-1"), span.start, span.end, size)
    assert span.content_range(size) == f"bytes {span.start}-{span.end - 1}/{size}"


def _check_meaning(wanted: str, start: int, end: int, size: int) -> None:
    """Read an accepted header anew, by its words."""
    first, _, last = wanted.partition("=")[2].strip(" \t").partition("-")
    if not first:
        assert (start, end) == (size - min(size, int(last)), size)
    else:
        assert start == int(first)
        assert end == (size if not last else min(size, int(last) + 1))


def seeds() -> Iterator[bytes]:
    for wanted in (
        "bytes=0-99",
        "bytes=100-",
        "bytes=-5",
        "bytes=5-4",
        "bytes=-0",
        "bytes=-",
        "Bytes = 1-1",
        "bytes=0-0,5-9",
        "lines=1-2",
        "bytes",
        "bytes=\t0-18446744073709551615 ",
        "bytes=99999999999999999999-",
        "bytes=\u00b2-3",
        "bytes=1-1-1",
        "bytes=+1-2",
        "bytes=1_0-20",
    ):
        for condition in ("", _TAG, f" {_TAG}", f"W/{_TAG}"):
            parts = (wanted.encode("latin-1"), condition.encode(), (1_000).to_bytes(8, "big"))
            yield joined(parts)
