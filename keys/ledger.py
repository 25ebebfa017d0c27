"""What was done at the desk, a JSON object a line, only ever appended to.

A line is on the disk before what it says is acted upon. A last line that a crash tore is dropped:
what it would have said was not done yet.
"""

import json
import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from keys.errors import DeskError, DeskFull
from keys.files import write_at


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


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope that was opened.

    Attributes:
        envelope: its id in hexadecimal digits; the other ids alike.
        envelope_size: bytes of the envelope as it was opened.
        thread: the readable name of the thread's folder; ``None`` for decoys.
        kind: of the record, or ``nothing`` where it was cut off too early.
        name: exactly as the source gave it; untrusted.
        path: of the content, relative to the desk, a folder for a pack; ``None`` where there is
            none.
        size: bytes of the content that was delivered, and ``sha256`` its hash.
        complete: all of the content is there, and its hash was verified.
        unwrapped: path of what the content itself had been encrypted around, or ``None``.
        day: on which it was opened, as 2026-11-21.
        partial: name of the partial file, or of a pack's folder, that the content was in before.
        files: that came whole in a pack.
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
    files: int = 0

    @property
    def whole(self) -> bool:
        """Whether the envelope was opened to its last byte and nothing more of it can come."""
        return self.ended in (Ended.COMPLETE, Ended.CUT)


@dataclass(frozen=True)
class Share:
    """What a pack brought of one file that comes in pieces.

    Attributes:
        file: name of the file in which the pieces are put together.
        path, size: of the file as the source has it; untrusted.
        ranges: first byte, and first byte after, of each stretch that the pack has.
        changed: a piece of it came with other bytes than another had brought.
    """

    file: str
    path: str
    size: int
    ranges: tuple[tuple[int, int], ...]
    changed: bool = False


@dataclass(frozen=True)
class Replied:
    """A reply that was written to a thread: its number there, and its 32-byte name in hex."""

    thread_id: str
    number: int
    day: str
    reply: str


_Parsed = TypeVar("_Parsed")
#: Values of ``Opened`` that many entries have in common, and that are in memory once.
_SHARED: Final = ("thread", "thread_id", "submission", "kind", "media_type", "day")


class Ledger:
    """The desk's ledger. Keep it to one process: see ``Desk``.

    Args:
        share: called with each share that was noted before, in order.

    Attributes:
        opened: by envelope id, as it was opened last.
        packs: SHA-256 of each pack that is here whole, by the thread it came in.
        sent: names of replies that went into a dispatch.
        owed: ids of opened envelopes whose receipt is in no dispatch yet.
        ended: the day on which it was told that an epoch is over, by the epoch's first day.
    """

    def __init__(
        self, path: Path, share: Callable[[Opened, Share], None] = lambda *_: None
    ) -> None:
        self._path = path
        self.opened: dict[str, Opened] = {}
        self.packs: dict[str | None, set[bytes]] = {}
        self.owed: set[str] = set()
        self.replied: list[Replied] = []
        self.sent: set[str] = set()
        self.ended: dict[int, int] = {}
        self._size = 0
        for entry, shares in self._read(lambda event: (self._learn(event), _shares(event))):
            if entry is not None:
                for one in shares:
                    share(entry, one)

    def open_once(self, entry: Opened) -> None:
        """Note that an envelope is opened."""
        self.open_all([(entry, ())])

    def open_all(self, entries: Iterable[tuple[Opened, Sequence[Share]]]) -> None:
        """Note that envelopes are opened, and what they brought of files in pieces."""
        events = []
        for entry, shares in entries:
            event = {"event": "opened", **asdict(entry)}
            if shares:
                event["shares"] = [asdict(share) for share in shares]
            events.append(event)
        self._append(*events)

    def by_partial(self, names: Container[str]) -> dict[str, Opened]:
        """Return what was opened by way of partial files of these names."""
        return {one.partial: one for one in self.opened.values() if one.partial in names}

    def shares(self, files: Container[str]) -> Iterator[tuple[Opened, Share]]:
        """Read the ledger again for what was brought of files that are put together."""
        for event, shares in self._read(lambda event: (event, _shares(event))):
            for share in shares:
                if share.file in files:
                    yield _entry(event), share

    def receipt_was_lost(self, envelope: str, size: int) -> bool:
        """Whether it was dispatched that an envelope is safe, although the same came again."""
        return envelope not in self.owed and size == self.opened[envelope].envelope_size

    def see_again(self, envelopes: Iterable[str]) -> None:
        """Note that envelopes came again whose receipts were lost: they are owed anew."""
        self._append(*({"event": "seen", "envelope": one} for one in envelopes))

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

    def end(self, epochs: Iterable[int], day: int) -> None:
        """Note that it was told on a day that epochs, by their first days, are over."""
        self._append(*({"event": "ended", "epoch": one, "day": day} for one in epochs))

    def _read(self, parse: Callable[[Mapping[str, Any]], _Parsed]) -> Iterator[_Parsed]:
        """Yield what the whole lines say, one at a time: the ledger may be long."""
        end = 0
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    parsed = parse(json.loads(line))
                except (ValueError, TypeError, KeyError, RecursionError) as error:
                    raise DeskError(
                        f"Line {number} of {self._path} cannot be read.",
                        "It says what was opened; put back a copy of it, or remove that line.",
                    ) from error
                end += len(line)
                self._size = max(self._size, end)
                yield parsed

    def _learn(self, event: Mapping[str, Any]) -> Opened | None:
        """Take in what an event says; return what it says was opened."""
        kind = event["event"]
        if kind == "opened":
            return self._learn_opened(_entry(event))
        if kind == "seen":
            self.owed.add(event["envelope"])
        elif kind == "replied":
            self.replied.append(Replied(**{f.name: event[f.name] for f in fields(Replied)}))
        elif kind == "ended":
            self.ended[int(event["epoch"])] = int(event["day"])
        elif kind == "dispatched":
            self.owed.difference_update(event["receipts"])
            self.sent.update(event["replies"])
        else:
            raise ValueError("an event of a kind that is not known")
        return None

    def _learn_opened(self, entry: Opened) -> Opened:
        self.opened[entry.envelope] = entry
        self.owed.add(entry.envelope)
        if entry.kind == "pack" and entry.complete:
            self.packs.setdefault(entry.thread_id, set()).add(bytes.fromhex(entry.sha256))
        return entry

    def _append(self, *events: Mapping[str, Any]) -> None:
        if not events:
            return
        lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            # What lies behind the last whole line was torn by a crash.
            os.ftruncate(descriptor, self._size)
            write_at(descriptor, lines, self._size)
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, self._size)
            raise _full(error) from error
        finally:
            os.close(descriptor)
        self._size += len(lines)
        for event in events:
            self._learn(event)


def _entry(event: Mapping[str, Any]) -> Opened:
    values = {field.name: event[field.name] for field in fields(Opened) if field.name in event}
    for name in _SHARED:
        if values[name] is not None:
            values[name] = sys.intern(values[name])
    return Opened(**{**values, "ended": Ended(values["ended"])})


def _shares(event: Mapping[str, Any]) -> list[Share]:
    return [
        Share(**{**values, "ranges": tuple((start, end) for start, end in values["ranges"])})
        for values in event.get("shares", ())
    ]


def _full(error: OSError) -> DeskFull:
    return DeskFull(
        f"The ledger takes no more: {error.strerror}.",
        "Make room on the desk's disk, then run the same again.",
    )
