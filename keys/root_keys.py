"""What a root's vault holds (V3 of ``VAULT.md``); bytes only."""

from dataclasses import dataclass, replace

from intake.wire.codec import Reader, Writer
from intake.wire.codename import SALT
from intake.wire.errors import WireError
from intake.wire.signing import fingerprint, verify_key_of
from keys.errors import VaultError

_VERSION = 1
SEED = 32


@dataclass(frozen=True)
class RootKeys:
    """The newsroom's identity.

    Attributes:
        seed: 32 bytes, of the Ed25519 key that signs keyrings.
        salt: 16 public bytes, the same for the life of the newsroom.
        sequence: of the last keyring; 0 before the first.
    """

    seed: bytes
    salt: bytes
    sequence: int = 0

    def __repr__(self) -> str:
        return "<RootKeys>"

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return fingerprint(verify_key_of(self.seed))

    def stepped(self) -> "RootKeys":
        """Return it with the next keyring's sequence."""
        return replace(self, sequence=self.sequence + 1)

    def serialise(self) -> bytes:
        """Encode (V3)."""
        writer = Writer().number(_VERSION, 1).fixed(self.seed, SEED)
        return writer.fixed(self.salt, SALT).number(self.sequence, 4).done()

    @classmethod
    def parse(cls, data: bytes) -> "RootKeys":
        """Decode.

        Raises:
            VaultError: made by another version.
        """
        try:
            reader = Reader(data)
            if reader.number(1) != _VERSION:
                raise ValueError("another version")
            keys = cls(reader.fixed(SEED), reader.fixed(SALT), reader.number(4))
            reader.done()
        except (WireError, ValueError) as error:
            raise VaultError(
                "The vault opens, but this version does not understand it.",
                "Use the version of `keys` that wrote it, or a newer one.",
            ) from error
        return keys
