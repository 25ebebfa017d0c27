"""Vectors for uploads that are found again (F4.6). The input is a record's content."""

import hashlib

from intake.wire.envelope import CHUNK
from intake.wire.labels import CONTENT_KEY, derive
from intake.wire.record import CAPACITY, TRAILER, Header, Kind
from intake.wire.resumable import Resumable, content_id, upload_id
from tests.vectors.makers.record import content, header
from tests.vectors.vector import Lines, Vector, chance

_UPLOAD_KEY = chance("upload key", 32)


def vectors() -> dict[str, Vector]:
    """Return records, and where and under which key each is sent."""
    pack = header(kind=Kind.PACK, name="", media_type="")
    manifest = header(kind=Kind.MANIFEST, name="", media_type="")
    front = len(pack.serialise())
    one_bit = content(1000)[:-1] + bytes([content(1000)[-1] ^ 1])
    return {
        "pack": _sent("a pack", pack, content(1000)),
        "one-bit": _sent("one bit of its content is another: all is another", pack, one_bit),
        "manifest": _sent("the same content as a manifest", manifest, content(1000)),
        "another-source": _sent(
            "the same pack of another source", pack, content(1000), chance("other", 32)
        ),
        "empty": _sent("no content", pack, b""),
        "trailer-just-fits": _sent("one full block", pack, content(CAPACITY - TRAILER - front)),
        "trailer-does-not-fit": _sent(
            "one byte more", pack, content(CAPACITY - TRAILER - front + 1)
        ),
        "padded": _sent("nine blocks that count, and one of padding", pack, content(8 * CAPACITY)),
    }


def _sent(what: str, head: Header, data: bytes, upload_key: bytes = _UPLOAD_KEY) -> Vector:
    digest = hashlib.sha256(data).digest()
    identity = content_id(upload_key, head, len(data), digest)
    one = Resumable(head, data, digest, identity)
    chunks = memoryview(bytearray(one.chunks * CHUNK))
    one.seal_into(0, chunks)
    lines: Lines = [
        ("upload-key", upload_key),
        ("kind", head.kind.value),
        ("submission", head.submission),
        ("capability", head.capability),
        ("reply-key", head.reply_key),
        ("content-id", identity),
        ("file-key", derive(identity, CONTENT_KEY)),
        ("address", one.address),
        ("size", one.size(1)),
        ("upload-id", upload_id(one.address, one.size(1))),
        ("chunks-sha256", hashlib.sha256(chunks).digest()),
    ]
    return Vector("success", what, lines, data)
