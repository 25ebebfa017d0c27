"""The arguments of every command, and their help."""

import argparse
from pathlib import Path
from typing import Final

from intake.wire.keyring import MAX_EPOCHS, MAX_NAME, SuiteName
from keys import vault
from keys.cli import answering, completing, making, opening, unwrapping

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
_STRENGTHS: Final = {"normal": vault.NORMAL, "light": vault.LIGHT}
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
        _new, _public, _root, _keyring, _open, _complete, _unwrap, _threads, _reply, _dispatch,
        _sign,
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
        help="take the passphrase from the first line of this file; else it is asked for",
    )
    return command


def _desk(command: argparse.ArgumentParser) -> None:
    command.add_argument("desk", type=Path, metavar="DESK", help="the desk's folder")


def _strength(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--strength",
        choices=_STRENGTHS,
        default="normal",
        help="what a guess at the passphrase costs: normal is 256 MiB of memory and about a "
        "second; light is 19 MiB, for tests and for machines with very little memory",
    )
    command.set_defaults(cost_of=_STRENGTHS.__getitem__)


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
        "--editor", required=True, type=_name, metavar="NAME", help="what the newsroom calls it"
    )
    command.add_argument(
        "--epoch-days",
        type=_between(1, 3_650),
        default=28,
        metavar="N",
        help="days after which the next key is used (default: 28)",
    )
    command.add_argument(
        "--epochs",
        # Of one alone, nobody could tell how long it is for.
        type=_between(2, MAX_EPOCHS),
        default=14,
        metavar="N",
        help="keys to make in advance, two or more (default: 14, for 392 days)",
    )
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--openpgp",
        type=_fingerprint,
        metavar="FINGERPRINT",
        help="use the editor's own OpenPGP key, on a smartcard for example, through their own "
        "GnuPG; else one is made and kept in the vault",
    )
    which.add_argument("--no-openpgp", action="store_true", help="go without an OpenPGP key")
    command.add_argument(
        "--gnupg-home", type=Path, metavar="DIR", help="folder of the editor's own GnuPG"
    )
    _strength(command)
    command.set_defaults(run=making.new, wrong_usage=command.error)


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
    _strength(command)
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
        help="how the server seals: nacl, or gpg for keys on OpenPGP smartcards (default: nacl)",
    )
    command.add_argument(
        "--days",
        type=_between(1, 3_650),
        default=365,
        metavar="N",
        help="days it is in force after today, or until an editor's keys end (default: 365)",
    )
    command.add_argument(
        "--threshold",
        type=_between(1, 255),
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
    command.add_argument("--json", action="store_true", help="print one object a line")
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
    command.add_argument("--json", action="store_true", help="print one object a line")
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
    command.add_argument("--json", action="store_true", help="print one object a line")
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
        "Write one signed file for the server: replies, receipts for what was safely opened (the\n"
        "server deletes those envelopes), and the next keyring where one is given.",
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
        action="store_true",
        help="repeat all of the last dispatch, which was lost, under a new number",
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
    _strength(command)
    command.set_defaults(run=making.passphrase)


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text.encode()) > MAX_NAME:
        raise argparse.ArgumentTypeError(f"a name has 1 to {MAX_NAME} bytes of readable text")
    return text


def _fingerprint(text: str) -> str:
    digits = text.replace(" ", "").removeprefix("0x").upper()
    if len(digits) not in (40, 64) or digits.strip("0123456789ABCDEF"):
        raise argparse.ArgumentTypeError("a fingerprint has 40 or 64 hexadecimal digits")
    return digits


class _between:
    """A whole number from ``least`` to ``most``."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or not self._least <= int(text) <= self._most:
            raise argparse.ArgumentTypeError(
                f"a whole number from {self._least} to {self._most} is needed, not {text}"
            )
        return int(text)
