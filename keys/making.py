"""Making a desk: the folder appears with everything in it, or not at all."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from keys import openpgp
from keys.desk import DISPATCHED, OUTBOX, PUBLIC, THREADS, VAULT
from keys.desk_keys import GRACE, SEED, DeskKeys, OpenPgp, draw_epochs
from keys.edge import Edge
from keys.errors import DeskError
from keys.files import make_folder, sync_folder, write_durably
from keys.vault import Cost, Kind, Passphrase
from keys.vaultfile import create


@dataclass(frozen=True)
class Plan:
    """What kind of desk is wanted.

    Attributes:
        openpgp: whether it has an OpenPGP key.
        fingerprint: of the editor's own OpenPGP key; empty: one is made and kept in the vault.
        gnupg_home: folder of the editor's own GnuPG; ``None``: its default.
        epoch_days, grace_days: as of ``DeskKeys``.
    """

    editor: str
    epoch_days: int
    epochs: int
    cost: Cost
    openpgp: bool = True
    fingerprint: str = ""
    gnupg_home: Path | None = None
    grace_days: int = GRACE


def check_free(path: Path) -> None:
    """Return if a desk can be made there.

    Raises:
        DeskError: there is something already, or nothing to make it in.
    """
    if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
        raise DeskError(
            f"{path} exists already, and nothing is ever overwritten.", "Choose another name."
        )
    if not path.parent.is_dir():
        raise DeskError(f"{path.parent} is no folder.", "Make it first, or choose another place.")


def make_desk(path: Path, plan: Plan, passphrase: Passphrase, edge: Edge) -> DeskKeys:
    """Make a desk with new keys.

    Raises:
        DeskError: there is something already, or it cannot be written.
        GpgError: GnuPG does not do its part.
    """
    check_free(path)
    key, public_key = _openpgp(plan, edge)
    keys = DeskKeys(
        plan.editor,
        edge.random(SEED),
        edge.random(SEED),
        plan.epoch_days,
        draw_epochs(edge.random, edge.day, plan.epoch_days, plan.epochs),
        key,
        plan.grace_days,
    )
    fresh = path.parent / f".{path.name}.{edge.random(4).hex()}.partial"
    try:
        fresh.mkdir(mode=0o700)
        for folder in (THREADS, OUTBOX, DISPATCHED):
            make_folder(fresh / folder)
        write_durably(fresh / PUBLIC, keys.public(public_key).encode(), replace=False)
        create(fresh / VAULT, Kind.DESK, keys.serialise(), passphrase, plan.cost, edge.random)
        # Onto an empty folder, or nothing.
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise DeskError(
            f"{path} cannot be made: {error.strerror}.", "Choose a place that can be written to."
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return keys


def _openpgp(plan: Plan, edge: Edge) -> tuple[OpenPgp, bytes]:
    if not plan.openpgp:
        return OpenPgp(), b""
    if plan.fingerprint:
        return openpgp.named(plan.fingerprint, plan.gnupg_home)
    if not openpgp.available():
        edge.say(
            "GnuPG is not on this machine: the desk has no OpenPGP key, and cannot open what is "
            "sealed for the gpg suite. All else works."
        )
        return OpenPgp(), b""
    return openpgp.generate(plan.editor, edge)
