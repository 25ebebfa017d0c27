"""What was done at the desk, a JSON object a line, only ever appended to.

A line is on the disk before what it says is acted upon. A last line that a crash tore is dropped:
what it would have said was not done yet.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from keys.errors import DeskError, DeskFull


class Ended(StrEnum):
    """How the content of an envelope ended."""

    #: As its sender meant it to.
    COMPLETE = "complete"
    #: The sender's connection was cut; the envelope around it is whole.
    CUT = "cut"
    #: The envelope itself was cut: on the server, or in copying.
    TRUNCATED = "truncated"
    #: Altered; what came before the damage was kept.
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Opened:
    """An envelope that was opened.

    Attributes:
        envelope: its id in hexadecimal digits; the other ids alike.
        envelope_size: bytes of the envelope as it was opened.
        thread: the readable name of the thread's folder; ``None`` for decoys.
        kind: ``message``, ``file``, ``decoy``, or ``nothing`` where it was cut off too early.
        name: exactly as the source gave it; untrusted.
        path: of the content, relative to the desk; ``None`` where there is none.
        size: bytes of the content that was delivered, and ``sha256`` its hash.
        complete: all of the content is there, and its hash was verified.
        unwrapped: path of what the content itself had been encrypted around, or ``None``.
        day: on which it was opened, as 2026-11-21.
        partial: name of the partial file that the content was in before.
    """

    envelope: str
    envelope_size: int
    thread: str | None
    thread_id: str | None
    submission: str | None
    position: int
    kind: str
    name: str
    media_type: str
    path: str | None
    size: int
    sha256: str
    complete: bool
    ended: Ended
    unwrapped: str | None
    day: str
    partial: str

    @property
    def whole(self) -> bool:
        """Whether the envelope was opened to its last byte and nothing more of it can come."""
        return self.ended in (Ended.COMPLETE, Ended.CUT)


@dataclass(frozen=True)
class Replied:
    """A reply that was written to a thread: its number there, and its 32-byte name in hex."""

    thread_id: str
    number: int
    day: str
    reply: str


class Ledger:
    """The desk's ledger. Keep it to one process: see ``Desk``.

    Attributes:
        opened: by envelope id, as it was opened last.
        sent: names of replies that went into a dispatch.
        owed: ids of opened envelopes whose receipt is in no dispatch yet.
        by_partial: what was opened by way of each partial file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.opened: dict[str, Opened] = {}
        self.owed: set[str] = set()
        self.replied: list[Replied] = []
        self.sent: set[str] = set()
        self.by_partial: dict[str, Opened] = {}
        self._size = 0
        for number, line in enumerate(self._whole_lines(), 1):
            try:
                self._learn(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise DeskError(
                    f"Line {number} of {path} cannot be read.",
                    "It says what was opened; put back a copy of it, or remove that line.",
                ) from error

    def open_once(self, entry: Opened, *, sync: bool = True) -> None:
        """Note that an envelope is opened. Without ``sync`` a crash may forget it again."""
        self._append({"event": "opened", **asdict(entry)}, sync=sync)

    def see_again(self, envelope: str) -> None:
        """Note that an envelope came again although its receipt was dispatched: it is owed anew."""
        self._append({"event": "seen", "envelope": envelope})

    def reply(self, replied: Replied) -> None:
        """Note a reply."""
        self._append({"event": "replied", **asdict(replied)})

    def dispatch(self, number: int, receipts: Sequence[str], replies: Sequence[str]) -> None:
        """Note that receipts and replies, by their ids, went into a dispatch."""
        self._append(
            {
                "event": "dispatched",
                "number": number,
                "receipts": list(receipts),
                "replies": list(replies),
            }
        )

    def sync(self) -> None:
        """Return when everything noted is on the disk."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise _full(error) from error
        finally:
            os.close(descriptor)

    def _whole_lines(self) -> list[bytes]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        self._size = data.rfind(b"\n") + 1
        return data[: self._size].splitlines()

    def _learn(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind == "opened":
            values = {field.name: event[field.name] for field in fields(Opened)}
            entry = Opened(**{**values, "ended": Ended(values["ended"])})
            self.opened[entry.envelope] = entry
            self.owed.add(entry.envelope)
            self.by_partial[entry.partial] = entry
        elif kind == "seen":
            self.owed.add(event["envelope"])
        elif kind == "replied":
            self.replied.append(Replied(**{f.name: event[f.name] for f in fields(Replied)}))
        elif kind == "dispatched":
            self.owed.difference_update(event["receipts"])
            self.sent.update(event["replies"])
        else:
            raise ValueError("an event of a kind that is not known")

    def _append(self, event: Mapping[str, Any], *, sync: bool = True) -> None:
        line = json.dumps(event, ensure_ascii=True).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            # What lies behind the last whole line was torn by a crash.
            os.ftruncate(descriptor, self._size)
            _write_all(descriptor, line, self._size)
            if sync:
                os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, self._size)
            raise _full(error) from error
        finally:
            os.close(descriptor)
        self._size += len(line)
        self._learn(event)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, offset)
        data, offset = data[written:], offset + written


def _full(error: OSError) -> DeskFull:
    return DeskFull(
        f"The ledger takes no more: {error.strerror}.",
        "Make room on the desk's disk, then run the same again.",
    )
