"""Vaults on the disk: read, locked and rewritten, each time whole, and the old one erased."""

from collections.abc import Callable
from pathlib import Path

from keys import erasing
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
        """Replace the content; on the disk when this returns, and what was there erased.

        Raises:
            VaultError: it cannot be written, or what was there not be erased.
        """
        _replace(self._path, self._lock.seal(content, random(NONCE)))
        self.content = content

    def change(self, changed: Callable[[bytes], bytes], random: Callable[[int], bytes]) -> None:
        """Replace the content by what is made of it as it is now.

        Whoever opened the vault before taking hold of the desk uses this: another command may
        have written to it in between.

        Raises:
            VaultError: as of ``rewrite``; or it is under another passphrase since.
        """
        self.rewrite(changed(self._lock.reopen(_read(self._path))), random)


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
    try:
        write_durably(path, lock.seal(content, random(NONCE)), replace=False)
    except FileExistsError as error:
        raise VaultError(
            f"{path} exists already, and a vault is never overwritten.", "Choose another name."
        ) from error
    except OSError as error:
        raise _not_written(path, error) from error


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
    _replace(path, lock.seal(content, random(NONCE)))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_VAULT + 1)
    except OSError as error:
        raise VaultError(
            f"{path} cannot be read: {error.strerror}.",
            "Give the folder or file that `keys` made.",
        ) from error


def _replace(path: Path, data: bytes) -> None:
    try:
        erasing.replace(path, data)
    except OSError as error:
        raise _not_written(path, error) from error
    forget_old(path)


def forget_old(path: Path) -> None:
    """Erase what a crash left of a rewriting; only while nobody else is at work on the vault.

    Raises:
        VaultError: it cannot be.
    """
    try:
        erasing.forget_partial(path)
    except OSError as error:
        raise VaultError(
            f"An older state of {path} cannot be erased: {error.strerror}.",
            "The vault itself is good. Check its disk, then run the same again.",
        ) from error


def _not_written(path: Path, error: OSError) -> VaultError:
    return VaultError(
        f"{path} cannot be written: {error.strerror}.", "What was there before is unchanged."
    )
