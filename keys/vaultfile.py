"""Vaults on the disk: read, locked and rewritten, each time whole."""

from collections.abc import Callable
from pathlib import Path

from keys.errors import VaultError
from keys.files import write_durably
from keys.vault import MAX_VAULT, NONCE, SALT, Cost, Kind, Lock, Passphrase, unlock


class VaultFile:
    """A vault that was opened, and can be written anew under the same passphrase.

    Attributes:
        content: what was in it when it was opened; secret.
    """

    def __init__(self, path: Path, lock: Lock, content: bytes) -> None:
        self._path = path
        self._lock = lock
        self.content = content

    def __repr__(self) -> str:
        return f"<VaultFile {self._path}>"

    @classmethod
    def open(cls, path: Path, kind: Kind, passphrase: Passphrase) -> "VaultFile":
        """Open a vault.

        Raises:
            VaultError: missing, or not a vault of this kind.
            WrongPassphrase: as the name says.
        """
        return cls(path, *unlock(kind, _read(path), passphrase))

    def rewrite(self, content: bytes, random: Callable[[int], bytes]) -> None:
        """Replace the content; on the disk when this returns."""
        _write(self._path, self._lock.seal(content, random(NONCE)), replace=True)
        self.content = content


def create(
    path: Path,
    kind: Kind,
    content: bytes,
    passphrase: Passphrase,
    cost: Cost,
    random: Callable[[int], bytes],
) -> None:
    """Write a new vault.

    Raises:
        VaultError: there is something already, or it cannot be written.
    """
    lock = Lock.new(kind, passphrase, cost, random(SALT))
    _write(path, lock.seal(content, random(NONCE)), replace=False)


def change_passphrase(
    path: Path,
    kind: Kind,
    old: Passphrase,
    new: Passphrase,
    cost: Cost,
    random: Callable[[int], bytes],
) -> None:
    """Put a vault under another passphrase, with a new salt; raises as ``VaultFile.open`` does."""
    content = VaultFile.open(path, kind, old).content
    lock = Lock.new(kind, new, cost, random(SALT))
    _write(path, lock.seal(content, random(NONCE)), replace=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_VAULT + 1)
    except OSError as error:
        raise VaultError(
            f"{path} cannot be read: {error.strerror}.",
            "Give the folder or file that `keys` made.",
        ) from error


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    try:
        write_durably(path, data, replace=replace)
    except FileExistsError as error:
        raise VaultError(
            f"{path} exists already, and a vault is never overwritten.", "Choose another name."
        ) from error
    except OSError as error:
        raise VaultError(
            f"{path} cannot be written: {error.strerror}.", "What was there before is unchanged."
        ) from error
