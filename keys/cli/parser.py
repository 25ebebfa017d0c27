"""The arguments of every command, and their help."""

import argparse
from pathlib import Path
from typing import Final

from intake.wire.keyring import MAX_EPOCHS, SuiteName
from keys.cli import answering, completing, making, opening, unwrapping
from keys.cli.values import add_grace, add_strength, between, fingerprint, readable_name
from keys.desk_keys import GRACE

_INTRO: Final = """\
The offline side: an editor's keys, and all that is opened and answered with them.
Run it on a machine that never touches a network.
"""
_JOURNEY: Final = """\
a newsroom of one desk, from the first key to the first reply:
  keys new edda --editor Edda
  keys public edda > edda.public
  keys root newsroom.root
  keys keyring newsroom.keyring --root newsroom.root --editor edda.public
  keys open edda /media/stick
  keys reply edda lusab-babad-gutih --message-file answer.txt
  keys dispatch edda /media/stick/dispatch

exit codes: 0 done, 1 it failed and was told why, 2 wrong usage
"""
_SUITES: Final = {"nacl": SuiteName.NACL, "gpg": SuiteName.GPG}

_Commands = argparse._SubParsersAction


def parser() -> argparse.ArgumentParser:
    """Return the parser; ``run`` of what it parses is the command."""
    whole = argparse.ArgumentParser(
        prog="keys",
        description=_INTRO,
        epilog=_JOURNEY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        _new, _renew, _public, _root, _keyring, _open, _complete, _unwrap, _threads, _reply,
        _dispatch, _sign,
    ):  # fmt: skip
        add(commands)
    _passphrase(commands)
    return whole


def _command(
    commands: "_Commands[argparse.ArgumentParser]", name: str, summary: str, text: str, example: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=text,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="F",
        help="take the passphrase from the first line of this file; else it is asked for, where "
        "one is needed",
    )
    return command


def _desk(command: argparse.ArgumentParser) -> None:
    command.add_argument("desk", type=Path, metavar="DESK", help="the desk's folder")


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one object a line")


def _new(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "new",
        "make an editor's desk",
        "Make a desk: a folder with a vault, which holds the editor's private keys under a\n"
        "passphrase, and later with all that is opened there. Nobody can recover the passphrase.",
        "keys new edda --editor Edda",
    )
    _desk(command)
    command.add_argument(
        "--editor",
        required=True,
        type=readable_name,
        metavar="NAME",
        help="what the newsroom calls it: public, and shown to sources",
    )
    command.add_argument(
        "--epoch-days",
        type=between(1, 3_650),
        default=28,
        metavar="N",
        help="days after which the next key is used (default: 28)",
    )
    command.add_argument(
        "--epochs",
        # Of one alone, nobody could tell how long it is for.
        type=between(2, MAX_EPOCHS),
        default=14,
        metavar="N",
        help="keys to make in advance, two or more (default: 14, for 392 days)",
    )
    add_grace(command, GRACE)
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--openpgp",
        type=fingerprint,
        metavar="FINGERPRINT",
        help="use the editor's own OpenPGP key, on a smartcard for example, through their own "
        "GnuPG; else one is made and kept in the vault",
    )
    which.add_argument("--no-openpgp", action="store_true", help="go without an OpenPGP key")
    command.add_argument(
        "--gnupg-home", type=Path, metavar="DIR", help="folder of the editor's own GnuPG"
    )
    add_strength(command)
    command.set_defaults(run=making.new, wrong_usage=command.error)


def _renew(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "renew",
        "draw a desk's keys for another year",
        "Draw keys for the days to come, after those that there are, and write the public half\n"
        "anew. Threads, dispatches and fingerprint stay as they are. Once a year; `keys open` and\n"
        "`keys dispatch` say when.\n\n"
        "Keys whose time is over are destroyed: `keys open` says so --grace days before, and then\n"
        "does it when it is through. What was sealed to them, and is not opened by then, stays\n"
        "closed for good, also to whoever seizes this desk. A backup undoes that: it still has\n"
        "the keys that were in the vault. So keep one, make it anew after each such word, and\n"
        "destroy the one before. An OpenPGP key, in the vault or on a smartcard, has no such\n"
        "times: what is encrypted to it can be opened for as long as it can be had.",
        "keys renew edda",
    )
    _desk(command)
    command.add_argument(
        "--days",
        type=between(1, 3_650),
        default=365,
        metavar="N",
        help="days after today for which there are to be keys (default: 365)",
    )
    add_grace(command, None)
    command.set_defaults(run=making.renew)


def _public(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "public",
        "print a desk's public half",
        "Print the public half of a desk's keys, for the keyring. Needs no passphrase.",
        "keys public edda > edda.public",
    )
    _desk(command)
    command.set_defaults(run=making.public)


def _root(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "root",
        "make the newsroom's root key",
        "Make the newsroom's root key: a vault file that is needed for keyrings alone. Keep it\n"
        "apart from the desks, and keep a copy. Prints the fingerprint that people compare.",
        "keys root newsroom.root",
    )
    command.add_argument("root", type=Path, metavar="ROOT", help="the file to make")
    add_strength(command)
    command.set_defaults(run=making.root)


def _keyring(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "keyring",
        "sign a keyring for the server",
        "Sign a keyring: it names the editors to whom everything that arrives is sealed.\n"
        "In force from today. The passphrase is the root's.",
        "keys keyring newsroom.keyring --root newsroom.root --editor edda.public max.public",
    )
    command.add_argument("out", type=Path, metavar="OUT", help="the file to write")
    command.add_argument("--root", required=True, type=Path, metavar="ROOT", help="the root's file")
    command.add_argument(
        "--editor",
        required=True,
        action="extend",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="what `keys public` printed; several, or the option several times",
    )
    command.add_argument(
        "--suite",
        choices=_SUITES,
        default="nacl",
        help="how the server seals: nacl, or gpg for keys on OpenPGP smartcards, which have no "
        "epochs: what is seized can be opened for as long as a card can be had (default: nacl)",
    )
    command.add_argument(
        "--days",
        type=between(1, 3_650),
        default=365,
        metavar="N",
        help="days it is in force after today, or until an editor's keys end (default: 365)",
    )
    command.add_argument(
        "--threshold",
        type=between(1, 255),
        default=1,
        metavar="N",
        help="editors who have to sign a dispatch (default: 1)",
    )
    command.set_defaults(run=making.keyring, suite_of=_SUITES.__getitem__)


def _open(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "open",
        "open every envelope in a folder",
        "Open every envelope in a folder into the desk: a folder for each thread, in it one for\n"
        "each submission, in it message, files and folders under their own names. What is opened\n"
        "already is not opened again; after a stop, run the same again.\n\n"
        "Folders and large files come in packs, each a part of them. Large files are put together\n"
        "in a hidden folder, and appear when they are whole. What is still missing is said in the\n"
        "end, and later by keys complete.\n\n"
        "With --json, one object a line on stdout for each envelope that is opened now: envelope,\n"
        "thread, submission, kind (message, file, pack, manifest or decoy), name (as the source\n"
        "gave it), path (absolute; of a pack, the submission's folder), size, sha256, complete,\n"
        "unwrapped (absolute path, or null), files (that came whole in a pack, or null).",
        "keys open edda /media/stick",
    )
    _desk(command)
    command.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where the envelopes are: a USB stick"
    )
    _json(command)
    command.add_argument(
        "--keep-damaged",
        action="store_true",
        help="keep what comes before the damage in an envelope, marked as damaged; whole files "
        "of a pack are kept anyway",
    )
    command.set_defaults(run=opening.open_folder)


def _complete(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "complete",
        "say what is missing of what was sent in packs",
        "Folders and large files are sent in packs, and a list of these at the end. Say of each\n"
        "list whether all of it was opened; and name the files that lack pieces, with how much of\n"
        "them is here. Needs no passphrase.\n\n"
        "With --json, one object a line: thread, day, files, size, packs, missing for each list;\n"
        "thread, name (as the source gave it), size, there, path (absolute), again (whether one\n"
        "of this name and size is whole) for each such file.",
        "keys complete edda",
    )
    _desk(command)
    _json(command)
    command.set_defaults(run=completing.complete)


def _unwrap(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "unwrap",
        "open a file that was encrypted a second time",
        "Open files at the desk that a source encrypted to the newsroom before sending them, each\n"
        "beside itself. keys open does this by itself, but for files that came in packs: a folder\n"
        "may have thousands that are encrypted to somebody else.",
        "keys unwrap edda edda/threads/lusab-babad-gutih/001-9f86d081/report.pdf.gpg",
    )
    _desk(command)
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="at the desk")
    command.set_defaults(run=unwrapping.unwrap_files)


def _threads(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "threads",
        "list the threads of a desk",
        "List the threads of a desk. Needs no passphrase.",
        "keys threads edda",
    )
    _desk(command)
    _json(command)
    command.set_defaults(run=answering.threads)


def _reply(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "reply",
        "write to a source",
        "Seal a reply to a source, and keep it for the next dispatch. Its text stays in the\n"
        "thread's folder too.",
        "keys reply edda lusab-babad-gutih --message-file answer.txt",
    )
    _desk(command)
    command.add_argument(
        "thread", metavar="THREAD", help="the thread's name, the beginning of it, or its folder"
    )
    command.add_argument(
        "--message-file", required=True, metavar="F", help="the text, in UTF-8; - is stdin"
    )
    command.set_defaults(run=answering.reply)


def _dispatch(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "dispatch",
        "write what goes back to the server",
        "Write one signed file for the server: replies, receipts for what was safely opened, and\n"
        "the next keyring where one is given. On a receipt the server deletes the envelope, for\n"
        "all editors: let each desk open the stick before.",
        "keys dispatch edda /media/stick/dispatch",
    )
    _desk(command)
    command.add_argument("out", type=Path, metavar="OUT", help="the file to write")
    command.add_argument("--keyring", type=Path, metavar="FILE", help="the next keyring")
    command.add_argument(
        "--receipt-truncated",
        action="store_true",
        help="give receipts also for envelopes that were cut off: only when it was on the server, "
        "since a bad copy on a stick looks the same, and the whole one would be deleted",
    )
    command.add_argument(
        "--again",
        action="count",
        default=0,
        help="repeat all of the last dispatch, which was lost, under a new number; of the last two "
        "if given twice, and so on: the server takes none that is older than one it had",
    )
    command.add_argument(
        "--decoys",
        type=between(0, 1_000),
        default=4,
        metavar="N",
        help="at least so many replies that are for nobody, so that those on the server cannot be "
        "counted (%(default)s)",
    )
    command.set_defaults(run=answering.dispatch)


def _sign(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "sign",
        "add a signature to another desk's dispatch",
        "Add this desk's signature to a dispatch, where the keyring asks for more than one.",
        "keys sign max /media/stick/dispatch",
    )
    _desk(command)
    command.add_argument("dispatch", type=Path, metavar="DISPATCH", help="the file to sign")
    command.set_defaults(run=answering.sign)


def _passphrase(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "passphrase",
        "change the passphrase of a desk or root",
        "Put a vault under another passphrase. Copies of it that were made before keep the old.",
        "keys passphrase edda",
    )
    command.add_argument("vault", type=Path, metavar="DESK|ROOT", help="a desk, or a root's file")
    command.add_argument(
        "--new-passphrase-file",
        type=Path,
        metavar="F",
        help="take the new passphrase from the first line of this file; else it is asked for",
    )
    add_strength(command)
    command.set_defaults(run=making.passphrase)
