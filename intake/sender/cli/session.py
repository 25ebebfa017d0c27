"""What both commands need: a terminal, the newsroom, and a word where something goes wrong."""

import argparse
import os
import resource
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from io import TextIOWrapper
from types import FrameType
from typing import Final, TextIO, TypeVar

from intake.days import day_of
from intake.reach.errors import NotReached
from intake.reach.patience import Patience
from intake.reach.place import Place, place_at
from intake.sender.asking import Terminal, ask_address
from intake.sender.bar import Bar
from intake.sender.errors import NothingToSend
from intake.sender.link import Link
from intake.sender.newsroom import Newsroom, pin

#: Seconds for which something is tried that somebody waits for.
_PATIENCE: Final = 300.0

Answer = TypeVar("Answer")


class Session:
    """One run of a command.

    Attributes:
        stop: is set when nothing is to be sent any more.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        # A core would be a trace, with the codename in it.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGTERM, _interrupted)
        # Seven words are no reason to fail on a byte that is none.
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        self.stop = threading.Event()
        screen = sys.stderr if sys.stderr.isatty() else sys.stdout
        self.terminal = Terminal(sys.stdin, screen, lambda: _columns(screen))
        self.bar = Bar(sys.stderr, time.monotonic, lambda: _columns(sys.stderr))
        self._socks: tuple[str, int] = options.socks
        self._pinned = pin(options.root) if options.root else ""

    def address(self, given: str | None) -> str:
        """Return the newsroom's address, asked for where it was not given.

        Raises:
            NothingToSend: there is nobody to ask.
        """
        if given:
            return given
        if not self.terminal.is_person:
            raise NothingToSend("There is no ADDRESS.", "See --help.")
        with self.terminal.aside():
            return ask_address(self.terminal)

    def reach(self, address: str) -> tuple[Place, Newsroom]:
        """Return the newsroom at an address, once it answers.

        Raises:
            IntakeError: it cannot be reached, or is another one than was pinned.
        """
        place = place_at(address, self._socks)
        link = self.link(place)
        newsroom = self.patiently(
            lambda: Newsroom(link.keyring, lambda: day_of(time.time()), self._pinned)
        )
        link.close()
        if not self._pinned:
            self.bar.say(
                f"The fingerprint of the newsroom's root key: {newsroom.fingerprint}\n"
                "Compare it with what the newsroom has published; --root does it for you."
            )
        return place, newsroom

    def patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Return what an asking returns, however often it is cut; for as long as somebody waits.

        Raises:
            NotReached: the last failure.
        """
        patience, tries = Patience(_PATIENCE, self.stop), 0
        while True:
            try:
                return ask()
            except NotReached as error:
                tries += 1
                self.trouble(error)
                patience.pause(tries, error)

    def link(self, place: Place) -> Link:
        """Return a new way to a server."""
        return Link(place, lambda: secrets.token_hex(8))

    def trouble(self, failure: NotReached) -> None:
        """Say what went wrong, and will be tried again."""
        self.bar.say(f"{failure.message} {failure.hint}".rstrip())


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _columns(stream: TextIO) -> int:
    """Return the columns of the terminal that a stream is; 0 if it is none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return 0
