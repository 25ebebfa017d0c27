"""Which bytes a request asks for (RFC 9110, section 14): one range, or the whole."""

import re
from dataclasses import dataclass
from typing import Final

_SPEC: Final = re.compile(r"(\d{0,19})-(\d{0,19})", re.ASCII)


class Unsatisfiable(Exception):
    """The range is not one that this envelope has: status 416."""


@dataclass(frozen=True)
class Span:
    """Bytes from ``start`` up to and without ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start

    def content_range(self, size: int) -> str:
        """Return the header that says it."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def asked(
    untrusted_range: str | None, untrusted_if_range: str | None, tag: str, size: int
) -> Span | None:
    """Return what a request asks for, or ``None`` for the whole.

    Args:
        untrusted_range: the header Range, if there is one.
        untrusted_if_range: the header If-Range, if there is one.
        tag: the envelope's ETag, quotes included.
        size: of the envelope in bytes.

    Raises:
        Unsatisfiable: the range is malformed, or not within the envelope. Several ranges are not
            refused but answered with the whole, as is any unit but bytes: RFC 9110 has it so.
    """
    if untrusted_range is None:
        return None
    if untrusted_if_range is not None and untrusted_if_range.strip() != tag:
        return None
    unit, equals, spec = untrusted_range.partition("=")
    if unit.strip().lower() != "bytes" or not equals or "," in spec:
        return None
    match = _SPEC.fullmatch(spec.strip(" \t"))
    if match is None:
        raise Unsatisfiable
    first, last = match.groups()
    if first and last and int(first) > int(last):
        raise Unsatisfiable
    if first:
        span = Span(int(first), min(int(last) + 1, size) if last else size)
    elif last:
        span = Span(max(0, size - int(last)), size)
    else:
        raise Unsatisfiable
    if span.start >= size or span.length <= 0:
        raise Unsatisfiable
    return span
