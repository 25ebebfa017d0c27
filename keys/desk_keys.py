"""What a desk's vault holds (V2 of ``VAULT.md``), and what can be done with it; bytes only."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from intake.wire.codec import Reader, Writer
from intake.wire.envelope import PRIVATE_KEY, Identity
from intake.wire.errors import WireError
from intake.wire.keyring import MAX_EPOCHS, MAX_NAME, MAX_OPENPGP, Editor, Epoch
from intake.wire.labels import derive
from intake.wire.signing import verify_key_of
from keys.errors import VaultError

THREAD_KEY: Final = b"keys1 thread"
SEED: Final = 32
_VERSION = 1
_MAX_FINGERPRINT = 64
_MAX_PATH = 4_096


class Where(IntEnum):
    """Where the desk's OpenPGP key is."""

    NONE = 0
    VAULT = 1
    OWN = 2


@dataclass(frozen=True)
class OpenPgp:
    """The desk's OpenPGP key.

    Attributes:
        fingerprint: hexadecimal digits.
        secret: the transferable secret key, for ``Where.VAULT`` alone.
        home: the folder of the editor's own GnuPG, for ``Where.OWN`` alone; empty: its default.
    """

    where: Where = Where.NONE
    fingerprint: str = ""
    secret: bytes = b""
    home: str = ""

    def __repr__(self) -> str:
        return f"<OpenPgp {self.where.name.lower()}>"


@dataclass(frozen=True)
class EpochKey:
    """A private key and the first day (since 1970-01-01) on which its public half is used."""

    first_day: int
    private: bytes

    def __repr__(self) -> str:
        return f"<EpochKey from day {self.first_day}>"


@dataclass(frozen=True)
class DeskKeys:
    """All private keys of a desk.

    Attributes:
        seed: 32 bytes, of the Ed25519 key that signs dispatches.
        desk_key: 32 bytes, for what the desk keeps sealed outside the vault.
        epoch_days: length of an epoch.
        epochs: in the order of their days.
    """

    name: str
    seed: bytes
    desk_key: bytes
    epoch_days: int
    epochs: tuple[EpochKey, ...]
    openpgp: OpenPgp

    def __repr__(self) -> str:
        return f"<DeskKeys of {self.name}>"

    @property
    def thread_key(self) -> bytes:
        """32 bytes that seal the secrets of threads (V4)."""
        return derive(self.desk_key, THREAD_KEY)

    @property
    def verify_key(self) -> bytes:
        """32 public bytes that name the desk in dispatches."""
        return verify_key_of(self.seed)

    def identities(self, day: int) -> list[Identity]:
        """Return the keys in the order in which to try them: the newest that has begun first."""
        begun = [epoch for epoch in self.epochs if epoch.first_day <= day]
        to_come = [epoch for epoch in self.epochs if epoch.first_day > day]
        return [Identity(epoch.private) for epoch in [*reversed(begun), *to_come]]

    def public(self, openpgp: bytes) -> str:
        """Return the armored public half; ``openpgp`` is the transferable public key or nothing."""
        epochs = tuple(
            Epoch(epoch.first_day, Identity(epoch.private).public()) for epoch in self.epochs
        )
        return Editor(self.name, self.verify_key, epochs, openpgp).armored(self.seed)

    def serialise(self) -> bytes:
        """Encode (V2)."""
        writer = (
            Writer()
            .number(_VERSION, 1)
            .text(self.name, MAX_NAME)
            .fixed(self.seed, SEED)
            .fixed(self.desk_key, SEED)
            .number(self.epoch_days, 4)
            .number(len(self.epochs), 2)
        )
        for epoch in self.epochs:
            writer.number(epoch.first_day, 4).fixed(epoch.private, PRIVATE_KEY)
        return (
            writer.number(self.openpgp.where, 1)
            .text(self.openpgp.fingerprint, _MAX_FINGERPRINT)
            .blob(self.openpgp.secret, MAX_OPENPGP)
            .text(self.openpgp.home, _MAX_PATH)
            .done()
        )

    @classmethod
    def parse(cls, data: bytes) -> "DeskKeys":
        """Decode.

        Raises:
            VaultError: made by another version.
        """
        try:
            return cls._read(Reader(data))
        except (WireError, ValueError) as error:
            raise VaultError(
                "The vault opens, but this version does not understand it.",
                "Use the version of `keys` that wrote it, or a newer one.",
            ) from error

    @classmethod
    def _read(cls, reader: Reader) -> "DeskKeys":
        if reader.number(1) != _VERSION:
            raise ValueError("another version")
        name, seed, desk_key = reader.text(MAX_NAME), reader.fixed(SEED), reader.fixed(SEED)
        epoch_days, count = reader.number(4), reader.number(2)
        epochs = tuple(EpochKey(reader.number(4), reader.fixed(PRIVATE_KEY)) for _ in range(count))
        openpgp = OpenPgp(
            Where(reader.number(1)),
            reader.text(_MAX_FINGERPRINT),
            reader.blob(MAX_OPENPGP),
            reader.text(_MAX_PATH),
        )
        reader.done()
        return cls(name, seed, desk_key, epoch_days, epochs, openpgp)


def draw_epochs(
    random: Callable[[int], bytes], first_day: int, days: int, count: int
) -> tuple[EpochKey, ...]:
    """Draw the keys of ``count`` epochs of so many days; at most ``MAX_EPOCHS``."""
    if not 1 <= count <= MAX_EPOCHS:
        raise ValueError(f"{count} epochs")
    return tuple(EpochKey(first_day + i * days, random(PRIVATE_KEY)) for i in range(count))
