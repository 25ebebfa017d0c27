"""Delivering a dispatch: each step can be done twice, and the last makes the next time refuse it.

A crash at any point leaves a dispatch that can simply be delivered again.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from intake.errors import DiskFull, DispatchError
from intake.files import write_durably
from intake.home import Home
from intake.store import Store, Stored
from intake.store.disk import full_told
from intake.wire.codec import Reader, Writer
from intake.wire.dispatch import MAX_DISPATCH, SignedDispatch
from intake.wire.errors import Overtaken, Refused, TooFewSignatures, WireError
from intake.wire.reply import SealedReply
from intake.wire.signing import VERIFY_KEY


@dataclass(frozen=True)
class Delivered:
    """What a delivery did."""

    replies: int
    deleted: int
    keyring: int | None

    def lines(self) -> list[str]:
        """Return what whoever delivered it is told."""
        replies = "1 reply" if self.replies == 1 else f"{self.replies} replies"
        envelopes = "1 envelope" if self.deleted == 1 else f"{self.deleted} envelopes"
        lines = [
            # Only the desk knows how many.
            f"{replies} delivered{', decoys among them' if self.replies > 1 else ''}.",
            f"{envelopes} deleted on a receipt.",
        ]
        if self.keyring is not None:
            lines.append(f"Keyring {self.keyring} is in force.")
        return lines


class Marks:
    """The number of each desk's last dispatch. Numbers are random steps: they count nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def last(self, author: bytes) -> int | None:
        """Return the number of the author's last dispatch, or ``None``."""
        return self._read().get(author)

    def set(self, author: bytes, number: int) -> None:
        """Remember it, durably, and overwrite what it replaces: who finds that would count."""
        marks = {**self._read(), author: number}
        writer = Writer()
        for key, value in sorted(marks.items()):
            writer.fixed(key, VERIFY_KEY).number(value, 8)
        self._path.touch(0o600)
        with self._path.open("r+b", buffering=0) as older:
            write_durably(self._path, writer.done())
            older.write(bytes(os.fstat(older.fileno()).st_size))
            os.fsync(older.fileno())

    def _read(self) -> dict[bytes, int]:
        if not self._path.exists():
            return {}
        data = self._path.read_bytes()
        reader = Reader(data)
        size = VERIFY_KEY + 8
        return {reader.fixed(VERIFY_KEY): reader.number(8) for _ in range(len(data) // size)}


def deliver(home: Home, store: Store, untrusted_data: bytes, tick: int) -> Delivered:
    """Act on a dispatch.

    Raises:
        DispatchError: it is refused, and nothing was done.
        KeyringError: the keyring in it is refused; the rest was not done either.
        DiskFull: part of it was done; deliver it again when there is room.
    """
    with home.only_delivery(), full_told():
        try:
            return _deliver(home, store, untrusted_data, tick)
        finally:
            home.settle(tick)


def _deliver(home: Home, store: Store, untrusted_data: bytes, tick: int) -> Delivered:
    marks = Marks(home.path / "marks")
    try:
        signed = SignedDispatch.parse(untrusted_data)
        signed.check(home.keyring, marks.last(signed.dispatch.author))
    except WireError as error:
        raise DispatchError(f"The dispatch is refused: {error}.", _hint(error)) from error
    dispatch = signed.dispatch
    newer = dispatch.keyring if dispatch.keyring != home.keyring_bytes else b""
    if newer:
        home.adopt(home.check_successor(newer))
    # Receipts first: they make the room that replies may need.
    receipts = [Stored(receipt.envelope.hex(), receipt.size) for receipt in dispatch.receipts]
    deleted = store.delete(receipts, tick)
    for reply in dispatch.replies:
        _put(store, reply, tick)
    # Only now: its author may have no say any more under the next keyring.
    if newer:
        home.replace_keyring(newer)
    marks.set(dispatch.author, dispatch.number)
    return Delivered(
        len(dispatch.replies), deleted, home.keyring.sequence if dispatch.keyring else None
    )


def _put(store: Store, reply: SealedReply, tick: int) -> None:
    try:
        store.put_reply(reply.name.hex(), reply.sealed, tick)
    except DiskFull:
        store.erase()
        store.put_reply(reply.name.hex(), reply.sealed, tick)


def _hint(error: WireError) -> str:
    if isinstance(error, TooFewSignatures):
        return "Nothing was changed; carry it to another editor's desk for: keys sign"
    if isinstance(error, Overtaken):
        return (
            "Nothing was changed. What is in it can come under a new number: keys dispatch "
            "--again, given twice if one dispatch was made since, and so on."
        )
    if isinstance(error, Refused):
        return "There is nothing to do: it was this very one."
    return "Nothing was changed; ask the desk for a new one."


def read_dispatch(path: Path) -> bytes:
    """Return a dispatch's bytes.

    Raises:
        DispatchError: there is none, or it is larger than any.
    """
    try:
        if path.stat().st_size > MAX_DISPATCH:
            raise DispatchError(f"{path} is larger than any dispatch.")
        return path.read_bytes()
    except OSError as error:
        raise DispatchError(
            f"{path} cannot be read: {error.strerror}.", "Check the path and the stick."
        ) from error
