"""Folders as a source's program sends them: in packs, with a list of these at the end."""

import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from intake.wire.envelope import CHUNK, Recipient
from intake.wire.manifest import Manifest
from intake.wire.pack import Folder, Piece
from intake.wire.record import Kind
from intake.wire.resumable import MAX_CONTENT, Resumable, content_id
from tests.keys.newsroom import Newsroom, Source, put


def piece(path: str, data: bytes, offset: int = 0, size: int | None = None) -> bytes:
    """Return a piece's entry; of the whole file, unless ``size`` says otherwise."""
    whole = len(data) if size is None else size
    return Piece(path, whole, offset, len(data)).serialise() + data


def folder(path: str) -> bytes:
    """Return a folder's entry."""
    return Folder(path).serialise()


def packs(
    files: Mapping[str, bytes], folders: Iterable[str] = (), *, most: int = MAX_CONTENT
) -> Iterator[bytes]:
    """Yield the contents of packs of at most ``most`` bytes that hold these files and folders."""
    held = b"".join(map(folder, folders))
    for path, data in files.items():
        front = len(piece(path, b""))
        offset = 0
        while True:
            room = most - len(held) - front
            if held and (room <= 0 or (offset == 0 and len(data) > room >= 0 and len(data) < most)):
                yield held
                held = b""
                continue
            part = data[offset : offset + room]
            held += piece(path, part, offset, len(data))
            offset += len(part)
            if offset == len(data):
                break
    if held:
        yield held


def seal(source: Source, kind: Kind, content: bytes, public: bytes) -> bytes:
    """Return a record as an envelope that could be resumed."""
    header = source.header(kind, "")
    digest = sha256(content).digest()
    identity = content_id(source.submission.ljust(32, b"\0"), header, len(content), digest)
    record = Resumable(header, content, digest, identity)
    chunks = memoryview(bytearray(record.chunks * CHUNK))
    record.seal_into(0, chunks)
    return record.begin([Recipient(public)]) + chunks


class Sender:
    """A source whose program sends folders.

    Attributes:
        source: with the thread and the submission.
        digests: of the packs that were sent.
    """

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.source = newsroom.source()
        self.digests: list[bytes] = []
        self._public = newsroom.editor.epochs[0].public

    def pack(self, *entries: bytes) -> Path:
        """Put a pack on the stick."""
        content = b"".join(entries)
        self.digests.append(sha256(content).digest())
        return self._put(Kind.PACK, content)

    def manifest(self, files: int = 0, size: int = 0) -> Path:
        """Put the list of all packs so far on the stick."""
        content = Manifest(files, size, tuple(self.digests)).serialise()
        return self._put(Kind.MANIFEST, content)

    def send(
        self, files: Mapping[str, bytes], folders: Iterable[str] = (), *, most: int = MAX_CONTENT
    ) -> list[Path]:
        """Put packs with all of it on the stick, and their list; return the packs."""
        sent = [self.pack(content) for content in packs(files, folders, most=most)]
        self.manifest(len(files), sum(map(len, files.values())))
        return sent

    def _put(self, kind: Kind, content: bytes) -> Path:
        return put(self.newsroom.stick, seal(self.source, kind, content, self._public))


def landed(newsroom: Newsroom) -> dict[str, bytes]:
    """What a person sees in the one submission of a desk, by its path there."""
    return {"/".join(Path(path).parts[2:]): data for path, data in newsroom.opened_files().items()}


def some_files(count: int, size: int) -> dict[str, bytes]:
    """Return files of about this size in a few folders."""
    return {
        f"leak/folder {number % 7}/sub/file {number}.txt": os.urandom(size + number % 100)
        for number in range(count)
    }
