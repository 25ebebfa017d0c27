"""Dispatches: what the desk sends back, made so that a crash repeats it rather than loses it.

A dispatch is on the stick before the outbox forgets its replies; a reply that is delivered twice
is one reply, and a number that was never used is no harm.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake.wire.dispatch import (
    MAX_DISPATCH,
    MAX_RECEIPTS,
    MAX_REPLIES,
    NUMBER_STEP,
    Receipt,
    SignedDispatch,
    sign_dispatch,
)
from intake.wire.errors import WireError
from intake.wire.reply import NAME, SEALED, SealedReply
from keys.decoys import decoys
from keys.desk import Desk
from keys.errors import DispatchError
from keys.files import FOR_ALL, make_folder, sync_folder, write_durably
from keys.ledger import Ended

_COPY: Final = "dispatch"


@dataclass(frozen=True)
class Made:
    """A dispatch that was written.

    Attributes:
        left: how many replies and receipts had no room in it.
        decoys: how many of its replies are for nobody.
    """

    signed: SignedDispatch
    left: int
    decoys: int


def dispatch(
    desk: Desk,
    seed: bytes,
    out: Path,
    random: Callable[[int], bytes],
    *,
    keyring: bytes = b"",
    truncated: bool = False,
    again: int = 0,
    least_decoys: int = 0,
) -> Made:
    """Make a dispatch of all that is queued, and write it to ``out``.

    Args:
        seed: 32 secret bytes of the desk's dispatch key.
        keyring: the next keyring, signed, or nothing.
        truncated: give receipts for envelopes that were cut off on the server or in copying, too.
        again: repeat what so many of the last dispatches had as well.
        least_decoys: have at least so many replies that are for nobody, if there is room.

    Raises:
        DispatchError: ``out`` exists, or cannot be written.
    """
    if out.exists() or out.is_symlink():
        raise _taken(out)
    if not out.parent.is_dir():
        raise DispatchError(
            f"{out.parent} is no folder.", "All is still queued. Is the stick there?"
        )
    replies = {reply.name: reply for reply in _queued(desk)}
    receipts = {receipt.envelope: receipt for receipt in _owed(desk, truncated=truncated)}
    for last in _last(desk, again):
        replies = {**{reply.name: reply for reply in last.dispatch.replies}, **replies}
        receipts = {**{one.envelope: one for one in last.dispatch.receipts}, **receipts}
        keyring = keyring or last.dispatch.keyring
    some_replies = list(replies.values())[:MAX_REPLIES]
    some_receipts = list(receipts.values())[:MAX_RECEIPTS]
    signed = sign_dispatch(
        seed,
        number=_next_number(desk, random),
        replies=[*some_replies, *decoys(least_decoys, MAX_REPLIES - len(some_replies), random)],
        receipts=some_receipts,
        keyring=keyring,
    )
    _write(desk, out, signed)
    left = len(replies) + len(receipts) - len(some_replies) - len(some_receipts)
    ours = {replied.reply for replied in desk.ledger.replied}
    empty = sum(reply.name.hex() not in ours for reply in signed.dispatch.replies)
    return Made(signed, left, empty)


def read(path: Path) -> SignedDispatch:
    """Return a dispatch, of whatever desks.

    Raises:
        DispatchError: not a dispatch, or not readable.
    """
    try:
        with path.open("rb") as file:
            return SignedDispatch.parse(file.read(MAX_DISPATCH + 1))
    except OSError as error:
        raise DispatchError(f"{path} cannot be read: {error.strerror}.") from error
    except WireError as error:
        raise DispatchError(
            f"{path} is not a dispatch: {error}.", "Give what `keys dispatch` wrote."
        ) from error


def sign(path: Path, signed: SignedDispatch, seed: bytes, verify_key: bytes) -> SignedDispatch:
    """Add a signature to the dispatch that was read there, in place.

    Raises:
        DispatchError: signed by this desk already, or not writable.
    """
    if any(key == verify_key for key, _ in signed.signatures):
        raise DispatchError(
            "This desk has signed it already.", "Another editor's signature is what it needs."
        )
    also = signed.signed_also_by(seed)
    try:
        write_durably(path, also.serialise(), replace=True, mode=FOR_ALL)
    except OSError as error:
        raise DispatchError(f"{path} cannot be written: {error.strerror}.") from error
    return also


def _queued(desk: Desk) -> Iterable[SealedReply]:
    for path in sorted(desk.outbox.iterdir()):
        if len(path.name) == 2 * NAME and path.stat().st_size == SEALED:
            yield SealedReply(bytes.fromhex(path.name), path.read_bytes())


def _owed(desk: Desk, *, truncated: bool) -> Iterable[Receipt]:
    ledger = desk.ledger
    for envelope in sorted(ledger.owed):
        entry = ledger.opened[envelope]
        if entry.whole or (truncated and entry.ended is Ended.TRUNCATED):
            yield Receipt(bytes.fromhex(envelope), entry.envelope_size)


def _numbers(desk: Desk) -> list[int]:
    return sorted(int(path.name) for path in desk.dispatched.iterdir() if path.name.isdecimal())


def _last(desk: Desk, most: int) -> list[SignedDispatch]:
    """Return the last dispatches, the newest first."""
    folders = [desk.dispatched / f"{number:020}" for number in reversed(_numbers(desk))]
    copies = [folder / _COPY for folder in folders if (folder / _COPY).is_file()]
    if most and not copies:
        raise DispatchError("There was no dispatch yet.", "Leave --again away.")
    return [_parsed(copy) for copy in copies[:most]]


def _parsed(copy: Path) -> SignedDispatch:
    try:
        return SignedDispatch.parse(copy.read_bytes())
    except WireError as error:
        raise DispatchError(f"{copy} is damaged: {error}.") from error


def _next_number(desk: Desk, random: Callable[[int], bytes]) -> int:
    """Take a number, and have it on the disk before it is used."""
    draw = int.from_bytes(random(8), "big") % NUMBER_STEP
    numbers = _numbers(desk)
    number = numbers[-1] + 1 + draw if numbers else draw
    make_folder(desk.dispatched / f"{number:020}")
    return number


def _write(desk: Desk, out: Path, signed: SignedDispatch) -> None:
    data, parts = signed.serialise(), signed.dispatch
    folder = desk.dispatched / f"{parts.number:020}"
    try:
        write_durably(out, data, replace=False, mode=FOR_ALL)
        write_durably(folder / _COPY, data, replace=False)
    except OSError as error:
        # The number is used where the file is there without the copy.
        if not out.exists():
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, FileExistsError):
            raise _taken(out) from error
        raise DispatchError(
            f"The dispatch cannot be written: {error.strerror}.",
            "All is still queued. Make room, then dispatch again, to another file.",
        ) from error
    names = [reply.name.hex() for reply in parts.replies]
    desk.ledger.dispatch(parts.number, [one.envelope.hex() for one in parts.receipts], names)
    for name in names:
        (desk.outbox / name).unlink(missing_ok=True)
    sync_folder(desk.outbox)


def _taken(out: Path) -> DispatchError:
    return DispatchError(
        f"{out} exists already, and nothing is ever overwritten.", "Choose another name."
    )
