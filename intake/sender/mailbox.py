"""Replies to a source: fetched with the mailbox capability, opened here alone (P3, F6)."""

from dataclasses import dataclass
from typing import Final

from intake.reach.errors import WrongAnswer
from intake.wire.codec import Reader
from intake.wire.codename import Thread
from intake.wire.errors import WireError
from intake.wire.reply import NAME, SEALED, Reply, is_for, open_reply

#: Bytes of the shortest answer; each longer one has twice as many as the one before.
_LEAST: Final = 65_536


@dataclass(frozen=True)
class Opened:
    """A reply, and the name by which it can be deleted."""

    name: bytes
    reply: Reply

    def __repr__(self) -> str:
        return "<Opened>"


def read_mailbox(untrusted_answer: bytes, thread: Thread) -> tuple[list[Opened], int]:
    """Return the replies, the newest first, and how many there are that cannot be opened.

    Raises:
        WrongAnswer: it is no mailbox.
    """
    reader = Reader(untrusted_answer)
    try:
        sealed = [(reader.fixed(NAME), reader.fixed(SEALED)) for _ in range(reader.number(4))]
    except WireError as error:
        raise _wrong() from error
    size = _LEAST
    while size < reader.offset:
        size *= 2
    if len(untrusted_answer) != size or any(untrusted_answer[reader.offset :]):
        raise _wrong()
    opened, closed = [], 0
    for name, box in sealed:
        try:
            reply = open_reply(box, thread.reply_key)
        except WireError:
            closed += 1
            continue
        if is_for(name, thread.capability):
            opened.append(Opened(name, reply))
        else:
            closed += 1
    opened.sort(key=lambda one: (one.reply.day, one.reply.number), reverse=True)
    return opened, closed


def _wrong() -> WrongAnswer:
    return WrongAnswer("The server's answer is no mailbox.", "Is this a newsroom's address?")
