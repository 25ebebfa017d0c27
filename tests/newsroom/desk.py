"""The desk: the newsroom's offline side, made of ``intake.wire`` alone."""

import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from intake.wire.codename import Thread
from intake.wire.dispatch import NUMBER_STEP, Receipt, sign_dispatch
from intake.wire.envelope import PRIVATE_KEY, Identity, envelope_id, open_envelope
from intake.wire.errors import Truncated
from intake.wire.keyring import Editor, Epoch, Keyring, SuiteName
from intake.wire.labels import MAGIC_ENVELOPE
from intake.wire.record import BLOCK, Header, RecordReader, Trailer
from intake.wire.reply import Reply, SealedReply, seal_reply
from intake.wire.signing import verify_key_of
from tests.newsroom.gpghome import GnupgHome

DAY = 86_400


def today() -> int:
    """Return days since 1970-01-01."""
    return int(time.time()) // DAY


@dataclass(frozen=True)
class Opened:
    """An envelope that was opened.

    Attributes:
        path: where it lies.
        trailer: ``None`` if it was cut off before its end.
        truncated: whether anything is missing of the envelope, if only padding.
    """

    path: Path
    header: Header
    content: bytes
    trailer: Trailer | None
    truncated: bool


class Desk:
    """Editors with their keys, the root key, and the keyring in force.

    Args:
        editors: how many; each has a key of its own for both suites.
        gnupg: for the GPG suite, a home with the editors' key in it.
    """

    def __init__(
        self,
        *,
        editors: int = 1,
        threshold: int = 1,
        first_day: int | None = None,
        last_day: int | None = None,
        gnupg: GnupgHome | None = None,
    ) -> None:
        day = today()
        self._root = os.urandom(32)
        self._gnupg = gnupg
        self.seeds = [os.urandom(32) for _ in range(editors)]
        self.identities = [Identity(os.urandom(PRIVATE_KEY)) for _ in range(editors)]
        self.keyring = Keyring(
            sequence=1,
            root_key=verify_key_of(self._root),
            salt=os.urandom(16),
            first_day=day - 1 if first_day is None else first_day,
            last_day=day + 30 if last_day is None else last_day,
            suite=SuiteName.NACL if gnupg is None else SuiteName.GPG,
            threshold=threshold,
            editors=tuple(self._editor(i, day) for i in range(editors)),
        )
        self._number = secrets.randbelow(NUMBER_STEP)

    @property
    def salt(self) -> bytes:
        """The instance salt."""
        return self.keyring.salt

    def signed_keyring(self, keyring: Keyring | None = None) -> bytes:
        """Return a keyring, else the one in force, signed by the root key."""
        return (keyring or self.keyring).serialise(self._root)

    def successor(self, **changes: object) -> Keyring:
        """Return the keyring in force with changes, under the next sequence number."""
        return replace(self.keyring, **{"sequence": self.keyring.sequence + 1, **changes})  # type: ignore[arg-type]

    def open(self, path: Path) -> Opened:
        """Open an envelope as far as it goes.

        Raises:
            WireError: it is no envelope for this desk, or was altered.
        """
        with path.open("rb") as file:
            if self._gnupg is None or file.read(8) == MAGIC_ENVELOPE:
                file.seek(0)
                return _read(path, open_envelope(file.read, self.identities))
        return _read(path, RecordReader(_blocks(self._gnupg.decrypt(path))))

    def open_all(self, folder: Path) -> list[Opened]:
        """Open every envelope of a folder; the order says nothing."""
        return [self.open(path) for path in sorted(folder.iterdir())]

    def receipt(self, path: Path) -> Receipt:
        """Return the receipt for an envelope."""
        with path.open("rb") as file:
            return Receipt(envelope_id(file.read(4096)), path.stat().st_size)

    def reply(self, thread: Thread, text: str, *, number: int = 1, day: int = 0) -> SealedReply:
        """Return a reply to a thread, sealed."""
        return seal_reply(
            Reply(number, day or today(), text),
            thread,
            name_random=os.urandom(16),
            nonce=os.urandom(24),
        )

    def dispatch(
        self,
        *,
        replies: Sequence[SealedReply] = (),
        receipts: Iterable[Path | Receipt] = (),
        keyring: bytes = b"",
        signers: Sequence[int] = (0,),
    ) -> bytes:
        """Return the next dispatch of the first signer, signed by all of them."""
        self._number += 1 + secrets.randbelow(NUMBER_STEP)
        signed = sign_dispatch(
            self.seeds[signers[0]],
            number=self._number,
            replies=replies,
            receipts=[self.receipt(r) if isinstance(r, Path) else r for r in receipts],
            keyring=keyring,
        )
        for signer in signers[1:]:
            signed = signed.signed_also_by(self.seeds[signer])
        return signed.serialise()

    def _editor(self, index: int, day: int) -> Editor:
        return Editor(
            f"Editor {index + 1}",
            verify_key_of(self.seeds[index]),
            (Epoch(day - 1_000, self.identities[index].public()),),
            b"" if self._gnupg is None else self._gnupg.public,
        )


def _read(path: Path, reader: RecordReader) -> Opened:
    content, truncated = bytearray(), False
    try:
        for piece in reader.content():
            content += piece
    except Truncated:
        truncated = True
    return Opened(path, reader.header, bytes(content), reader.trailer, truncated)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the blocks of a record that GnuPG gave out."""
    with stream:
        while block := stream.read(BLOCK):
            if len(block) < BLOCK:
                raise Truncated("cut off inside a block")
            yield block
