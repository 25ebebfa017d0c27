"""``keys new``, ``renew``, ``public``, ``root``, ``keyring`` and ``passphrase``."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from intake.wire.keyring import Editor, Keyring, SuiteName
from intake.wire.signing import fingerprint
from keys import epochs, newsroom
from keys.cli import asking
from keys.desk import VAULT, at_work, check, public_half, vault_of
from keys.desk_keys import Where
from keys.edge import Edge, day_text
from keys.errors import VaultError
from keys.making import Plan, check_free, make_desk
from keys.vault import Kind
from keys.vaultfile import VaultFile, change_passphrase


def new(options: argparse.Namespace, edge: Edge) -> int:
    """Make a desk."""
    desk: Path = options.desk
    if options.gnupg_home and not options.openpgp:
        options.wrong_usage("--gnupg-home says where the key of --openpgp is; give both")
    check_free(desk)
    plan = Plan(
        editor=options.editor,
        epoch_days=options.epoch_days,
        epochs=options.epochs,
        cost=options.cost_of(options.strength),
        openpgp=not options.no_openpgp,
        fingerprint=options.openpgp or "",
        gnupg_home=options.gnupg_home,
        grace_days=options.grace,
    )
    passphrase = asking.chosen(options.passphrase_file, str(desk), edge)
    keys = make_desk(desk, plan, passphrase, edge)
    last = day_text(keys.last_day)
    edge.say(f"The desk of {keys.name} is in {desk}. Its keys are made for the days until {last}.")
    edge.say(f"Fingerprint of the key that signs its dispatches: {fingerprint(keys.verify_key)}")
    if keys.openpgp.where is not Where.NONE:
        edge.say(f"Its OpenPGP key: {keys.openpgp.fingerprint}")
    edge.say(f"Next: keys public {desk} > {desk.name}.public")
    return 0


def renew(options: argparse.Namespace, edge: Edge) -> int:
    """Draw keys for the time to come."""
    path: Path = options.desk
    check(path)
    vault = vault_of(path, asking.known(options.passphrase_file, str(path)))
    with at_work(path) as desk:
        keys = epochs.renew(desk, vault, epochs.Wanted(options.days, options.grace), edge)
        epochs.retire(desk, vault, edge)
    edge.say(f"The keys of {keys.name} are made for the days until {day_text(keys.last_day)}.")
    if keys.last_day < edge.day + options.days:
        edge.say("That is as many as a keyring holds: renew them again in time.")
    edge.say(
        f"Next: keys public {path} > {path.name}.public, and give that to whoever has the root, "
        "for `keys keyring` with all editors. The new keyring goes to the server in a dispatch: "
        f"keys dispatch {path} OUT --keyring FILE"
    )
    edge.say(
        "A backup of the desk lacks the keys that were drawn since it was made, and has those that "
        "were destroyed since: make a new one, then destroy the older ones."
    )
    return 0


def public(options: argparse.Namespace, _edge: Edge) -> int:
    """Print the public half."""
    sys.stdout.write(public_half(options.desk))
    return 0


def root(options: argparse.Namespace, edge: Edge) -> int:
    """Make a newsroom's root."""
    path: Path = options.root
    if os.path.lexists(path):
        raise VaultError(
            f"{path} exists already, and a vault is never overwritten.", "Choose another name."
        )
    passphrase = asking.chosen(options.passphrase_file, str(path), edge)
    keys = newsroom.make_root(path, passphrase, options.cost_of(options.strength), edge.random)
    edge.say(f"The newsroom's root key is in {path}. Keep a copy of it, and both apart.")
    edge.say("Its fingerprint, which sources and editors can compare:")
    print(keys.fingerprint)
    return 0


def keyring(options: argparse.Namespace, edge: Edge) -> int:
    """Sign a keyring."""
    editors = newsroom.read_editors(options.editor)
    terms = newsroom.Terms(options.suite_of(options.suite), options.days, options.threshold)
    passphrase = asking.known(options.passphrase_file, str(options.root))
    vault = VaultFile.open(options.root, Kind.ROOT, passphrase)
    made = newsroom.make_keyring(options.out, vault, editors, terms, edge)
    edge.say(
        f"Keyring {made.sequence} is in {options.out}, in force from {day_text(made.first_day)} "
        f"to {day_text(made.last_day)}, suite {options.suite}, "
        f"{made.threshold} of {len(made.editors)} to sign."
    )
    if made.last_day < edge.day + options.days:
        names = [one.name for one in editors if newsroom.keys_end(one) == made.last_day]
        edge.say(f"It is shorter than --days {options.days}: the keys of {', '.join(names)} end.")
    _tell_ends(made, editors, edge)
    edge.say(f"Root: {fingerprint(made.root_key)}")
    for editor in made.editors:
        edge.say(f"  {editor.name}: {fingerprint(editor.verify_key)}")
    return 0


def passphrase(options: argparse.Namespace, edge: Edge) -> int:
    """Change a passphrase."""
    path: Path = options.vault
    kind = Kind.ROOT
    if path.is_dir():
        check(path)
        path, kind = path / VAULT, Kind.DESK
    old = asking.known(options.passphrase_file, str(options.vault))
    VaultFile.open(path, kind, old)
    changed = asking.chosen(options.new_passphrase_file, str(options.vault), edge)
    cost = options.cost_of(options.strength)
    with at_work(options.vault) if kind is Kind.DESK else nullcontext():
        change_passphrase(path, kind, old, changed, cost, edge.random)
    edge.say(
        f"{options.vault} is under the new passphrase. "
        "Copies of it that were made before still open with the old one."
    )
    return 0


def _tell_ends(made: Keyring, editors: Sequence[Editor], edge: Edge) -> None:
    """Say whose keys have to be renewed for the next keyring."""
    if made.suite is not SuiteName.NACL:
        return
    for editor in editors:
        last = newsroom.keys_end(editor)
        if last < edge.day + epochs.SOON:
            edge.say(
                f"The keys of {editor.name} end on {day_text(last)}: `keys renew` at that desk, "
                "and then another keyring, has to come before."
            )
