"""How a vector is written and read: text headers, a blank line, a body (see README.md)."""

import base64
import hashlib
import json
import textwrap
import zlib
from dataclasses import dataclass, field
from pathlib import Path

#: What a header's value can be; bytes are written in hexadecimal, text as JSON in ASCII.
Value = bytes | int | str | list[str]
Lines = list[tuple[str, Value]]


@dataclass
class Vector:
    """One case.

    Attributes:
        expect: how reading it ends.
        what: the case in a few words.
        headers: further lines, in order; a name may come more than once.
        body: the input, if it is not put together from ``pieces``.
        pieces: ``(file, start, end)`` of another vector's input in the same folder, ``("body",
            start, end)`` of this one's body, or bytes as they are.
    """

    expect: str
    what: str
    headers: Lines = field(default_factory=list)
    body: bytes | None = None
    pieces: list[tuple[str, int, int] | bytes] = field(default_factory=list)

    def text(self) -> str:
        """The file."""
        lines = [f"expect: {self.expect}", f"what: {self.what}"]
        lines += [f"{name}: {_written(value)}" for name, value in self.headers]
        for piece in self.pieces:
            lines.append(
                f"piece: hex {piece.hex()}"
                if isinstance(piece, bytes)
                else "piece: {} {} {}".format(*piece)
            )
        if self.body is None:
            return "\n".join([*lines, ""])
        packed = zlib.compress(self.body, 9)
        body, encoding = (
            (packed, "zlib") if len(packed) < len(self.body) * 0.9 else (self.body, "raw")
        )
        lines.append(f"body: {encoding}")
        return "\n".join([*lines, "", *textwrap.wrap(base64.b64encode(body).decode(), 76), ""])


def _written(value: Value) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int):
        return str(value)
    return json.dumps(value)


class Read:
    """A vector as a second implementation would read it."""

    def __init__(self, path: Path) -> None:
        head, _, body = path.read_text("ascii").partition("\n\n")
        self.path = path
        self.head = head
        self.lines = [tuple(line.split(": ", 1)) for line in head.splitlines()]
        self.expect = self.one("expect")
        self._body = base64.b64decode("".join(body.split()))

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.lines if key == name]

    def one(self, name: str) -> str:
        """The value of a header that is there once."""
        (value,) = self.all(name)
        return value

    def hex(self, name: str) -> bytes:
        """The bytes of a header that is there once."""
        return bytes.fromhex(self.one(name))

    def body(self) -> bytes:
        """The body, unpacked."""
        return zlib.decompress(self._body) if self.all("body") == ["zlib"] else self._body

    def input(self) -> bytes:
        """What is to be read."""
        body = self.body()
        pieces = [self._piece(piece.split(" "), body) for piece in self.all("piece")]
        return b"".join(pieces) if pieces else body

    def _piece(self, piece: list[str], body: bytes) -> bytes:
        if piece[0] == "hex":
            return bytes.fromhex(piece[1])
        whole = body if piece[0] == "body" else Read(self.path.parent / piece[0]).input()
        return whole[int(piece[1]) : int(piece[2])]


def chance(name: str, size: int) -> bytes:
    """Bytes that look random: SHAKE-256 of a name."""
    return hashlib.shake_256(b"intake vectors: " + name.encode()).digest(size)
