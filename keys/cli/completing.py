"""``keys complete``, and what it says at the end of ``keys open`` too."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from keys.cli.words import count
from keys.completeness import Incomplete, Sent, incomplete, sent
from keys.desk import Desk, at_work
from keys.edge import Edge
from keys.names import readable
from keys.progress import amount


def complete(options: argparse.Namespace, edge: Edge) -> int:
    """Say what is here of what was sent in packs, and what is missing."""
    path: Path = options.desk
    with at_work(path) as desk:
        names = thread_names(desk)
        lists, files = list(sent(desk, names)), incomplete(desk)
        unlisted = [names[one] for one in without_list(desk, names)]
    if options.json:
        for one in lists:
            print(json.dumps(_list_object(one, names)))
        for file in files:
            print(json.dumps(_file_object(file, names, path)))
        return 0
    for one in lists:
        print(f"{readable(names[one.thread_id])}: {sentence(one)} ({one.day})")
    for name in unlisted:
        print(f"{readable(name)}: {UNLISTED}")
    for file in files:
        print(_incomplete_line(file, names, path))
    if not lists and not unlisted and not files:
        edge.say("Nothing was sent in packs, or no pack was opened yet.")
    return 0


UNLISTED = "no list of its packs has come yet, so more may follow"


def thread_names(desk: Desk) -> dict[str, str]:
    """Return the names of all threads by their ids."""
    return {thread.id.hex(): thread.name for thread in desk.threads.all()}


def without_list(desk: Desk, names: dict[str, str]) -> Iterator[str]:
    """Yield the ids of threads that have packs, and no list of them."""
    listed = {one.thread_id for one in desk.ledger.opened.values() if one.kind == "manifest"}
    packed = {one.thread_id for one in desk.ledger.opened.values() if one.kind == "pack"}
    return (one for one in names if one in packed and one not in listed)


def sentence(one: Sent) -> str:
    """Return what is to be said of what was sent in one go."""
    what = f"{count(one.files, 'file')}, {amount(one.size)}"
    if not one.missing:
        return f"complete: {what}, in {count(one.packs, 'pack')}"
    are = "is" if one.missing == 1 else "are"
    return f"{one.missing:,} of {count(one.packs, 'pack')} {are} still missing, of {what}"


def _incomplete_line(file: Incomplete, names: dict[str, str], desk: Path) -> str:
    thread = readable(names.get(file.thread_id, file.thread_id))
    return (
        f"{thread}: {readable(file.name)}: {amount(file.there)} of {amount(file.size)}; "
        f"what is here lies in {desk / file.path}, with zeros for the rest"
        + ("; one of this name and size is whole, and this may be what changed" * file.again)
    )


def _list_object(one: Sent, names: dict[str, str]) -> dict[str, object]:
    return {
        "thread": names[one.thread_id],
        "day": one.day,
        "files": one.files,
        "size": one.size,
        "packs": one.packs,
        "missing": one.missing,
    }


def _file_object(file: Incomplete, names: dict[str, str], desk: Path) -> dict[str, object]:
    return {
        "thread": names.get(file.thread_id),
        "name": file.name,
        "size": file.size,
        "there": file.there,
        "path": str(desk.absolute() / file.path),
        "again": file.again,
    }
