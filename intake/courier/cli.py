"""The commands ``intake courier pull``, ``push``, ``watch`` and ``key``."""

import argparse
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from intake.courier.address import Server, server_at
from intake.courier.errors import TicketError
from intake.courier.link import Link
from intake.courier.pulling import Progress, Pull
from intake.courier.pushing import push
from intake.courier.ticket import Ticket
from intake.courier.watching import Watch, Word
from intake.errors import IntakeError
from intake.reach.errors import NotReached

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_BAR = 30
_ADDRESS = (
    "the ticket from `intake couriers add`; or ADDRESS.onion, http://127.0.0.1:PORT, unix:PATH"
)


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command of this module."""
    courier = commands.add_parser(
        "courier",
        help="fetch envelopes from a server, and carry dispatches to it",
        description="Fetch envelopes from a server through Tor, and carry dispatches to it.",
    )
    parts = courier.add_subparsers(title="commands", required=True, metavar="COMMAND")
    pull = _add(parts, "pull", _pull, "fetch every envelope that is not in the folder yet")
    pull.add_argument("folder", metavar="FOLDER", type=Path, help="for instance a USB stick")
    _add_circuits(pull)
    carry = _add(parts, "push", _push, "carry a dispatch to the server")
    carry.add_argument("dispatch", metavar="DISPATCH", type=Path, help="from: keys dispatch")
    watch = _add(parts, "watch", _watch, "pull every day, and give word of it at a fixed time")
    watch.add_argument("folder", metavar="FOLDER", type=Path, help="where the envelopes go")
    watch.add_argument(
        "--at",
        type=_second_of_day,
        default="06:00",
        metavar="HH:MM",
        help="when word is given, in UTC; the pull begins two hours before (%(default)s)",
    )
    watch.add_argument(
        "--notify",
        metavar="COMMAND",
        help="run every day at that time, with one more argument: arrived, nothing or failed",
    )
    _add_circuits(watch)
    key = parts.add_parser(
        "key",
        help="print the line that gives Tor the ticket's key",
        description="Print the line that gives Tor the ticket's key, to be saved as a file whose "
        "name ends with .auth_private in the folder that the torrc names as ClientOnionAuthDir.",
    )
    key.add_argument("ticket", metavar="TICKET", type=Path, help="from: intake couriers add")
    key.set_defaults(command=_key)


def _add(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], None],
    text: str,
) -> argparse.ArgumentParser:
    parser = parts.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("address", metavar="ADDRESS", help=_ADDRESS)
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the token, where ADDRESS is no ticket"
    )
    parser.add_argument(
        "--socks",
        type=_host_and_port,
        default="127.0.0.1:9050",
        metavar="HOST:PORT",
        help="Tor's SOCKS port (%(default)s)",
    )
    parser.add_argument(
        "--control",
        metavar="ADDRESS",
        help="Tor's control port, to give it the ticket's key until it ends; else see: key",
    )
    parser.add_argument(
        "--control-password-file", type=Path, metavar="FILE", help="instead of Tor's cookie"
    )
    parser.add_argument(
        "--patience",
        type=_positive,
        default=300,
        metavar="SECONDS",
        help="give up when nothing has come for so long (%(default)s)",
    )
    parser.set_defaults(command=run)
    return parser


def _add_circuits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--circuits", type=_positive, default=4, help="how many are used at once (%(default)s)"
    )


def _end_well() -> None:
    """Have a service manager's SIGTERM, too, leave all that has come."""
    signal.signal(signal.SIGTERM, _interrupted)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _pull(options: argparse.Namespace) -> None:
    _end_well()
    server = _server(options)
    bar = _Bar()
    pulling = _new_pull(options, server, bar.trouble)
    try:
        done = pulling.run(bar.pulled)
    finally:
        bar.end()
    print(f"{_count(done.new)} fetched, {done.kept} there already.")
    if done.gone:
        print(f"{_count(done.gone)} deleted on a receipt meanwhile.")


def _push(options: argparse.Namespace) -> None:
    _end_well()
    server = _server(options)
    bar = _Bar()
    link = _link(server)
    try:
        said = push(
            link,
            options.dispatch,
            patience=options.patience,
            trouble=bar.trouble,
            progress=bar.sent,
        )
    finally:
        bar.end()
        link.close()
    print(said)


def _watch(options: argparse.Namespace) -> None:
    _end_well()
    # Before the first night, what can never work is told.
    _server(options)
    watching = Watch(
        partial(_pull_quietly, options), at=options.at, now=time.time, wait_until=_wait_until
    )
    threading.Thread(target=_pulls, args=(watching,), daemon=True).start()
    watching.words(partial(_say, options.notify))


def _pulls(watching: Watch) -> None:
    try:
        watching.pulls()
    finally:
        # What goes wrong is said as a word. Whatever else ends this thread is to end the process,
        # which a service manager starts again.
        os.kill(os.getpid(), signal.SIGTERM)


def _pull_quietly(options: argparse.Namespace) -> tuple[int, IntakeError | None]:
    """Pull without a word, since the time of every word would tell something."""
    pulling = None
    try:
        pulling = _new_pull(options, _server(options), lambda _failure: None)
        pulling.run(lambda _progress: None)
    except IntakeError as error:
        return (pulling.new if pulling else 0), error
    return pulling.new, None


def _say(command: str | None, word: Word) -> None:
    if word.failure is not None:
        print(f"intake: {word.failure.message}", file=sys.stderr, flush=True)
        if word.failure.hint:
            print(f"hint: {word.failure.hint}", file=sys.stderr, flush=True)
    print("Something arrived." if word.arrived else "Nothing new.", flush=True)
    if command is not None:
        said = "arrived" if word.arrived else "failed" if word.failure else "nothing"
        try:
            subprocess.run([*shlex.split(command), said], check=False, stdin=subprocess.DEVNULL)
        except OSError as error:
            print(f"intake: {command} cannot be run: {error.strerror}.", file=sys.stderr)


def _key(options: argparse.Namespace) -> None:
    ticket = Ticket.read(options.ticket)
    print(ticket.key.private_line(ticket.address))


def _server(options: argparse.Namespace) -> Server:
    server = server_at(options.address, options.token_file, options.socks)
    if options.control is not None:
        _give_key(options)
    return server


def _give_key(options: argparse.Namespace) -> None:
    # stem is needed here alone.
    from intake.onion import connect

    path = Path(options.address)
    if not path.is_file():
        raise TicketError("--control needs the ticket, which has the key.", "Give it as ADDRESS.")
    ticket = Ticket.read(path)
    password = None
    if options.control_password_file is not None:
        password = options.control_password_file.read_text().rstrip("\r\n")
    with connect(options.control, password) as tor:
        tor.add_visitor_key(ticket.address, ticket.key)


def _new_pull(
    options: argparse.Namespace, server: Server, trouble: Callable[[NotReached], None]
) -> Pull:
    return Pull(
        lambda: _link(server),
        options.folder,
        circuits=options.circuits,
        patience=options.patience,
        trouble=trouble,
    )


def _link(server: Server) -> Link:
    return Link(server, lambda: secrets.token_hex(8))


def _wait_until(moment: float) -> None:
    # In short steps, since the clock may be set and the machine may sleep.
    while (left := moment - time.time()) > 0:
        time.sleep(min(left, 30))


class _Bar:
    """A progress bar on stderr, if that is a terminal, and what is going wrong, once each."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._width = 0
        self._said = ""

    def pulled(self, progress: Progress) -> None:
        if progress.total:
            what = f"{progress.done} of {_count(progress.total)}"
            self._draw(progress.bytes_done, progress.bytes_total, what)

    def sent(self, done: int, total: int) -> None:
        self._draw(done, total, "")

    def trouble(self, failure: NotReached) -> None:
        if failure.message != self._said:
            self._said = failure.message
            self._clear()
            print(f"{failure.message} Trying again.", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._width:
            print(file=sys.stderr, flush=True)
            self._width = 0

    def _draw(self, done: int, total: int, what: str) -> None:
        if not self._shown:
            return
        full = _BAR * done // total if total else _BAR
        line = f"[{'#' * full:<{_BAR}}] {_human(done)} of {_human(total)}  {what}".rstrip()
        print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(line)

    def _clear(self) -> None:
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr)
            self._width = 0


def _human(size: int) -> str:
    value, unit = float(size), 0
    while value >= 1_000 and unit < len(_UNITS) - 1:
        value, unit = value / 1_000, unit + 1
    return f"{value:.0f} bytes" if not unit else f"{value:.1f} {_UNITS[unit]}"


def _count(number: int) -> str:
    return f"{number} envelope{'' if number == 1 else 's'}"


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"not HOST:PORT: {text}")
    return host.strip("[]"), int(port)


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"not a number of 1 or more: {text}")
    return int(text)


def _second_of_day(text: str) -> int:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"not a time of day, as 06:00: {text}")
    return int(match[1]) * 3_600 + int(match[2]) * 60
