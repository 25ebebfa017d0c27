"""Vectors for packs and manifests (F3.5, F3.6). The input is a record's content."""

import hashlib

from intake.wire.manifest import Manifest
from intake.wire.pack import Folder, Piece
from tests.vectors.makers.record import content
from tests.vectors.vector import Lines, Vector, chance

_BIG = 20_000_000_000


def _piece(path: str, data: bytes, size: int | None = None, offset: int = 0) -> bytes:
    return Piece(path, len(data) if size is None else size, offset, len(data)).serialise() + data


def _said_piece(path: str, data: bytes, size: int | None = None, offset: int = 0) -> Lines:
    numbers = [str(len(data) if size is None else size), str(offset), str(len(data))]
    return [("entry", ["piece", path, *numbers, hashlib.sha256(data).hexdigest()])]


def packs() -> dict[str, Vector]:
    """Return every pack."""
    data = content(1000)
    name = "leak/مرحبا/Grüße.txt"
    two = _piece("a", data) + _piece("b", b"")
    said_two = _said_piece("a", data) + _said_piece("b", b"")
    whole: dict[str, tuple[str, bytes, Lines]] = {
        "empty": ("nothing in it", b"", []),
        "one-file": ("one whole file", _piece(name, data), _said_piece(name, data)),
        "two-files": ("two files, one of no bytes", two, said_two),
        "folder": (
            "an empty folder, and a file",
            Folder("leak/empty").serialise() + two,
            [("entry", ["folder", "leak/empty"]), *said_two],
        ),
        "middle": (
            "a piece out of the middle of a large file",
            _piece("film.mkv", data, _BIG, 8_000_000),
            _said_piece("film.mkv", data, _BIG, 8_000_000),
        ),
        "end": (
            "the last piece",
            _piece("film.mkv", data, _BIG, _BIG - 1000),
            _said_piece("film.mkv", data, _BIG, _BIG - 1000),
        ),
        "any-path": (
            "a path is any text",
            _piece("../\0/\ufeff", data),
            _said_piece("../\0/\ufeff", data),
        ),
        "longest-path": ("4,096 bytes", _piece("ñ" * 2048, b"x"), _said_piece("ñ" * 2048, b"x")),
        "largest-size": (
            "the end of the largest file that can be said",
            _piece("x", b"x", 2**64 - 1, 2**64 - 2),
            _said_piece("x", b"x", 2**64 - 1, 2**64 - 2),
        ),
    }
    made = {
        name: Vector("success", what, lines, body) for name, (what, body, lines) in whole.items()
    }
    return made | _bad_packs(two, said_two)


def _bad_packs(two: bytes, said_two: Lines) -> dict[str, Vector]:
    def bad(expect: str, what: str, tail: bytes, said: Lines | None = None) -> Vector:
        return Vector(expect, what, said_two + (said or []), two + tail)

    front = Piece("c", 10, 0, 10).serialise()
    return {
        "kind-0": bad("malformed", "an entry of kind 0", b"\0\0\1c"),
        "kind-3": bad("malformed", "an entry of kind 3", b"\3\0\1c"),
        "no-path": bad("malformed", "a folder without a path", b"\2\0\0"),
        "path-too-long": bad("malformed", "4,097 bytes", b"\2\x10\1" + b"p" * 4097),
        "path-not-utf-8": bad("malformed", "a path that is not UTF-8", b"\2\0\1\xff"),
        "beyond": bad(
            "malformed",
            "a piece that reaches beyond its file",
            Piece("c", 10, 5, 6).serialise() + bytes(6),
        ),
        "overflow": bad(
            "malformed",
            "an offset that overflows with the length",
            Piece("c", 10, 2**64 - 1, 2).serialise() + bytes(2),
        ),
        "no-bytes": bad(
            "malformed", "no bytes of a file that has some", Piece("c", 10, 0, 0).serialise()
        ),
        "cut-in-front": bad("truncated", "ends before the length", front[:-1]),
        "cut-in-path": bad("truncated", "ends in a path", front[:3]),
        "cut-in-bytes": bad("truncated", "ends in a piece", front + bytes(9)),
    }


def manifests() -> dict[str, Vector]:
    """Return every manifest."""
    digests = tuple(chance(f"pack {number}", 32) for number in range(3))
    three = Manifest(12, 34_567, digests).serialise()

    def said(files: int, size: int, packs: tuple[bytes, ...]) -> Lines:
        return [("files", files), ("size", size), *(("pack", one) for one in packs)]

    too_many = three[:16] + (250_001).to_bytes(4, "big")
    return {
        "three": Vector("success", "three packs", said(12, 34_567, digests), three),
        "none": Vector(
            "success", "nothing was sent", said(0, 0, ()), Manifest(0, 0, ()).serialise()
        ),
        "largest": Vector(
            "success",
            "the largest numbers",
            said(2**64 - 1, 2**64 - 1, digests[:1]),
            Manifest(2**64 - 1, 2**64 - 1, digests[:1]).serialise(),
        ),
        "too-many": Vector("malformed", "250,001 packs", [], too_many),
        "cut": Vector("truncated", "the last hash is cut", [], three[:-1]),
        "goes-on": Vector("malformed", "a byte follows", [], three + b"\0"),
    }
