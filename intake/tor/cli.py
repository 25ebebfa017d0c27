"""The commands ``intake onion`` and ``intake torrc``."""

import argparse
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from intake.home import Home
from intake.tor.beside import BESIDE, HOPELESS
from intake.tor.errors import OnionError, WrongPassword
from intake.tor.folder import OnionFolder
from intake.tor.own import OwnTor
from intake.tor.services import Service, torrc

#: Where Debian's tor has its control socket.
CONTROL = "/run/tor/control"
#: Seconds after which one that was asked to end, and has not, is asked once more.
_ASK_AGAIN = 5


class Stopped(KeyboardInterrupt):
    """A signal asks the keeper to end."""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of this module."""
    onion = commands.add_parser(
        "onion",
        help="publish the onions, and keep them published",
        description="Publish the onions of a server, and keep them published. Run beside "
        "`intake serve HOME --tor none`; without that option `intake serve` runs it by itself.",
    )
    _add_home(onion, _onion)
    add_tor_options(onion, ("system", "own"))
    onion.add_argument("--check", action="store_true", help="only say whether they are published")
    onion.add_argument(BESIDE, action="store_true", dest="parent", help=argparse.SUPPRESS)
    static = commands.add_parser(
        "torrc",
        help="print the lines of a torrc that serve the onions",
        description="Print the lines of a torrc that serve the onions, for those who prefer a "
        "static configuration to `intake onion`. Then serve with: intake serve HOME --tor none. "
        "After a courier is added or revoked, reload Tor.",
    )
    _add_home(static, _torrc)


def add_tor_options(parser: argparse.ArgumentParser, kinds: tuple[str, ...]) -> None:
    """Add the options that say which tor, with the first of ``kinds`` as the default."""
    meanings = {
        "system": "the one that --control leads to",
        "own": "one that is started for this server, with its data under HOME/tor",
        "none": "no tor is spoken to",
    }
    text = "; ".join(f"{kind}: {meanings[kind]}" for kind in kinds)
    parser.add_argument("--tor", choices=kinds, default=kinds[0], help=f"{text} (%(default)s)")
    parser.add_argument(
        "--control",
        metavar="ADDRESS",
        default=CONTROL,
        help="Tor's control port: a unix socket's path or 127.0.0.1:PORT (%(default)s)",
    )
    parser.add_argument(
        "--control-password-file",
        metavar="FILE",
        type=Path,
        help="holds the control port's password, instead of the cookie",
    )
    parser.add_argument(
        "--own-torrc", metavar="FILE", type=Path, help="more lines for the torrc of --tor own"
    )


def addresses(services: tuple[Service, ...]) -> None:
    """Print where the onions are."""
    for service in services:
        print(f"{service.name:<9} http://{service.address}", flush=True)


def _add_home(parser: argparse.ArgumentParser, command: object) -> None:
    parser.add_argument("home", metavar="HOME", type=Path, help="the server's folder")
    parser.set_defaults(command=command)


def _onion(options: argparse.Namespace) -> None:
    # stem is needed here alone.
    from intake.tor.keeper import Control, Keeper, say

    # In a unit of its own the keeper may not be able to read more of HOME than its own part.
    folder = OnionFolder(options.home, secrets.token_bytes)
    own = OwnTor(options.home, options.own_torrc) if options.tor == "own" else None
    control = Control(
        str(own.control) if own else options.control, _password(options.control_password_file)
    )
    keeper = Keeper(folder, control, own=own, say=say, published=addresses)
    if options.check:
        keeper.check()
        addresses(folder.services())
        return
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    if options.parent:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        keeper.keep()
    except OnionError as error:
        if not options.parent:
            raise
        say(error.message, error.hint)
        sys.exit(HOPELESS)
    except Stopped:
        # On its own, what it published stays: the web server and Tor go on, and the next keeper
        # finds it. Beside a server that ends as well, there is nothing to lead to any more.
        if options.parent:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            keeper.withdraw()


def _torrc(options: argparse.Namespace) -> None:
    Home(options.home)
    print(torrc(OnionFolder(options.home, secrets.token_bytes).services()), end="")


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        password = path.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongPassword(f"{path} cannot be read: {error}.") from error
    if not password.isprintable():
        raise WrongPassword(f"{path} holds more than one line.", "The password is one line.")
    return password


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _end_with_stdin() -> None:
    while os.read(0, 4_096):
        pass
    while True:
        # An exception is lost that is raised where Python ignores them, as while it tidies up.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_ASK_AGAIN)
