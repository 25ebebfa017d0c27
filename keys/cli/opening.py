"""``keys open``."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keys.cli import asking
from keys.desk import at_work, check, unlock
from keys.desk_keys import DeskKeys
from keys.edge import Edge
from keys.ledger import Opened
from keys.opening import Opener
from keys.openpgp import GnuPG, gnupg_for
from keys.progress import Progress, amount
from keys.stick import INNER, Stick, look
from keys.sweep import Summary, sweep

#: Threads that are named in the end.
_NAMED = 10


def open_folder(options: argparse.Namespace, edge: Edge) -> int:
    """Open every envelope in a folder."""
    path: Path = options.desk
    check(path)
    stick = look(options.folder)
    for other in stick.others:
        edge.say(f"{other.name}: no envelope; passed over")
    keys = unlock(path, asking.known(options.passphrase_file, str(path)))
    progress = Progress(stick.size, sys.stderr, time.monotonic)

    def tell(about: str, sentence: str) -> None:
        progress.clear()
        edge.say(f"{about}: {sentence}")

    def opened(entry: Opened) -> None:
        if options.json:
            progress.clear()
            print(json.dumps(_object(entry, path.absolute())), flush=True)

    with at_work(path) as desk, _gnupg(keys, edge) as gnupg:
        opener = Opener(
            desk, keys, gnupg, edge, keep_damaged=options.keep_damaged, on_bytes=progress.add
        )
        try:
            summary = sweep(stick, opener, opened=opened, tell=tell, passed=progress.reach)
        finally:
            progress.clear()
            desk.ledger.sync()
    for line in _lines(summary, stick, path, progress.seconds):
        edge.say(line)
    return 0 if summary.ok else 1


@contextmanager
def _gnupg(keys: DeskKeys, edge: Edge) -> Iterator[Callable[[], GnuPG]]:
    """Start GnuPG when it is first needed, and have it gone at the end."""
    with ExitStack() as stack:
        started: list[GnuPG] = []

        def gnupg() -> GnuPG:
            if not started:
                started.append(stack.enter_context(gnupg_for(keys.openpgp, edge)))
            return started[0]

        yield gnupg


def _object(entry: Opened, desk: Path) -> dict[str, object]:
    return {
        "envelope": entry.envelope,
        "thread": entry.thread,
        "submission": entry.submission,
        "kind": entry.kind,
        "name": entry.name,
        "path": str(desk / entry.path) if entry.path else None,
        "size": entry.size,
        "sha256": entry.sha256,
        "complete": entry.complete,
        "unwrapped": str(desk / entry.unwrapped) if entry.unwrapped else None,
    }


def _lines(summary: Summary, stick: Stick, desk: Path, seconds: float) -> Iterator[str]:
    if not stick.envelopes and not stick.unreadable:
        yield f"There is no envelope in the folder {stick.folder}, nor in {INNER}/ in it."
        return
    kept = summary.messages + summary.files
    if summary.already and not (kept or summary.decoys or summary.not_ours or summary.failed):
        yield f"Nothing new: {_count(summary.already, 'envelope')}, opened already."
        return
    yield (
        f"Opened {_count(summary.messages, 'message')} and {_count(summary.files, 'file')} "
        f"in {_count(len(summary.threads), 'thread')}, {amount(summary.content)}"
        + (f" at {amount(round(summary.content / seconds))}/s" if kept else "")
        + f", into {desk / 'threads'}."
    )
    if summary.threads:
        names = sorted(summary.threads)
        more = f", and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        yield f"In {', '.join(names[:_NAMED])}{more}."
    if summary.unwrapped:
        yield f"{_count(summary.unwrapped, 'of them', '')} had been encrypted a second time."
    if summary.incomplete:
        yield f"{_count(summary.incomplete, 'of them', '')} incomplete."
    if summary.decoys:
        yield f"{_count(summary.decoys, 'decoy')}."
    if summary.already:
        yield (
            f"{_count(summary.already, 'was', '')} opened already."
            if summary.already == 1
            else (f"{summary.already:,} were opened already.")
        )
    if summary.not_ours:
        yield f"{_count(summary.not_ours, 'envelope')} not for this desk."
    if summary.failed:
        yield f"{_count(summary.failed, 'envelope')} failed; see above."


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number:,} {noun}{plural if number != 1 else ''}"
