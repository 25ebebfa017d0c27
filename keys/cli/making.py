"""``keys new``, ``public``, ``root``, ``keyring`` and ``passphrase``."""

import argparse
import os
import sys
from datetime import date, timedelta
from pathlib import Path

from intake.wire.signing import fingerprint
from keys import newsroom
from keys.cli import asking
from keys.desk import VAULT, check, public_half
from keys.desk_keys import Where
from keys.edge import Edge
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
    )
    passphrase = asking.chosen(options.passphrase_file, str(desk), edge)
    keys = make_desk(desk, plan, passphrase, edge)
    last = _day(edge.day + options.epochs * options.epoch_days - 1)
    edge.say(f"The desk of {keys.name} is in {desk}. Its keys are made for the days until {last}.")
    edge.say(f"Fingerprint of the key that signs its dispatches: {fingerprint(keys.verify_key)}")
    if keys.openpgp.where is not Where.NONE:
        edge.say(f"Its OpenPGP key: {keys.openpgp.fingerprint}")
    edge.say(f"Next: keys public {desk} > {desk.name}.public")
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
        f"Keyring {made.sequence} is in {options.out}, in force from {_day(made.first_day)} "
        f"to {_day(made.last_day)}, suite {options.suite}, "
        f"{made.threshold} of {len(made.editors)} to sign."
    )
    if made.last_day < edge.day + options.days:
        names = [one.name for one in editors if newsroom.keys_end(one) == made.last_day]
        edge.say(f"It is shorter than --days {options.days}: the keys of {', '.join(names)} end.")
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
    change_passphrase(path, kind, old, changed, cost, edge.random)
    edge.say(
        f"{options.vault} is under the new passphrase. "
        "Copies of it that were made before still open with the old one."
    )
    return 0


def _day(day: int) -> str:
    return str(date(1970, 1, 1) + timedelta(days=day))
