"""The envelope of the NaCl suite: a record sealed to every editor, chunk by chunk (F4).

The file key is wrapped by HPKE over a hybrid KEM, since what is seized today lies in an evidence
room for decades. The payload is the STREAM construction: a chunk depends on no other, so sealing
resumes in the middle, and an envelope that was cut off opens up to the cut.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from intake.wire.codec import Reader, Writer
from intake.wire.errors import Corrupt, Malformed, NotForUs, Truncated, WireError
from intake.wire.labels import (
    ENVELOPE_ID,
    HEADER_MAC,
    HPKE_INFO,
    MAGIC_ENVELOPE,
    PAYLOAD_KEY,
    derive,
)
from intake.wire.record import BLOCK, CAPACITY, Ending, Header, RecordReader, RecordWriter

TAG: Final = 16
#: Bytes of a sealed chunk: one block of the record and its tag.
CHUNK: Final = BLOCK + TAG
PAGE: Final = 4_096
FILE_KEY: Final = 32
SLOT: Final = 1_120 + FILE_KEY + TAG
MAX_SLOTS: Final = 32
#: Bytes at the front of an envelope, under either suite, that its id is made of.
ID_BYTES: Final = PAGE
PUBLIC_KEY: Final = 1_184 + 32
PRIVATE_KEY: Final = 64 + 32

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_PUBLIC: Final = 1_184
_MLKEM_SEED: Final = 64
#: With any scalar at all, a point of low order gives zero, which X25519 refuses.
_ANY_SCALAR: Final = X25519PrivateKey.from_private_bytes(bytes(32))

#: Chunks that are opened in one go.
_BATCH: Final = 16

Read = Callable[[int], bytes]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Each(Protocol):
    """As ``map``. It may work ahead on all cores, since chunks depend on no other."""

    def __call__(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item], /
    ) -> Iterable[_Result]: ...


class Recipient:
    """One editor's public key of one epoch: who can wrap.

    Args:
        public: ``PUBLIC_KEY`` bytes, ML-KEM-768 first.

    Raises:
        Malformed: nothing can be wrapped to such a key.
    """

    def __init__(self, public: bytes) -> None:
        if len(public) != PUBLIC_KEY:
            raise Malformed(f"a public key of {len(public)} bytes")
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC])
            x25519 = X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:])
            _ANY_SCALAR.exchange(x25519)
        except ValueError as error:
            raise Malformed("a public key that is none") from error
        self._key = MLKEM768X25519PublicKey(mlkem, x25519)

    def wrap(self, file_key: bytes) -> bytes:
        """Return a fresh slot of ``SLOT`` bytes; HPKE draws its own randomness."""
        return _SUITE.encrypt(file_key, self._key, HPKE_INFO)


class Identity:
    """One editor's private key of one epoch: who can unwrap.

    Args:
        private: ``PRIVATE_KEY`` random bytes: the seed of ML-KEM-768, then the X25519 scalar.
    """

    def __init__(self, private: bytes) -> None:
        if len(private) != PRIVATE_KEY:
            raise ValueError(f"a private key of {len(private)} bytes")
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED])
        self._x25519 = X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED:])
        self._key = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)

    def __repr__(self) -> str:
        return "<Identity>"

    def public(self) -> bytes:
        """Return the ``PUBLIC_KEY`` bytes that a ``Recipient`` takes."""
        return (
            self._mlkem.public_key().public_bytes_raw()
            + self._x25519.public_key().public_bytes_raw()
        )

    def unwrap(self, slot: bytes) -> bytes | None:
        """Return the file key if the slot is ours, else ``None``."""
        try:
            file_key = _SUITE.decrypt(slot, self._key, HPKE_INFO)
        except InvalidTag:
            return None
        return file_key if len(file_key) == FILE_KEY else None


def envelope_id(first_bytes: bytes) -> bytes:
    """Return the 16-byte id of an envelope from its first ``ID_BYTES`` bytes (F4.5).

    Every envelope begins with fresh encapsulations, so the id is random, says nothing of the
    content, and two envelopes of one file have nothing in common.
    """
    if len(first_bytes) < ID_BYTES:
        raise Truncated("cut off in its first page")
    return derive(b"", ENVELOPE_ID, first_bytes[:ID_BYTES], 16)


def header_size(slots: int) -> int:
    """Bytes before the first chunk of an envelope to so many editors."""
    return -(-(8 + 2 + slots * SLOT + 32) // PAGE) * PAGE


def chunk_nonce(counter: int, *, last: bool) -> bytes:
    """Return the 12 bytes that a chunk is sealed with, no others twice under one key (F4.3)."""
    return counter.to_bytes(11, "big") + bytes([last])


class Sealer:
    """Push interface: content in, pieces of the envelope out; holds less than one chunk.

    First ``begin``, then ``write`` any number of times, then ``finish``; another order, or an
    iterator that was not used up before the next call, is a ``RuntimeError``.

    Args:
        header: the record's header.
        recipients: one to ``MAX_SLOTS`` editors.
        file_key: ``FILE_KEY`` random bytes, used for this one content and never again.
    """

    def __init__(self, header: Header, recipients: Sequence[Recipient], *, file_key: bytes) -> None:
        if not 1 <= len(recipients) <= MAX_SLOTS:
            raise ValueError(f"an envelope to {len(recipients)} editors")
        if len(file_key) != FILE_KEY:
            raise ValueError(f"a file key of {len(file_key)} bytes")
        self._record = RecordWriter(header)
        self._recipients = recipients
        self._file_key = file_key
        self._payload_key = derive(file_key, PAYLOAD_KEY)
        self._counter = 0
        self._begun = False

    def __repr__(self) -> str:
        return "<Sealer>"

    @property
    def size(self) -> int:
        """Bytes of content so far."""
        return self._record.size

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content so far."""
        return self._record.digest

    def begin(self) -> bytes:
        """Return the envelope's header, a whole number of pages (F4.2)."""
        if self._begun:
            raise RuntimeError("the envelope is begun")
        self._begun = True
        return seal_header(
            [recipient.wrap(self._file_key) for recipient in self._recipients], self._file_key
        )

    def write(self, data: bytes | bytearray | memoryview) -> Iterator[bytes]:
        """Take content; yield each sealed chunk that is full."""
        self._require_begun()
        blocks = self._record.blocks(data)
        self._record.count(data)
        return (self._seal(block, last=False) for block in blocks)

    def finish(self, ending: Ending = Ending.COMPLETE) -> Iterator[bytes]:
        """Yield the chunks that are left, padding included."""
        self._require_begun()
        return (self._seal(block, last=last) for block, last in self._record.finish(ending))

    def count(self, data: bytes | bytearray | memoryview) -> None:
        """Hash and count content that is sealed apart, by ``seal_into``."""
        self._record.count(data)

    def seal_into(self, data: bytes | bytearray | memoryview, out: memoryview) -> int:
        """Seal each chunk that is full straight into ``out``; return how many bytes it took.

        Args:
            data: content that is counted apart, by ``count``.
            out: at least ``room_for(len(data))`` bytes.
        """
        self._require_begun()
        payload, size = ChaCha20Poly1305(self._payload_key), 0
        for block in self._record.blocks(data):
            nonce = chunk_nonce(self._counter, last=False)
            size += payload.encrypt_into(nonce, block, None, out[size : size + CHUNK])
            self._counter += 1
        return size

    def _require_begun(self) -> None:
        if not self._begun:
            raise RuntimeError("an envelope begins with its header")

    def _seal(self, block: bytes | memoryview, *, last: bool) -> bytes:
        sealed = seal_chunk(self._payload_key, self._counter, block, last=last)
        self._counter += 1
        return sealed


def room_for(size: int) -> int:
    """Return the bytes of the chunks that so many bytes of content fill at most."""
    return (size // CAPACITY + 1) * CHUNK


def seal_header(slots: Sequence[bytes], file_key: bytes) -> bytes:
    """Return the header around slots that were wrapped already (F4.2).

    The MAC under the file key commits to it: no envelope opens to one thing for one editor and
    to another for the next. The payload's key is not bound to the slots, so that an upload can be
    resumed by somebody who holds the file key, but not the slots' randomness.
    """
    writer = Writer().fixed(MAGIC_ENVELOPE, 8).number(len(slots), 2)
    for slot in slots:
        writer.fixed(slot, SLOT)
    body = writer.done()
    return (body + derive(file_key, HEADER_MAC, body)).ljust(header_size(len(slots)), b"\0")


def seal_chunk(payload_key: bytes, counter: int, block: bytes | memoryview, *, last: bool) -> bytes:
    """Seal block number ``counter`` of a record (F4.3).

    Of the two libraries at hand that make these bytes, PyNaCl takes more than twice the time.
    """
    return ChaCha20Poly1305(payload_key).encrypt(chunk_nonce(counter, last=last), block, None)


def open_envelope(read: Read, identities: Sequence[Identity], each: Each = map) -> RecordReader:
    """Open an envelope from its front; content is verified chunk by chunk as it is pulled.

    Args:
        read: gives the next bytes, at most as many as asked for, and none at the end.
        identities: private keys to try, the likeliest first.
        each: opens the chunks, some in one go.

    Raises:
        NotForUs: none of the identities opens it.
        Truncated, Corrupt, Malformed: as the names say; while pulling content as well.
    """
    file_key = _open_header(read, identities)
    payload = ChaCha20Poly1305(derive(file_key, PAYLOAD_KEY))
    return RecordReader(_open_chunks(read, payload, each))


def _read_exactly(read: Read, size: int) -> bytes:
    """Return ``size`` bytes, or fewer at the end of the input."""
    parts = []
    while size and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _open_header(read: Read, identities: Sequence[Identity]) -> bytes:
    front = _read_exactly(read, PAGE)
    reader = Reader(front)
    reader.magic(MAGIC_ENVELOPE)
    count = reader.number(2)
    if not 1 <= count <= MAX_SLOTS:
        raise Malformed(f"an envelope to {count} editors")
    front += _read_exactly(read, header_size(count) - len(front))
    if len(front) < header_size(count):
        raise Truncated("cut off in its header")
    reader = Reader(front, reader.offset)
    slots = [reader.fixed(SLOT) for _ in range(count)]
    body = front[: reader.offset]
    mac = reader.fixed(32)
    if front[reader.offset :].strip(b"\0"):
        raise Malformed("a header whose unused bytes are not zero")
    opened = False
    for file_key in _unwrapped(slots, identities):
        if hmac.compare_digest(mac, derive(file_key, HEADER_MAC, body)):
            return file_key
        opened = True
    if opened:
        raise Corrupt("the header was altered")
    raise NotForUs("sealed to somebody else, or to keys that were destroyed")


def _unwrapped(slots: Sequence[bytes], identities: Sequence[Identity]) -> Iterator[bytes]:
    for identity in identities:
        for slot in slots:
            file_key = identity.unwrap(slot)
            if file_key is not None:
                yield file_key


@dataclass(frozen=True)
class _Batch:
    """Chunks in a row, as they were read.

    Attributes:
        first: number of the first of them.
        data: the chunks; the last may be cut off.
        final: whether nothing follows.
    """

    first: int
    data: memoryview
    final: bool


def _batches(read: Read) -> Iterator[_Batch]:
    first, data = 0, _read_exactly(read, _BATCH * CHUNK)
    while True:
        following = _read_exactly(read, _BATCH * CHUNK)
        yield _Batch(first, memoryview(data), not following)
        if not following:
            return
        first, data = first + _BATCH, following


def _open_chunks(read: Read, payload: ChaCha20Poly1305, each: Each) -> Iterator[bytes]:
    def opened(batch: _Batch) -> tuple[list[bytes], WireError | None]:
        return _open_batch(payload, batch)

    for blocks, problem in each(opened, _batches(read)):
        yield from blocks
        if problem is not None:
            raise problem


def _open_batch(payload: ChaCha20Poly1305, batch: _Batch) -> tuple[list[bytes], WireError | None]:
    """Return the blocks that are genuine up to the first problem, and this, where there is one."""
    blocks: list[bytes] = []
    # Of the library's two ways to open a chunk, this one lets other threads work meanwhile.
    block = memoryview(bytearray(BLOCK))
    count, cut = divmod(len(batch.data), CHUNK)
    for index in range(count):
        number, chunk = batch.first + index, batch.data[index * CHUNK : (index + 1) * CHUNK]
        last = batch.final and not cut and index == count - 1
        if _open_chunk(payload, chunk_nonce(number, last=last), chunk, block):
            blocks.append(bytes(block))
            continue
        if not _open_chunk(payload, chunk_nonce(number, last=not last), chunk, block):
            return blocks, Corrupt(f"chunk {number} was altered")
        # Genuine, so it is delivered, whatever is wrong after it.
        blocks.append(bytes(block))
        if last:
            return blocks, Truncated(f"cut off after chunk {number}")
        return blocks, Corrupt("something follows the last chunk")
    if cut or not count:
        return blocks, Truncated(f"cut off in chunk {batch.first + count}")
    return blocks, None


def _open_chunk(
    payload: ChaCha20Poly1305, nonce: bytes, chunk: memoryview, block: memoryview
) -> bool:
    """Open a chunk into ``block``; return whether it is genuine."""
    try:
        payload.decrypt_into(nonce, chunk, None, block)
    except InvalidTag:
        return False
    return True
