"""A reply: kept in the thread to read, and sealed in the outbox to be dispatched."""

from itertools import count

from intake.wire.reply import MAX_TEXT, Reply, seal_reply
from keys.desk import Desk
from keys.desk_keys import DeskKeys
from keys.edge import Edge, day_text
from keys.errors import DeskFull, ReplyError
from keys.files import write_durably
from keys.ledger import Replied
from keys.names import numbered
from keys.threads import ThreadFolder, secrets_of


def read_text(untrusted_data: bytes) -> str:
    """Return the text of a reply.

    Raises:
        ReplyError: not UTF-8, empty, or too long for one reply.
    """
    if len(untrusted_data) > MAX_TEXT:
        pieces = -(-len(untrusted_data) // MAX_TEXT)
        raise ReplyError(
            f"The message has {len(untrusted_data):,} bytes, and a reply holds {MAX_TEXT:,}.",
            f"Split it into {pieces} files or more, and reply with each in its order.",
        )
    try:
        text = untrusted_data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReplyError(
            f"The message is not UTF-8 text: byte {error.start} is none of it.",
            "Save it as UTF-8; a reply holds text alone, no files.",
        ) from error
    if not text.strip():
        raise ReplyError("The message is empty.", "Write something first.")
    return text


def reply(desk: Desk, keys: DeskKeys, thread: ThreadFolder, text: str, edge: Edge) -> Replied:
    """Seal a reply and queue it; on the disk when this returns.

    Raises:
        ThreadError: the thread's secrets cannot be read.
        DeskFull: nothing was queued.
    """
    secrets = secrets_of(thread, keys.thread_key)
    before = [one.number for one in desk.ledger.replied if one.thread_id == thread.id.hex()]
    number = max(before, default=0) + 1
    sealed = seal_reply(
        Reply(number, edge.day, text), secrets, name_random=edge.random(16), nonce=edge.random(24)
    )
    name = sealed.name.hex()
    replied = Replied(thread.id.hex(), number, day_text(edge.day), name)
    # The number is taken first: a gap does no harm, two replies of one number would confuse.
    desk.ledger.reply(replied)
    queued = desk.outbox / name
    try:
        write_durably(queued, sealed.sealed, replace=False)
        _keep_text(thread, f"reply-{number:03}.txt", text)
    except OSError as error:
        queued.unlink(missing_ok=True)
        raise DeskFull(
            f"The reply cannot be written: {error.strerror}.",
            "Nothing was queued. Make room on the desk's disk, then reply again.",
        ) from error
    return replied


def _keep_text(thread: ThreadFolder, name: str, text: str) -> None:
    """Write the text beside what it answers, under the next name where one is taken."""
    for number in count(1):
        try:
            write_durably(thread.path / numbered(name, number), text.encode(), replace=False)
        except FileExistsError:
            continue
        return
