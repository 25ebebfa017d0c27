"""The one encoding of everything structured: big-endian integers and length-prefixed bytes.

Strict on purpose: for every input that is accepted, writing what was read gives the same bytes.
"""

from intake.wire.errors import Malformed, Truncated


class Writer:
    """Builds an encoding front to back; a value that does not fit is a ``ValueError``."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def number(self, value: int, size: int) -> "Writer":
        """An unsigned integer of ``size`` bytes."""
        if not 0 <= value < 1 << 8 * size:
            raise ValueError(f"{value} does not fit into {size} bytes")
        self._parts.append(value.to_bytes(size, "big"))
        return self

    def fixed(self, value: bytes, size: int) -> "Writer":
        """Exactly ``size`` bytes."""
        if len(value) != size:
            raise ValueError(f"{len(value)} bytes where the format has {size}")
        self._parts.append(value)
        return self

    def blob(self, value: bytes, limit: int) -> "Writer":
        """A 4-byte length and at most ``limit`` bytes."""
        if len(value) > limit:
            raise ValueError(f"{len(value)} bytes where the format allows {limit}")
        return self.number(len(value), 4).fixed(value, len(value))

    def text(self, value: str, limit: int) -> "Writer":
        """UTF-8 of at most ``limit`` bytes, behind a 2-byte length."""
        encoded = value.encode()
        if len(encoded) > limit:
            raise ValueError(f"{len(encoded)} bytes of text where the format allows {limit}")
        return self.number(len(encoded), 2).fixed(encoded, len(encoded))

    def done(self) -> bytes:
        """The encoding so far."""
        return b"".join(self._parts)


class Reader:
    """Reads an encoding front to back.

    Raises:
        Truncated: the input ends inside a value.
        Malformed: a length, a text or a constant is not as the format has it.
    """

    def __init__(self, untrusted_data: bytes, offset: int = 0) -> None:
        self._data = untrusted_data
        self.offset = offset

    def fixed(self, size: int) -> bytes:
        """Exactly ``size`` bytes."""
        end = self.offset + size
        if end > len(self._data):
            raise Truncated(f"{end - len(self._data)} bytes are missing at the end")
        value = self._data[self.offset : end]
        self.offset = end
        return value

    def number(self, size: int) -> int:
        """An unsigned integer of ``size`` bytes."""
        return int.from_bytes(self.fixed(size), "big")

    def blob(self, limit: int) -> bytes:
        """At most ``limit`` bytes behind a 4-byte length."""
        size = self.number(4)
        if size > limit:
            raise Malformed(f"a part of {size} bytes where the format allows {limit}")
        return self.fixed(size)

    def text(self, limit: int) -> str:
        """At most ``limit`` bytes of UTF-8 behind a 2-byte length."""
        size = self.number(2)
        if size > limit:
            raise Malformed(f"a text of {size} bytes where the format allows {limit}")
        try:
            return self.fixed(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("a text is not UTF-8") from error

    def magic(self, expected: bytes) -> None:
        """The constant that an object begins with."""
        if self.fixed(len(expected)) != expected:
            raise Malformed(f"does not begin as {expected.decode()} does")

    def done(self) -> None:
        """Nothing may be left."""
        if self.offset != len(self._data):
            raise Malformed(f"{len(self._data) - self.offset} bytes too many at the end")
