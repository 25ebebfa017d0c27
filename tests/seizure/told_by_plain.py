"""What the examiner states of a plain server: it is all in its tables."""

import sqlite3
from collections import Counter
from pathlib import Path

from tests.seizure.plan import EDITORS
from tests.seizure.statement import Reply, Statement, Thing


def statement(home: Path, tick: int) -> Statement:
    """Read a plain server's folder."""
    database = sqlite3.connect(f"file:{home / 'newsroom.sqlite'}?mode=ro", uri=True)
    try:
        items = database.execute(
            "select id, source, at, size, kind from item order by id"
        ).fetchall()
        replies = database.execute("select source, editor, at, read, deleted from reply").fetchall()
        (sources,) = database.execute("select count(*) from source").fetchone()
        fetched = database.execute("select distinct fetched_by, fetched_at from item").fetchall()
    finally:
        database.close()
    things, begun = [], {}
    for number, source, at, size, kind in items:
        # A message begins a submission.
        if kind == "message":
            begun[source] = number
        tick_of = int(at) // tick * tick
        things.append(Thing(str(number), source, begun.get(source), at, tick_of, size))
    first = {thing.submission: thing for thing in reversed(things)}
    return Statement(
        things,
        [
            Reply(source, EDITORS.index(editor), at, read, deleted)
            for source, editor, at, read, deleted in replies
        ],
        sources,
        dict(Counter(thing.tick or 0 for thing in first.values())),
        dict(Counter(EDITORS.index(editor) for editor, _ in fetched if editor)),
    )
