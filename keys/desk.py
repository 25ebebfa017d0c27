"""A desk: the folder with an editor's vault and all that was opened there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from keys.assembling import PIECES, Assembling
from keys.cabinet import Cabinet
from keys.desk_keys import DeskKeys
from keys.disk import Disk
from keys.errors import DeskError, VaultError
from keys.files import make_folder, remove_partials
from keys.ledger import Ledger
from keys.threads import Threads
from keys.vault import Kind, Passphrase
from keys.vaultfile import VaultFile, forget_old

VAULT: Final = "vault"
PUBLIC: Final = "public"
THREADS: Final = "threads"
OUTBOX: Final = "outbox"
DISPATCHED: Final = "dispatched"
MANIFESTS: Final = ".manifests"
LEDGER: Final = "ledger.jsonl"
_LOCK = ".lock"


class Desk:
    """A desk that this process alone is at work on.

    Attributes:
        path: the folder.
        assembling: files that come in pieces.
        ledger: what was done here.
        cabinet: puts opened content in its place.
        disk: on which all of it is.
        threads: the folders of threads.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self.disk = disk
        self.assembling = Assembling(path / PIECES)
        self.ledger = Ledger(path / LEDGER, self.assembling.restore)
        self.cabinet = Cabinet(path, self.ledger, self.assembling)
        self.threads = Threads(path / THREADS)

    @property
    def outbox(self) -> Path:
        """Sealed replies that are in no dispatch yet."""
        return self.path / OUTBOX

    @property
    def dispatched(self) -> Path:
        """A folder for each dispatch that was made, under its number."""
        return self.path / DISPATCHED


@contextmanager
def at_work(path: Path) -> Iterator[Desk]:
    """Give a desk, with what a crash left behind put in order.

    Raises:
        DeskError: there is none, or another command is at work on it.
    """
    check(path)
    with _only_one(path), closing(Disk(path)) as disk:
        forget_old(path / VAULT)
        for name in (THREADS, OUTBOX, DISPATCHED, MANIFESTS):
            make_folder(path / name)
        desk = Desk(path, disk)
        desk.cabinet.recover()
        for folder in (path, desk.outbox, *desk.dispatched.iterdir()):
            remove_partials(folder)
        for thread in desk.threads.all():
            remove_partials(thread.path)
        yield desk


def unlock(path: Path, passphrase: Passphrase) -> DeskKeys:
    """Return the private keys of a desk.

    Raises:
        DeskError: there is none.
        VaultError, WrongPassphrase: as the names say.
    """
    return DeskKeys.parse(vault_of(path, passphrase).content)


def vault_of(path: Path, passphrase: Passphrase) -> VaultFile:
    """Return the vault of a desk, opened; raises as ``unlock`` does."""
    check(path)
    return VaultFile.open(path / VAULT, Kind.DESK, passphrase)


def public_half(path: Path) -> str:
    """Return the armored public half."""
    check(path)
    try:
        return (path / PUBLIC).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(
            f"{path / PUBLIC} cannot be read.", "Put back a copy; the keyring holds the same."
        ) from error


def check(path: Path) -> None:
    """Return if the folder is a desk."""
    if not (path / VAULT).is_file():
        raise DeskError(f"{path} is not a desk.", "Give a folder that `keys new` made.")


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    try:
        descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DeskError(
            f"{path} cannot be written to: {error.strerror}.", "A desk needs a disk of its own."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DeskError(
                f"Another command is at work on {path}.", "Wait for it to end, then try again."
            ) from error
        yield
    finally:
        os.close(descriptor)
