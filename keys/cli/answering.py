"""``keys reply``, ``dispatch``, ``sign`` and ``threads``."""

import argparse
import json
import sys
from pathlib import Path

from intake.wire.dispatch import SignedDispatch
from keys import dispatching, replying
from keys.cli import asking
from keys.desk import Desk, at_work, check, unlock
from keys.desk_keys import DeskKeys
from keys.edge import Edge
from keys.errors import ReplyError
from keys.ledger import Ended
from keys.newsroom import read_keyring

#: No more of a message is read: it is too long long before.
_MOST_BYTES = 64 * 1024 * 1024


def reply(options: argparse.Namespace, edge: Edge) -> int:
    """Queue a reply."""
    path: Path = options.desk
    check(path)
    text = replying.read_text(_message(options.message_file))
    with at_work(path) as desk:
        thread = desk.threads.meant_by(options.thread)
        keys = unlock(path, asking.known(options.passphrase_file, str(path)))
        replied = replying.reply(desk, keys, thread, text, edge)
    edge.say(
        f"Reply {replied.number} to {thread.name} is sealed, and goes with the next dispatch: "
        f"keys dispatch {path} OUT"
    )
    return 0


def dispatch(options: argparse.Namespace, edge: Edge) -> int:
    """Write a dispatch."""
    path: Path = options.desk
    check(path)
    keyring = read_keyring(options.keyring) if options.keyring else None
    keys = unlock(path, asking.known(options.passphrase_file, str(path)))
    if keyring is not None and keyring[1].editor_with(keys.verify_key) is None:
        edge.say("This desk is not in the keyring: after it, the server takes no more from here.")
    with at_work(path) as desk:
        made = dispatching.dispatch(
            desk,
            keys.seed,
            options.out,
            edge.random,
            keyring=keyring[0] if keyring else b"",
            truncated=options.receipt_truncated,
            again=options.again,
        )
        waiting = _cut_and_owed(desk)
    parts = made.signed.dispatch
    edge.say(f"{options.out}: {_contents(made.signed)}.")
    if not parts.replies and not parts.receipts and not parts.keyring:
        edge.say("It is empty: there was nothing to send back.")
    if made.left:
        edge.say(f"{made.left:,} had no room in it: dispatch again for the rest.")
    if waiting and not options.receipt_truncated:
        edge.say(
            f"{waiting:,} cut off: no receipt, so that a whole copy can still come. If it was on "
            "the server that they were cut, --receipt-truncated lets it delete them."
        )
    return 0


def sign(options: argparse.Namespace, edge: Edge) -> int:
    """Sign a dispatch."""
    path: Path = options.desk
    keys: DeskKeys = unlock(path, asking.known(options.passphrase_file, str(path)))
    signed = dispatching.sign(options.dispatch, keys.seed, keys.verify_key)
    edge.say(f"Signed {options.dispatch}: {_contents(signed)}.")
    return 0


def threads(options: argparse.Namespace, edge: Edge) -> int:
    """List threads."""
    path: Path = options.desk
    with at_work(path) as desk:
        rows = [_row(desk, thread.name, thread.id.hex()) for thread in desk.threads.all()]
    if options.json:
        for row in rows:
            print(json.dumps(row))
        return 0
    if not rows:
        edge.say("There is no thread yet: keys open fills the desk.")
        return 0
    width = max(len(str(row["thread"])) for row in rows)
    print(f"{'thread':{width}}  submissions  messages  files  last reply")
    for row in rows:
        print(
            f"{row['thread']:{width}}  {row['submissions']:>11}  {row['messages']:>8}"
            f"  {row['files']:>5}  {row['last_reply'] or 'none'}"
        )
    return 0


def _row(desk: Desk, name: str, thread_id: str) -> dict[str, object]:
    entries = [one for one in desk.ledger.opened.values() if one.thread_id == thread_id]
    replies = [one for one in desk.ledger.replied if one.thread_id == thread_id]
    return {
        "thread": name,
        "submissions": len({one.submission for one in entries}),
        "messages": sum(one.kind == "message" for one in entries),
        "files": sum(one.kind == "file" for one in entries),
        "replies": len(replies),
        "last_reply": replies[-1].day if replies else None,
    }


def _contents(signed: SignedDispatch) -> str:
    parts = signed.dispatch
    said = [
        f"{len(parts.replies):,} repl{'y' if len(parts.replies) == 1 else 'ies'}",
        f"{len(parts.receipts):,} receipt{'s' * (len(parts.receipts) != 1)}",
    ]
    if parts.keyring:
        said.append("the next keyring")
    signers = len(signed.signatures)
    return f"{', '.join(said)}; {signers} signature{'s' * (signers != 1)}"


def _cut_and_owed(desk: Desk) -> int:
    ledger = desk.ledger
    return sum(ledger.opened[one].ended is Ended.TRUNCATED for one in ledger.owed)


def _message(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(_MOST_BYTES)
        with open(name, "rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise ReplyError(f"{name} cannot be read: {error.strerror}.") from error
