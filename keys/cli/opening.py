"""``keys open``."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from keys import epochs
from keys.cli import asking
from keys.cli.completing import UNLISTED, sentence, thread_names, without_list
from keys.cli.words import count
from keys.completeness import sent
from keys.desk import THREADS, Desk, at_work, check, vault_of
from keys.desk_keys import DeskKeys
from keys.edge import Edge
from keys.filing import Filing
from keys.ledger import Opened
from keys.opening import Opener
from keys.openpgp import gnupg_when_needed
from keys.progress import Progress, amount
from keys.stick import INNER, Stick, look
from keys.streaming import Ahead
from keys.summary import Summary
from keys.sweep import Sweep

#: Threads, folders and lists that are named in the end.
_NAMED = 10


def open_folder(options: argparse.Namespace, edge: Edge) -> int:
    """Open every envelope in a folder."""
    path: Path = options.desk
    check(path)
    stick = look(options.folder)
    for other in stick.others:
        edge.say(f"{other.name}: no envelope; passed over")
    vault = vault_of(path, asking.known(options.passphrase_file, str(path)))
    keys = DeskKeys.parse(vault.content)
    progress = Progress(stick.size, sys.stderr, time.monotonic)

    def tell(about: str, sentence: str) -> None:
        with progress.aside():
            edge.say(f"{about}: {sentence}")

    def opened(entry: Opened) -> None:
        if options.json:
            with progress.aside():
                print(json.dumps(_object(entry, path.absolute())), flush=True)

    cores = len(os.sched_getaffinity(0))
    # Chunks of large envelopes have threads of their own: those of the others may wait for them.
    with (
        at_work(path) as desk,
        gnupg_when_needed(keys.openpgp, edge) as gnupg,
        ThreadPoolExecutor(cores) as chunks,
        ThreadPoolExecutor(cores) as envelopes,
    ):
        opener = Opener(
            desk,
            keys,
            gnupg,
            edge,
            keep_damaged=options.keep_damaged,
            on_bytes=progress.add,
            each=Ahead(chunks, 2 * cores),
        )
        filing = Filing(desk, keys.thread_key, edge.random)
        sweep = Sweep(desk, opener, filing, envelopes, opened=opened, tell=tell)
        try:
            sweep.run(stick)
        finally:
            with progress.aside():
                pass
        lines = [
            *_lines(sweep.summary, stick, path, progress.seconds),
            *_completeness(desk, sweep.summary, path),
        ]
        for line in lines:
            edge.say(line)
        # Last of all: what lies on the stick was tried with every key.
        epochs.retire(desk, vault, edge)
        epochs.remind(desk, keys, edge)
    return 0 if sweep.summary.ok else 1


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
        "files": entry.files if entry.kind == "pack" else None,
    }


def _lines(summary: Summary, stick: Stick, desk: Path, seconds: float) -> Iterator[str]:
    if not stick.envelopes and not stick.unreadable:
        yield f"There is no envelope in the folder {stick.folder}, nor in {INNER}/ in it."
        return
    if summary.already and not (
        summary.kept or summary.decoys or summary.not_ours or summary.failed
    ):
        yield f"Nothing new: {count(summary.already, 'envelope')}, opened already."
        return
    yield (
        f"Opened {count(summary.messages, 'message')} and {count(summary.files, 'file')} "
        f"in {count(len(summary.threads), 'thread')}, {amount(summary.content)}"
        + (f" at {amount(round(summary.content / seconds))}/s" if summary.kept else "")
        + f", into {desk / THREADS}."
    )
    if summary.threads:
        yield f"In {_some(sorted(summary.threads))}."
    for folder, number in sorted(summary.folders.items())[:_NAMED]:
        yield f"{folder}/: {count(number, 'file')}"
    if len(summary.folders) > _NAMED:
        yield f"and {len(summary.folders) - _NAMED:,} folders more."
    if summary.unwrapped:
        yield f"{count(summary.unwrapped, 'of them', '')} had been encrypted a second time."
    if summary.wrapped.count:
        yield (
            f"{count(summary.wrapped.count, 'file')} in packs had been encrypted a second time, "
            f"and are as they came: {summary.wrapped}. To open one: keys unwrap {desk} FILE"
        )
    if summary.incomplete:
        yield f"{count(summary.incomplete, 'of them', '')} incomplete."
    if summary.decoys:
        yield f"{count(summary.decoys, 'decoy')}."
    if summary.already:
        were = "was" if summary.already == 1 else "were"
        yield f"{summary.already:,} {were} opened already."
    if summary.not_ours:
        yield f"{count(summary.not_ours, 'envelope')} not for this desk."
    if summary.failed:
        yield f"{count(summary.failed, 'envelope')} failed; see above."


def _completeness(desk: Desk, summary: Summary, path: Path) -> Iterator[str]:
    """Yield what the lists of packs say, in threads to which some came now."""
    if not summary.touched:
        return
    names = thread_names(desk)
    lists = [f"{names[one.thread_id]}: {sentence(one)}." for one in sent(desk, summary.touched)]
    unlisted = [one for one in without_list(desk, names) if one in summary.touched]
    lists += [f"{names[one]}: {UNLISTED}." for one in unlisted]
    yield from lists[:_NAMED]
    if len(lists) > _NAMED:
        yield f"and {len(lists) - _NAMED:,} more; keys complete {path} says all."
    waiting = sum(1 for _ in desk.assembling.waiting())
    if waiting:
        lack = "lacks" if waiting == 1 else "lack"
        yield f"{count(waiting, 'file')} still {lack} pieces: keys complete {path} names them."


def _some(names: list[str]) -> str:
    more = f", and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
