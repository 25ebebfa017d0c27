"""What a desk's vault holds (V2 of ``VAULT.md``), and what can be done with it; bytes only."""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
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
#: Days for which a key is kept after its editor was told that its time is over.
GRACE: Final = 14
_VERSION = 2
#: Without the days of grace: it was ``GRACE``.
_FIRST_VERSION = 1
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
        epochs: in the order of their days; those that were destroyed are not among them.
        grace_days: for which an epoch's key is kept after it was told that its time is over.
    """

    name: str
    seed: bytes
    desk_key: bytes
    epoch_days: int
    epochs: tuple[EpochKey, ...]
    openpgp: OpenPgp
    grace_days: int = GRACE

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

    @property
    def last_day(self) -> int:
        """The last day that there is a key for."""
        return self.last_day_of(self.epochs[-1])

    def last_day_of(self, epoch: EpochKey) -> int:
        """Return the last day on which a key is used."""
        return epoch.first_day + self.epoch_days - 1

    def over(self, day: int) -> list[EpochKey]:
        """Return the keys whose time is over."""
        return [epoch for epoch in self.epochs if self.last_day_of(epoch) < day]

    def without(self, first_days: Container[int]) -> "DeskKeys":
        """Return it without the keys of some epochs."""
        kept = tuple(epoch for epoch in self.epochs if epoch.first_day not in first_days)
        return replace(self, epochs=kept)

    def reaching(self, until: int, today: int, random: Callable[[int], bytes]) -> "DeskKeys":
        """Return it with more keys, from where they end, so that there is one for a day.

        No more than ``MAX_EPOCHS`` that are not over: as many as a keyring holds. The others do not
        count, or a desk of which all are could never be renewed. At least two are not over: of one
        alone, nobody could tell how long it is for.
        """
        begin = max(self.last_day + 1, today)
        needed = -(-(until + 1 - begin) // self.epoch_days)
        in_use = len(self.epochs) - len(self.over(today))
        count = min(max(needed, 2 - in_use, 0), MAX_EPOCHS - in_use)
        if count <= 0:
            return self
        drawn = draw_epochs(random, begin, self.epoch_days, count)
        return replace(self, epochs=self.epochs + drawn)

    def public(self, openpgp: bytes, since: int = 0) -> str:
        """Return the armored public half.

        Args:
            openpgp: the transferable public key, or nothing.
            since: a day; what was over before is left away.
        """
        over = self.over(since)
        epochs = tuple(
            Epoch(epoch.first_day, Identity(epoch.private).public())
            for epoch in [one for one in self.epochs if one not in over][:MAX_EPOCHS]
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
            .number(self.grace_days, 4)
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
        version = reader.number(1)
        if version not in (_FIRST_VERSION, _VERSION):
            raise ValueError("another version")
        name, seed, desk_key = reader.text(MAX_NAME), reader.fixed(SEED), reader.fixed(SEED)
        epoch_days = reader.number(4)
        grace_days = reader.number(4) if version == _VERSION else GRACE
        count = reader.number(2)
        epochs = tuple(EpochKey(reader.number(4), reader.fixed(PRIVATE_KEY)) for _ in range(count))
        openpgp = OpenPgp(
            Where(reader.number(1)),
            reader.text(_MAX_FINGERPRINT),
            reader.blob(MAX_OPENPGP),
            reader.text(_MAX_PATH),
        )
        reader.done()
        return cls(name, seed, desk_key, epoch_days, epochs, openpgp, grace_days)


def draw_epochs(
    random: Callable[[int], bytes], first_day: int, days: int, count: int
) -> tuple[EpochKey, ...]:
    """Draw the keys of ``count`` epochs of so many days; at most ``MAX_EPOCHS``."""
    if not 1 <= count <= MAX_EPOCHS:
        raise ValueError(f"{count} epochs")
    return tuple(EpochKey(first_day + i * days, random(PRIVATE_KEY)) for i in range(count))
