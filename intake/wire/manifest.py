"""The manifest: which packs belong together; by it a desk can tell that none is missing (F3.6)."""

from dataclasses import dataclass
from typing import Final

from intake.wire.codec import Reader, Writer
from intake.wire.errors import Malformed

#: Packs in one manifest, which is itself a record that a sender holds in memory. Full packs of
#: this number hold two terabytes.
MAX_PACKS: Final = 250_000
DIGEST: Final = 32


@dataclass(frozen=True)
class Manifest:
    """What was sent in one go.

    Attributes:
        files: how many files, folders apart.
        size: bytes of all of them.
        packs: SHA-256 of the content of each pack, in the order in which the files were read.
    """

    files: int
    size: int
    packs: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "<Manifest>"

    def serialise(self) -> bytes:
        """Encode."""
        if len(self.packs) > MAX_PACKS:
            raise ValueError(f"a manifest of {len(self.packs)} packs")
        writer = Writer().number(self.files, 8).number(self.size, 8).number(len(self.packs), 4)
        for digest in self.packs:
            writer.fixed(digest, DIGEST)
        return writer.done()

    @classmethod
    def parse(cls, untrusted_data: bytes) -> "Manifest":
        """Decode.

        Raises:
            Malformed, Truncated: as the names say.
        """
        reader = Reader(untrusted_data)
        files, size, count = reader.number(8), reader.number(8), reader.number(4)
        if count > MAX_PACKS:
            raise Malformed(f"a manifest of {count} packs")
        packs = tuple(reader.fixed(DIGEST) for _ in range(count))
        reader.done()
        return cls(files, size, packs)
