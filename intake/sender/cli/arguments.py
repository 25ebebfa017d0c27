"""What the commands can be told."""

import argparse
import re
from typing import Final

from intake.sender.cli.replies import replies
from intake.sender.cli.send import send
from intake.sender.pacing import Hours

_MOST_CIRCUITS: Final = 16
_UNITS: Final = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6}

_SEND: Final = """\
Seal files and folders on this machine, and send them to a newsroom through Tor, over several
circuits at once. Nothing is kept here. After any cut, of the line, the power, this machine, give
the same command and the same codename, here or elsewhere, and it goes on where it was.

The codename is asked for, and so are ADDRESS and PATH where they are not given. (A shell remembers
what is typed as a command. In bash, a space before the command keeps it out of the history.)
Where there is no terminal, the codename is the first line of the standard input, and the message
all that follows.
"""
_REPLIES: Final = """\
Read what a newsroom's editors answered. The codename is asked for, as by send, and stays on this
machine: the server is shown a key that opens the mailbox, and none that opens replies.
"""
_HOURS: Final = (
    "send between these hours of this machine's clock alone (in Tails it shows UTC), on as many "
    "days as it takes; begins and ends some minutes off"
)
_RATE: Final = "bytes a second at most, over all circuits, as 500K; varies below it"


class _Paragraphs(argparse.HelpFormatter):
    """Keeps paragraphs apart, and fits each to the terminal."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        return "\n\n".join(fill(part, width, indent) for part in text.split("\n\n"))


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of this package."""
    _add_send(commands)
    _add_replies(commands)


def _add_send(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "send",
        help="send files of any size to a newsroom, sealed here",
        description=_SEND,
        formatter_class=_Paragraphs,
    )
    parser.add_argument("address", metavar="ADDRESS", nargs="?", help="ends with .onion")
    parser.add_argument("paths", metavar="PATH", nargs="*", help="a file or a folder")
    parser.add_argument(
        "--message", action="store_true", help="ask for a message, too, and send it first"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be sent, without any network"
    )
    parser.add_argument(
        "--circuits", type=_circuits, default=4, metavar="N", help="how many at once (%(default)s)"
    )
    parser.add_argument("--rate", type=_rate, default=0, help=_RATE)
    parser.add_argument("--hours", type=_hours, metavar="22-6", help=_HOURS)
    parser.add_argument(
        "--give-up-after",
        type=_seconds,
        default=float("inf"),
        metavar="SECONDS",
        help="end if there was no progress for so long (never)",
    )
    _add_newsroom(parser)
    parser.set_defaults(command=send)


def _add_replies(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "replies",
        help="read what a newsroom's editors answered",
        description=_REPLIES,
        formatter_class=_Paragraphs,
    )
    parser.add_argument("address", metavar="ADDRESS", nargs="?", help="ends with .onion")
    parser.add_argument("--delete", choices=["all"], help="delete all after they were shown")
    _add_newsroom(parser)
    parser.set_defaults(command=replies)


def _add_newsroom(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root", metavar="FINGERPRINT", help="of the newsroom's root key: refuse any other"
    )
    parser.add_argument(
        "--socks",
        type=_host_and_port,
        default="127.0.0.1:9050",
        metavar="HOST:PORT",
        help="Tor's SOCKS port (%(default)s; Tor Browser's is 127.0.0.1:9150)",
    )


def _circuits(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _MOST_CIRCUITS:
        raise argparse.ArgumentTypeError(f"not a number from 1 to {_MOST_CIRCUITS}: {text}")
    return int(text)


def _seconds(text: str) -> float:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"not a number of seconds: {text}")
    return float(text)


def _rate(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,8})([kKM]?)", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"not a rate, as 500K or 2M: {text}")
    return int(match[1]) * _UNITS[match[2]]


def _hours(text: str) -> Hours:
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text, re.ASCII)
    if match is None or int(match[1]) > 24 or int(match[2]) > 24:
        raise argparse.ArgumentTypeError(f"not hours, as 22-6: {text}")
    hours = Hours(int(match[1]), int(match[2]))
    if not hours.seconds:
        raise argparse.ArgumentTypeError(f"no hours, or all of them: {text}")
    return hours


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"not HOST:PORT: {text}")
    return host.strip("[]"), int(port)
