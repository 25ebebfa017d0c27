"""The desk's ledger: JSON lines that a crash may have torn, and that somebody may have edited."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from keys.errors import DeskError
from keys.ledger import Ended, Ledger, Opened, Replied

LONGEST = 4_096
RATE = 10_000

# A file in memory, which is gone with the process however that ends.
_PATH = Path(f"/proc/self/fd/{os.memfd_create('ledger')}")


def one_input(data: bytes) -> None:
    _PATH.write_bytes(data)
    try:
        ledger = Ledger(_PATH)
    except DeskError:
        return
    before = _known(ledger)
    ledger.reply(Replied("thread", 1, "2026-11-21", "name"))
    after = _known(Ledger(_PATH))
    # Only the torn line is gone, and what was noted is there.
    assert after[:3] == before[:3]
    assert after[3] == [*before[3], Replied("thread", 1, "2026-11-21", "name")]
    whole = data[: data.rfind(b"\n") + 1]
    assert _PATH.read_bytes().startswith(whole)


def _known(ledger: Ledger) -> tuple[object, object, object, list[Replied]]:
    return dict(ledger.opened), set(ledger.owed), set(ledger.sent), list(ledger.replied)


def seeds() -> Iterator[bytes]:
    entry = Opened(
        "ab" * 16,
        69_632,
        "calm-river",
        "cd" * 16,
        "ef" * 16,
        0,
        "file",
        "a.txt",
        "text/plain",
        "threads/calm-river/a.txt",
        7,
        "00" * 32,
        True,
        Ended.COMPLETE,
        None,
        "2026-11-21",
        "p",
    )
    lines = [
        {"event": "opened", **asdict(entry)},
        {"event": "seen", "envelope": "ab" * 16},
        {"event": "replied", **asdict(Replied("t", 1, "2026-11-21", "n"))},
        {"event": "dispatched", "number": 7, "receipts": ["ab" * 16], "replies": ["n"]},
    ]
    written = [json.dumps(line).encode() + b"\n" for line in lines]
    yield b"".join(written)
    yield from written
    yield b"".join(written)[:-10]
    yield b'{"event": "seen", "envelope": []}\n'
    yield b"[" * 1_500 + b"\n"
    yield b'{"event": "none"}\n5\nnull\n'
