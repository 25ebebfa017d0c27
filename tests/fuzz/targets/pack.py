"""The pack (F3.5), in parts of any length; the slow model reads it too."""

import hashlib
from collections.abc import Iterable, Iterator

from intake.wire.errors import WireError
from intake.wire.pack import Folder, Piece, read_pack
from tests.fuzz.recipes import pieces
from tests.fuzz.vectors import vectors
from tests.wire import model
from tests.wire.support import OUTCOMES

LONGEST = 6_144
RATE = 1_000


def one_input(data: bytes) -> None:
    size, pack = (data[0] if data else 0) + 1, data[1:]
    found, outcome = _read(pieces(pack, size))
    entries = [_shown(*one) for one in found]
    modelled, whole = model.read_entries(pack)
    assert outcome == modelled
    assert [
        one
        for one, (entry, content) in zip(entries, found, strict=True)
        if isinstance(entry, Folder) or len(content) == entry.length
    ] == whole
    if outcome == "success":
        assert b"".join(entry.serialise() + content for entry, content in found) == pack


Entry = tuple[Piece | Folder, bytes]


def _read(parts: Iterable[bytes]) -> tuple[list[Entry], str]:
    found: list[Entry] = []
    try:
        for one in read_pack(parts):
            if isinstance(one, bytes):
                entry, content = found.pop()
                found.append((entry, content + one))
            else:
                found.append((one, b""))
    except WireError as error:
        return found, OUTCOMES[type(error)]
    return found, "success"


def _shown(entry: Piece | Folder, content: bytes) -> list[str]:
    if isinstance(entry, Folder):
        return ["folder", entry.path]
    numbers = map(str, (entry.size, entry.offset, entry.length))
    return ["piece", entry.path, *numbers, hashlib.sha256(content).hexdigest()]


def seeds() -> Iterator[bytes]:
    for vector in vectors("pack"):
        if len(vector.input()) < LONGEST:
            yield b"\x06" + vector.input()
