"""Archives of any size, in memory that does not grow with them.

FILES=1000000 makes as many small files, FILE_GB=20 one file as large; both then take minutes.
"""

import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.wire.pack import Piece
from intake.wire.resumable import MAX_CONTENT
from keys.ledger import Ledger
from tests.keys.newsroom import Newsroom, keys_process
from tests.keys.packing import Sender, piece
from tests.keys.test_ledger import entry

FILES = int(os.environ.get("FILES", "12000"))
FILE_GB = float(os.environ.get("FILE_GB", "0.3"))
MIB = 1024 * 1024


def opened(newsroom: Newsroom) -> tuple[str, int]:
    """Open the stick in a process of its own; return what it said, and its most memory."""
    passphrase = ("--passphrase-file", newsroom.passphrase)
    process = keys_process("open", newsroom.desk, newsroom.stick, *passphrase)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    assert process.returncode == 0, said
    return said, usage.ru_maxrss * 1024


def send_small(sender: Sender, first: int, count: int) -> None:
    """Put packs with small files on the stick, a thousand in a folder."""
    held: list[bytes] = []
    for number in range(first, first + count):
        content = number.to_bytes(8, "big") * 128
        held.append(piece(f"leak/folder {number // 1_000:04}/document {number:07}.txt", content))
        if len(held) == 7_000:
            sender.pack(*held)
            held.clear()
    if held:
        sender.pack(*held)


def send_large(sender: Sender, name: str, size: int) -> None:
    """Put packs with the pieces of one file on the stick."""
    step = MAX_CONTENT - 100
    block = os.urandom(step)
    for start in range(0, size, step):
        front = Piece(name, size, start, min(step, size - start)).serialise()
        sender.pack(front, start.to_bytes(8, "big"), block[8 : min(step, size - start)])


def wrong_blocks(path: Path, size: int) -> Iterator[int]:
    """Yield where the file is not as ``send_large`` sent it, by what each piece begins with."""
    with path.open("rb") as file:
        for start in range(0, size, MAX_CONTENT - 100):
            file.seek(start)
            if file.read(8) != start.to_bytes(8, "big"):
                yield start


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_files(newsroom: Newsroom) -> None:
    few, many = Sender(newsroom), Sender(newsroom)
    send_small(few, 0, FILES // 4)
    _, first = opened(newsroom)
    send_small(many, 0, FILES)
    many.manifest(FILES, FILES * 1024)
    said, second = opened(newsroom)
    assert f"complete: {FILES:,} files" in said
    assert len(said.splitlines()) < 16
    found = 0
    for path in (newsroom.desk / "threads").glob("*/*/leak/*/*.txt"):
        number = int(path.name.split()[1].split(".")[0])
        assert path.read_bytes() == number.to_bytes(8, "big") * 128
        assert path.parent.name == f"folder {number // 1_000:04}"
        found += 1
    assert found == FILES + FILES // 4
    assert second - first < 24 * MIB
    print(f"{FILES:,} files: {second // MIB} MiB, a quarter of them: {first // MIB} MiB")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_size_of_a_file(newsroom: Newsroom) -> None:
    size = int(FILE_GB * 1e9)
    sender = Sender(newsroom)
    send_large(sender, "leak/small.img", size // 4)
    _, first = opened(newsroom)
    send_large(sender, "leak/large.img", size)
    sender.manifest(2, size + size // 4)
    said, second = opened(newsroom)
    assert "complete: 2 files" in said
    (path,) = (newsroom.desk / "threads").rglob("large.img")
    assert path.stat().st_size == size
    assert list(wrong_blocks(path, size)) == []
    assert second - first < 24 * MIB
    print(f"{size / 1e9} GB: {second // MIB} MiB, a quarter of it: {first // MIB} MiB")


def test_an_envelope_in_the_ledger_takes_less_than_a_kilobyte_of_memory(tmp_path: Path) -> None:
    count = 3_000
    ledger = Ledger(tmp_path / "ledger")
    ledger.open_all(
        [
            (
                replace(
                    entry(number.to_bytes(16, "big").hex(), f"{number:016x}"),
                    sha256=number.to_bytes(32, "big").hex(),
                    kind="pack",
                    name="",
                ),
                (),
            )
            for number in range(count)
        ]
    )
    del ledger
    tracemalloc.start()
    again = Ledger(tmp_path / "ledger")
    taken, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(again.opened) == count
    assert taken / count < 1_000
    assert peak < taken + 1_000_000
