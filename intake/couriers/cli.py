"""The commands ``intake couriers add``, ``revoke`` and ``list``, for the operator."""

import argparse
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from intake.couriers.enrolling import dismiss, enrol
from intake.couriers.roll import Roll, RollError
from intake.home import Home


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command of this module."""
    couriers = commands.add_parser(
        "couriers",
        help="say who may fetch envelopes and carry dispatches",
        description="Say who may fetch envelopes and carry dispatches; they can delete nothing.",
    )
    parts = couriers.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = _add(parts, "add", _enrol, "add a courier, and print the ticket that lets them in")
    add.add_argument("name", metavar="NAME", help="for the operator; best one that says nothing")
    add.add_argument(
        "--ticket", type=Path, metavar="FILE", help="write the ticket here instead of printing it"
    )
    revoke = _add(parts, "revoke", _dismiss, "take a courier away, at once")
    revoke.add_argument("name", metavar="NAME", help="as it was added")
    _add(parts, "list", _list, "print the couriers' names")


def _add(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], None],
    text: str,
) -> argparse.ArgumentParser:
    parser = parts.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("home", metavar="HOME", type=Path, help="the server's folder")
    parser.set_defaults(command=run)
    return parser


def _enrol(options: argparse.Namespace) -> None:
    home = Home(options.home)
    if options.ticket is not None and options.ticket.exists():
        raise RollError(f"{options.ticket} is there already.", "Choose another file.")
    ticket = enrol(home.path, options.name, secrets.token_bytes)
    if options.ticket is None:
        print(ticket.serialise(), end="")
    else:
        _write_secret(options.ticket, ticket.serialise())
        print(f"The ticket of {options.name} is in {options.ticket}.")
    print(
        "Hand it over in person, and delete it here: whoever has it can fetch what is sealed.",
        file=sys.stderr,
    )


def _dismiss(options: argparse.Namespace) -> None:
    home = Home(options.home)
    dismiss(home.path, options.name, secrets.token_bytes)
    print(f"{options.name} is no courier any more.")


def _list(options: argparse.Namespace) -> None:
    for courier in Roll(Home(options.home).path).couriers():
        print(courier.name)


def _write_secret(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    except OSError as error:
        raise RollError(
            f"{path} cannot be written: {error.strerror}.",
            "Revoke the courier and add them again with another --ticket.",
        ) from error
