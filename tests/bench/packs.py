"""``keys open``: packs as a source's program sends them, of one large file, or of small ones."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median

from intake.wire.envelope import CHUNK, Recipient, envelope_id
from intake.wire.pack import Piece
from intake.wire.record import Header, Kind
from intake.wire.resumable import CONTENT_ID, MAX_BLOCKS, MAX_CONTENT, Resumable
from tests.bench.desk import Desk
from tests.bench.table import Row, progress, rate, share

_SMALL = 1_024
_IN_A_FOLDER = 1_000
#: Bytes of a piece's front, or a little more.
_FRONT = 100


def measure(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    """Open packs with so many bytes in one file; and with an eighth of that in small ones."""
    count = size // (8 * _SMALL)
    one_core: list[float] = []
    all_cores: list[float] = []
    many: list[float] = []
    for number in range(rounds):
        progress(f"  round {number + 1} of {rounds}")
        one_core.append(_opened(folder, _large(size), cores=1))
        all_cores.append(_opened(folder, _large(size)))
        many.append(_opened(folder, _small(count)))
    yield Row("keys open: one file in packs, on one core", rate(size, one_core))
    ratio = f"{share(one_core, all_cores):.0f} %"
    yield Row("keys open: the same on all cores", rate(size, all_cores), ratio)
    yield Row("keys open: files of 1 KiB in packs", f"{count / median(many):,.0f} files/s")


def _opened(folder: Path, contents: Iterator[bytes], *, cores: int | None = None) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        desk = Desk(Path(name))
        _fill(desk, contents)
        return desk.open(cores=cores)


def _fill(desk: Desk, contents: Iterator[bytes]) -> None:
    """Seal packs to the desk, straight onto its stick."""
    desk.stick.mkdir()
    recipients = [Recipient(desk.editor.epochs[0].public)]
    header = Header(Kind.PACK, bytes(16), secrets.token_bytes(32), secrets.token_bytes(32), 0)
    chunks = memoryview(bytearray(MAX_BLOCKS * CHUNK))
    for content in contents:
        identity = secrets.token_bytes(CONTENT_ID)
        pack = Resumable(header, content, sha256(content).digest(), identity)
        sealed = pack.begin(recipients) + chunks[: pack.seal_into(0, chunks)]
        (desk.stick / envelope_id(sealed[:4_096]).hex()).write_bytes(sealed)


def _large(size: int) -> Iterator[bytes]:
    """Yield packs with the pieces of one file of so many bytes."""
    step = MAX_CONTENT - _FRONT
    block = os.urandom(step)
    for start in range(0, size, step):
        length = min(step, size - start)
        yield Piece("large.bin", size, start, length).serialise() + block[:length]


def _small(count: int) -> Iterator[bytes]:
    """Yield packs with so many small files, a thousand in a folder."""
    data = os.urandom(_SMALL)
    entries: list[bytes] = []
    size = 0
    for number in range(count):
        path = f"leak/{number // _IN_A_FOLDER:04}/document {number:07}.txt"
        entry = Piece(path, _SMALL, 0, _SMALL).serialise() + data
        if size + len(entry) > MAX_CONTENT:
            yield b"".join(entries)
            entries, size = [], 0
        entries.append(entry)
        size += len(entry)
    yield b"".join(entries)
