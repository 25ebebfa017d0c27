"""The dispatch: one signed, numbered file from the desk to the server (F8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from intake.wire.codec import Reader, Writer
from intake.wire.envelope import MAX_SLOTS
from intake.wire.errors import BadSignature, Malformed, Overtaken, Refused, TooFewSignatures
from intake.wire.keyring import MAX_KEYRING, Keyring
from intake.wire.labels import MAGIC_DISPATCH, SIGN_DISPATCH
from intake.wire.reply import NAME, SEALED, SealedReply
from intake.wire.signing import SIGNATURE, VERIFY_KEY, sign, verify, verify_key_of

MAX_REPLIES: Final = 4_096
MAX_RECEIPTS: Final = 262_144
ENVELOPE_ID: Final = 16
#: Bytes of the largest dispatch: what is in one is held in memory by whoever is handed it.
MAX_DISPATCH: Final = (
    (8 + VERIFY_KEY + 8)
    + (4 + MAX_REPLIES * (NAME + SEALED))
    + (4 + MAX_RECEIPTS * (ENVELOPE_ID + 8))
    + (4 + MAX_KEYRING)
    + (1 + MAX_SLOTS * (VERIFY_KEY + SIGNATURE))
)
#: The number of a desk's first dispatch is drawn below this, and each next one lies a random step
#: of 1 to this further on, so that a number tells nothing of how many there were.
NUMBER_STEP: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Receipt:
    """Says that an envelope was opened and kept whole at the desk.

    Attributes:
        envelope: its 16-byte id.
        size: its size in bytes, so that no receipt for a piece deletes the whole.
    """

    envelope: bytes
    size: int


@dataclass(frozen=True)
class Dispatch:
    """What the desk sends.

    Attributes:
        author: 32 bytes, the verify key of the desk that made and numbered it.
        number: greater than that of every dispatch of this author before.
        replies: at most ``MAX_REPLIES``, in ascending order of their names.
        receipts: at most ``MAX_RECEIPTS``, in ascending order of id and size.
        keyring: the next keyring, signed, or nothing.
    """

    author: bytes
    number: int
    replies: tuple[SealedReply, ...]
    receipts: tuple[Receipt, ...]
    keyring: bytes = b""

    def body(self) -> bytes:
        """Return what is signed (F8.1).

        Raises:
            ValueError: it would not be accepted by ``SignedDispatch.parse``.
        """
        if len(self.replies) > MAX_REPLIES or len(self.receipts) > MAX_RECEIPTS:
            raise ValueError("more replies or receipts than a dispatch holds")
        if not self.is_ordered():
            raise ValueError("replies or receipts out of order, or twice the same")
        writer = (
            Writer()
            .fixed(MAGIC_DISPATCH, 8)
            .fixed(self.author, VERIFY_KEY)
            .number(self.number, 8)
            .number(len(self.replies), 4)
        )
        for reply in self.replies:
            writer.fixed(reply.name, NAME).fixed(reply.sealed, SEALED)
        writer.number(len(self.receipts), 4)
        for receipt in self.receipts:
            writer.fixed(receipt.envelope, ENVELOPE_ID).number(receipt.size, 8)
        return writer.blob(self.keyring, MAX_KEYRING).done()

    def is_ordered(self) -> bool:
        """Return whether nothing is there twice, and the order tells nothing of the desk."""
        names = [(reply.name, 0) for reply in self.replies]
        receipts = [(receipt.envelope, receipt.size) for receipt in self.receipts]
        return all(a < b for keys in (names, receipts) for a, b in pairwise(keys))


@dataclass(frozen=True)
class SignedDispatch:
    """A dispatch and its signatures, each with the key that made it, the author's first."""

    dispatch: Dispatch
    signatures: tuple[tuple[bytes, bytes], ...]

    def serialise(self) -> bytes:
        """Encode (F8.2)."""
        if not 1 <= len(self.signatures) <= MAX_SLOTS:
            raise ValueError(f"a dispatch with {len(self.signatures)} signatures")
        writer = Writer()
        body = self.dispatch.body()
        writer.fixed(body, len(body)).number(len(self.signatures), 1)
        for verify_key, signature in self.signatures:
            writer.fixed(verify_key, VERIFY_KEY).fixed(signature, SIGNATURE)
        return writer.done()

    @classmethod
    def parse(cls, untrusted_data: bytes) -> "SignedDispatch":
        """Return a dispatch all of whose signatures are good; by whom is for ``check``.

        Raises:
            Malformed, Truncated, BadSignature: as the names say.
        """
        if len(untrusted_data) > MAX_DISPATCH:
            raise Malformed("larger than any dispatch")
        reader = Reader(untrusted_data)
        reader.magic(MAGIC_DISPATCH)
        author, number = reader.fixed(VERIFY_KEY), reader.number(8)
        replies = tuple(
            SealedReply(reader.fixed(NAME), reader.fixed(SEALED))
            for _ in range(_count(reader, 4, MAX_REPLIES))
        )
        receipts = tuple(
            Receipt(reader.fixed(ENVELOPE_ID), reader.number(8))
            for _ in range(_count(reader, 4, MAX_RECEIPTS))
        )
        dispatch = Dispatch(author, number, replies, receipts, reader.blob(MAX_KEYRING))
        body = untrusted_data[: reader.offset]
        signatures = tuple(
            (reader.fixed(VERIFY_KEY), reader.fixed(SIGNATURE))
            for _ in range(_count(reader, 1, MAX_SLOTS))
        )
        reader.done()
        if not dispatch.is_ordered():
            raise Malformed("replies or receipts out of order, or twice the same")
        signers = [verify_key for verify_key, _ in signatures]
        if not signers or signers[0] != author or len(set(signers)) < len(signers):
            raise BadSignature("the author's signature comes first, and nobody signs twice")
        for verify_key, signature in signatures:
            verify(verify_key, SIGN_DISPATCH, body, signature)
        return cls(dispatch, signatures)

    def signed_also_by(self, seed: bytes) -> "SignedDispatch":
        """Return it with one more signature."""
        signature = sign(seed, SIGN_DISPATCH, self.dispatch.body())
        return SignedDispatch(self.dispatch, (*self.signatures, (verify_key_of(seed), signature)))

    def check(self, keyring: Keyring, last_number: int | None) -> None:
        """Return if a server with this keyring may act on the dispatch.

        Args:
            last_number: the number of the author's last one that was delivered here.

        Raises:
            TooFewSignatures: of the keyring's editors.
            BadSignature: its author is none of them.
            Refused: delivered already; ``Overtaken``: it is older than one that was.
        """
        if keyring.editor_with(self.dispatch.author) is None:
            raise BadSignature("not by an editor of this newsroom")
        signers = sum(keyring.editor_with(key) is not None for key, _ in self.signatures)
        if signers < keyring.threshold:
            raise TooFewSignatures(f"{signers} of {keyring.threshold} editors have signed it")
        if last_number is not None and self.dispatch.number < last_number:
            raise Overtaken("older than one that was delivered")
        if self.dispatch.number == last_number:
            raise Refused("delivered already")


def sign_dispatch(
    seed: bytes,
    *,
    number: int,
    replies: Sequence[SealedReply],
    receipts: Sequence[Receipt],
    keyring: bytes = b"",
) -> SignedDispatch:
    """Return a dispatch signed by its author, whose 32 secret bytes are ``seed``.

    Replies and receipts may come in any order.

    Raises:
        ValueError: more of something than a dispatch holds, or two replies of one name.
    """
    dispatch = Dispatch(
        verify_key_of(seed),
        number,
        tuple(sorted(replies, key=lambda reply: reply.name)),
        tuple(sorted(set(receipts), key=lambda receipt: (receipt.envelope, receipt.size))),
        keyring,
    )
    return SignedDispatch(dispatch, ()).signed_also_by(seed)


def _count(reader: Reader, size: int, limit: int) -> int:
    count = reader.number(size)
    if count > limit:
        raise Malformed(f"{count} parts where the format allows {limit}")
    return count
