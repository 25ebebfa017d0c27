"""``keys reply``, ``dispatch``, ``sign`` and ``threads``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from intake.wire.dispatch import Receipt, SignedDispatch
from intake.wire.keyring import Keyring
from intake.wire.signing import fingerprint
from keys import dispatching, epochs, replying
from keys.cli import asking
from keys.cli.words import count
from keys.desk import THREADS, Desk, at_work, check, unlock
from keys.desk_keys import DeskKeys
from keys.edge import Edge
from keys.errors import ReplyError
from keys.ledger import Ended
from keys.names import readable
from keys.newsroom import keyring_in, read_keyring
from keys.threads import Threads

#: No more of a message is read: it is too long long before.
_MOST_BYTES = 64 * 1024 * 1024


def reply(options: argparse.Namespace, edge: Edge) -> int:
    """Queue a reply."""
    path: Path = options.desk
    check(path)
    text = replying.read_text(_message(options.message_file))
    thread = Threads(path / THREADS).meant_by(options.thread)
    # Before the desk is held: nobody waits for a person who types.
    keys = unlock(path, asking.known(options.passphrase_file, str(path)))
    with at_work(path) as desk:
        replied = replying.reply(desk, keys, thread, text, edge)
    edge.say(
        f"Reply {replied.number} to {thread.name} is sealed, and goes with the next dispatch: "
        f"keys dispatch {path} OUT. Until then it can be taken back: "
        f"rm {desk.outbox / replied.reply}"
    )
    return 0


def dispatch(options: argparse.Namespace, edge: Edge) -> int:
    """Write a dispatch."""
    path: Path = options.desk
    check(path)
    keyring = read_keyring(options.keyring) if options.keyring else None
    keys = unlock(path, asking.known(options.passphrase_file, str(path)))
    if keyring is not None:
        _tell_next(keyring[1], [keys.verify_key], edge)
    with at_work(path) as desk:
        made = dispatching.dispatch(
            desk,
            keys.seed,
            options.out,
            edge.random,
            keyring=keyring[0] if keyring else b"",
            truncated=options.receipt_truncated,
            again=options.again,
            least_decoys=options.decoys,
        )
        waiting = _cut_and_owed(desk)
        epochs.remind(desk, keys, edge)
    parts = made.signed.dispatch
    edge.say(f"{options.out}: {_contents(made.signed, made.decoys)}.")
    if len(parts.replies) == made.decoys and not parts.receipts and not parts.keyring:
        edge.say("It is empty but for decoys: there was nothing to send back.")
    if made.left:
        edge.say(f"{made.left:,} had no room in it: dispatch again for the rest.")
    if waiting and not options.receipt_truncated:
        edge.say(
            f"{waiting:,} cut off: no receipt, so that a whole copy can still come. Collect once "
            "more, to another folder: what is as short there was cut on the server, and "
            "--receipt-truncated has it deleted."
        )
    return 0


def sign(options: argparse.Namespace, edge: Edge) -> int:
    """Sign a dispatch."""
    path: Path = options.desk
    keys: DeskKeys = unlock(path, asking.known(options.passphrase_file, str(path)))
    signed = dispatching.read(options.dispatch)
    parts = signed.dispatch
    with at_work(path) as desk:
        unknown = sum(not _opened_here(desk, receipt) for receipt in parts.receipts)
    if unknown:
        edge.say(
            f"{unknown:,} of the receipts are for envelopes that this desk has not opened: the "
            "server deletes those, too."
        )
    if parts.keyring:
        signers = [key for key, _ in signed.signatures]
        _tell_next(keyring_in(parts.keyring), [*signers, keys.verify_key], edge)
    signed = dispatching.sign(options.dispatch, signed, keys.seed, keys.verify_key)
    edge.say(f"Signed {options.dispatch}: {_contents(signed)}.")
    if parts.replies:
        edge.say("Which of the replies are decoys, only the desk that made it can tell.")
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
    for row in rows:
        row["thread"] = readable(str(row["thread"]))
    width = max(len(str(row["thread"])) for row in rows)
    print(f"{'thread':{width}}  submissions  messages  files  last reply")
    for row in rows:
        print(
            f"{row['thread']:{width}}  {row['submissions']:>11}  {row['messages']:>8}"
            f"  {row['files']:>5}  {row['last_reply'] or 'none'}"
        )
    return 0


def _opened_here(desk: Desk, receipt: Receipt) -> bool:
    entry = desk.ledger.opened.get(receipt.envelope.hex())
    return entry is not None and entry.envelope_size == receipt.size


def _tell_next(keyring: Keyring, desks: Sequence[bytes], edge: Edge) -> None:
    """Say what the next keyring is, and which of these desks, by verify key, it leaves out."""
    names = ", ".join(editor.name for editor in keyring.editors)
    edge.say(f"The next keyring is number {keyring.sequence}, of {names}.")
    edge.say(f"Its root, to compare: {fingerprint(keyring.root_key)}")
    for key in desks:
        if keyring.editor_with(key) is None:
            whose = (
                "This desk" if key == desks[-1] else f"The desk that signs as {fingerprint(key)}"
            )
            edge.say(f"{whose} is not in it: after it, the server takes no more from there.")


def _row(desk: Desk, name: str, thread_id: str) -> dict[str, object]:
    entries = [one for one in desk.ledger.opened.values() if one.thread_id == thread_id]
    sent = desk.ledger.sent
    replies = [
        one
        for one in desk.ledger.replied
        if one.thread_id == thread_id and (one.reply in sent or (desk.outbox / one.reply).exists())
    ]
    return {
        "thread": name,
        "submissions": len({one.submission for one in entries}),
        "messages": sum(one.kind == "message" for one in entries),
        "files": sum((one.kind == "file") + one.files for one in entries)
        + desk.assembling.whole[thread_id],
        "replies": len(replies),
        "last_reply": replies[-1].day if replies else None,
    }


def _contents(signed: SignedDispatch, decoys: int = 0) -> str:
    parts = signed.dispatch
    replies = len(parts.replies) - decoys
    said = [
        f"{replies:,} repl{'y' if replies == 1 else 'ies'}",
        *([count(decoys, "decoy")] if decoys else []),
        count(len(parts.receipts), "receipt"),
    ]
    if parts.keyring:
        said.append("the next keyring")
    return f"{', '.join(said)}; {count(len(signed.signatures), 'signature')}"


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
