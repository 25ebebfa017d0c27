"""An upload that the codename and the content find again: nothing else is to be remembered (F4.6).

The content is in memory, whole, when its key is made and until it is sealed. So no file that
changes can bring two blocks under one nonce.
"""

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from intake.wire.blocks import Blocks
from intake.wire.codec import Writer
from intake.wire.envelope import CHUNK, Recipient, chunk_nonce, header_size, seal_header
from intake.wire.labels import ADDRESS, CONTENT, CONTENT_KEY, PAYLOAD_KEY, UPLOAD_ID, derive
from intake.wire.layout import Layout
from intake.wire.record import CAPACITY, TRAILER, Header

CONTENT_ID: Final = 32
UPLOAD_ADDRESS: Final = 32
#: Blocks, and bytes of content, of the largest record that a sender makes so: what it has to
#: hold in memory, and hashes again to go on. 128 is a bucket, so nothing of it is padding.
MAX_BLOCKS: Final = 128
MAX_CONTENT: Final = MAX_BLOCKS * CAPACITY - TRAILER - 97


def content_id(upload_key: bytes, header: Header, size: int, digest: bytes) -> bytes:
    """Return the ``CONTENT_ID`` bytes that stand for one record of one source.

    Args:
        size, digest: of the content, the latter SHA-256.
    """
    said = Writer().fixed(header.serialise(), len(header.serialise()))
    return derive(upload_key, CONTENT, said.number(size, 8).fixed(digest, 32).done())


def upload_id(address: bytes, size: int) -> bytes:
    """Return the 16 bytes under which a server keeps what arrives at an address.

    Args:
        size: bytes of the envelope when it is whole.
    """
    return derive(b"", UPLOAD_ID, address + size.to_bytes(8, "big"), 16)


class Resumable:
    """One record on its way: any chunk of it can be sealed at any time, and again.

    Args:
        content: at most ``MAX_CONTENT`` bytes that nobody changes any more; those of a layout are
            framed here.
        digest: SHA-256 of the content.
        identity: as ``content_id`` made it; or as many random bytes, where nobody is to find the
            upload again once this object is gone.

    Attributes:
        address: ``UPLOAD_ADDRESS`` bytes; whoever knows them can add to the upload.
        digest: SHA-256 of the content.
    """

    def __init__(
        self, header: Header, content: bytes | memoryview | Layout, digest: bytes, identity: bytes
    ) -> None:
        if len(identity) != CONTENT_ID:
            raise ValueError(f"an id of {len(identity)} bytes")
        size = content.size if isinstance(content, Layout) else len(content)
        if size > MAX_CONTENT:
            raise ValueError(f"{size} bytes are too much for one record")
        self.address = derive(identity, ADDRESS)
        self.digest = digest
        self._file_key = derive(identity, CONTENT_KEY)
        self._payload_key = derive(self._file_key, PAYLOAD_KEY)
        self._blocks: Blocks | Layout
        if isinstance(content, Layout):
            if content.header != header:
                raise ValueError("laid out behind another header")
            content.frame(digest)
            self._blocks = content
        else:
            self._blocks = Blocks(header, content, digest)

    def __repr__(self) -> str:
        return "<Resumable>"

    @property
    def chunks(self) -> int:
        """How many chunks there are, padding included."""
        return len(self._blocks)

    def size(self, editors: int) -> int:
        """Return the bytes of the whole envelope."""
        return header_size(editors) + self.chunks * CHUNK

    def begin(self, recipients: Sequence[Recipient]) -> bytes:
        """Return a header of the envelope: another one at each call, and each fits the chunks."""
        return seal_header([one.wrap(self._file_key) for one in recipients], self._file_key)

    def seal_into(self, first: int, out: memoryview) -> int:
        """Seal chunks from number ``first`` on into ``out``, as many as fit; return their bytes."""
        payload, blocks, done = ChaCha20Poly1305(self._payload_key), self._blocks, 0
        last, end = self.chunks - 1, min(self.chunks, first + len(out) // CHUNK)
        for number in range(first, end):
            nonce, room = chunk_nonce(number, last=number == last), out[done : done + CHUNK]
            done += payload.encrypt_into(nonce, blocks.block(number), None, room)
        return done
