"""``keys unwrap``."""

import argparse
from pathlib import Path

from keys.cli import asking
from keys.desk import at_work, check, unlock
from keys.edge import Edge
from keys.errors import DeskError
from keys.openpgp import gnupg_when_needed
from keys.tree import move_file
from keys.unwrap import unwrap, wrapping_of


def unwrap_files(options: argparse.Namespace, edge: Edge) -> int:
    """Open files that were encrypted a second time."""
    path: Path = options.desk
    check(path)
    for file in options.files:
        if not file.is_file() or not file.resolve().is_relative_to(path.resolve()):
            raise DeskError(f"{file} is no file of this desk.", "Give one in its threads.")
    keys = unlock(path, asking.known(options.passphrase_file, str(path)))
    failed = False
    with at_work(path) as desk, gnupg_when_needed(keys.openpgp, edge) as gnupg:
        for file in options.files:
            found = wrapping_of(file, is_message=True)
            if found is None:
                edge.say(f"{file}: it is not encrypted to anybody's key.")
                failed = True
                continue
            partial = desk.cabinet.fresh(edge.random)
            identities = keys.identities(edge.day)
            out = unwrap(file, partial, file.name, found, identities=identities, gnupg=gnupg)
            edge.say(f"{file}: {out.note}.")
            if out.name is None:
                failed = True
            else:
                print(move_file(str(partial), str(file.parent), out.name))
    return 1 if failed else 0
