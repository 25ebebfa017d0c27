"""The vault: private keys under a passphrase. The format is V1 of ``VAULT.md``; bytes only."""

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from intake.wire.codec import Reader, Writer
from intake.wire.errors import WireError
from intake.wire.labels import derive
from keys.errors import PassphraseError, VaultError, WrongPassphrase

MAGIC: Final = b"intakeV1"
VAULT_KEY: Final = b"keys1 vault"
SALT: Final = 16
NONCE: Final = SecretBox.NONCE_SIZE
#: Bytes of the largest vault file.
MAX_VAULT: Final = 1024 * 1024

_LEAST_MEMORY, _MOST_MEMORY = 8_192, 4_194_304
_MOST_PASSES, _MOST_LANES = 16, 16


class Kind(IntEnum):
    """Whose keys a vault holds."""

    DESK = 1
    ROOT = 2


@dataclass(frozen=True)
class Cost:
    """Argon2id's price of one guess: KiB of memory, passes, lanes."""

    memory_kib: int
    passes: int
    lanes: int

    def allowed(self) -> bool:
        """Return whether the cost is one that a vault may ask for (V1.2)."""
        return (
            max(_LEAST_MEMORY, 8 * self.lanes) <= self.memory_kib <= _MOST_MEMORY
            and 1 <= self.passes <= _MOST_PASSES
            and 1 <= self.lanes <= _MOST_LANES
        )


#: About a second on a laptop.
NORMAL: Final = Cost(memory_kib=262_144, passes=3, lanes=4)
#: For tests, and for machines with little memory.
LIGHT: Final = Cost(memory_kib=19_456, passes=2, lanes=1)


class Passphrase:
    """What a person remembers; never shown."""

    def __init__(self, text: str) -> None:
        self._text = unicodedata.normalize("NFC", text)
        if not self._text:
            raise PassphraseError("The passphrase is empty.", "Give one of several words.")

    def __repr__(self) -> str:
        return "<Passphrase>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Passphrase) and other._text == self._text

    def __len__(self) -> int:
        return len(self._text)

    def stretched(self, salt: bytes, cost: Cost) -> bytes:
        """Return 32 bytes; takes ``cost``."""
        try:
            return hash_secret_raw(
                self._text.encode(),
                salt,
                time_cost=cost.passes,
                memory_cost=cost.memory_kib,
                parallelism=cost.lanes,
                hash_len=32,
                type=Type.ID,
                version=ARGON2_VERSION,
            )
        except HashingError as error:
            raise VaultError(
                f"There is no memory for the vault: it takes {cost.memory_kib // 1024} MiB.",
                "Close other programs. A machine that never has so much needs --strength light.",
            ) from error


class Lock:
    """A passphrase that was stretched once, for as many seals as are needed."""

    def __init__(self, header: bytes, key: bytes) -> None:
        self._header = header
        self._box = SecretBox(key)

    def __repr__(self) -> str:
        return "<Lock>"

    @classmethod
    def new(cls, kind: Kind, passphrase: Passphrase, cost: Cost, salt: bytes) -> "Lock":
        """Make a lock for a vault that does not exist yet; ``salt`` is 16 random bytes."""
        header = (
            Writer()
            .fixed(MAGIC, 8)
            .number(kind, 1)
            .number(cost.memory_kib, 4)
            .number(cost.passes, 4)
            .number(cost.lanes, 1)
            .fixed(salt, SALT)
            .done()
        )
        key = derive(passphrase.stretched(salt, cost), VAULT_KEY, header)
        return cls(header, key)

    def seal(self, content: bytes, nonce: bytes) -> bytes:
        """Return the vault file; ``nonce`` is 24 random bytes, new each time."""
        sealed = bytes(self._box.encrypt(content, nonce))
        return Writer().fixed(self._header, len(self._header)).blob(sealed, MAX_VAULT).done()

    def reopen(self, untrusted_data: bytes) -> bytes:
        """Return the content of the vault file as it is now.

        Raises:
            VaultError: it is under another lock since, or damaged.
        """
        try:
            if untrusted_data.startswith(self._header):
                return self.open(_parse(untrusted_data)[3])
        except WireError:
            pass
        raise VaultError("The vault was changed meanwhile.", "Run the same again.")

    def open(self, sealed: bytes) -> bytes:
        """Return the content.

        Raises:
            WrongPassphrase: or the file was altered, which nobody can tell apart.
        """
        try:
            return self._box.decrypt(sealed)
        except (CryptoError, ValueError) as error:
            raise WrongPassphrase(
                "The passphrase is not the vault's (or the vault file is damaged).",
                "Try again; mind the keyboard layout and capitals. Nothing was changed.",
            ) from error


def unlock(kind: Kind, untrusted_data: bytes, passphrase: Passphrase) -> tuple[Lock, bytes]:
    """Open a vault file; return the lock that it is under, and its content.

    Raises:
        VaultError: not a vault of this kind.
        WrongPassphrase: as the name says.
    """
    try:
        found, cost, salt, sealed = _parse(untrusted_data)
    except WireError as error:
        raise VaultError(
            "This is no vault, or a damaged one.", "Give the folder or file that `keys` made."
        ) from error
    if found != kind:
        raise VaultError(
            f"The vault is of another kind: this is {_NAMES.get(found, 'unknown')}.",
            "A desk is a folder that `keys new` made, a root a file that `keys root` made.",
        )
    if not cost.allowed():
        raise VaultError(
            "The vault asks for more work than any vault does.", "It is damaged: take a copy of it."
        )
    lock = Lock.new(kind, passphrase, cost, salt)
    return lock, lock.open(sealed)


_NAMES = {int(Kind.DESK): "a desk", int(Kind.ROOT): "a root"}


def _parse(untrusted_data: bytes) -> tuple[int, Cost, bytes, bytes]:
    reader = Reader(untrusted_data)
    reader.magic(MAGIC)
    kind = reader.number(1)
    cost = Cost(reader.number(4), reader.number(4), reader.number(1))
    salt, sealed = reader.fixed(SALT), reader.blob(MAX_VAULT)
    reader.done()
    return kind, cost, salt, sealed
