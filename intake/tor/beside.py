"""What ``intake serve`` runs beside its pages: the couriers' service, and the keeper of the onions.

The keeper is a process, and its end is never the server's: an upload under way goes on. Only where
it says at its start that there is no hope does the server end as well.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from intake.tor.errors import OnionError

#: The keeper's option that makes it end with its standard input, and its exit code for no hope.
BESIDE: Final = "--until-stdin-ends"
HOPELESS: Final = 3
#: Seconds between two looks at the keeper, and before one that crashed is started again.
_LOOK: Final = 0.5
#: Connections that couriers may have.
_MOST: Final = 128
_AGAIN: Final = 5


def sockets(home: Path) -> tuple[str, str]:
    """Return where the server listens behind the onions: for sources, and for couriers.

    Raises:
        OnionError: the folder for them cannot be made.
    """
    folder = home.absolute() / "run"
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
    except OSError as error:
        raise OnionError(f"{folder} cannot be made: {error.strerror}.") from error
    return f"unix:{folder / 'sources.sock'}", f"unix:{folder / 'couriers.sock'}"


@contextmanager
def served_beside(listener: Any, application: Callable[..., Any]) -> Iterator[None]:
    """Serve a second application in the same process until the end of the ``with``."""
    from intake.server import Server

    server = Server(listener, application, most=_MOST)
    server.start()
    try:
        yield
    finally:
        server.stop(1)


@contextmanager
def keeper_beside(options: argparse.Namespace) -> Iterator[None]:
    """Run the keeper as a child until the end of the ``with``, and start it again if it crashes.

    Args:
        options: with HOME and what ``add_tor_options`` adds.

    Raises:
        OnionError: at the end, where the keeper said that there is no hope. It has said why.
    """
    import gevent

    keeper = _Keeper(_command(options))
    watching = gevent.spawn(keeper.watch, gevent.sleep)
    try:
        yield
    finally:
        watching.kill()
        keeper.end()
    if keeper.hopeless:
        raise OnionError("The onions cannot be published, as was said above.")


class _Keeper:
    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process = self._start()
        self.hopeless = False

    def watch(self, sleep: Callable[[float], None]) -> None:
        """Look after it; ends this process if there is no hope."""
        while True:
            sleep(_LOOK)
            code = self._process.poll()
            if code == HOPELESS:
                self.hopeless = True
                os.kill(os.getpid(), signal.SIGTERM)
                return
            if code is not None:
                sys.stderr.write("onion: the keeper has ended, and is started again\n")
                self._start_again(sleep)

    def end(self) -> None:
        """End it, and return when it has ended."""
        self._close_pipe()
        self._process.wait()

    def _start_again(self, sleep: Callable[[float], None]) -> None:
        self._close_pipe()
        while True:
            sleep(_AGAIN)
            try:
                self._process = self._start()
            except OSError as error:
                # It may pass, as where too many files are open; nobody else would try again.
                sys.stderr.write(f"onion: the keeper cannot be started yet: {error.strerror}\n")
            else:
                return

    def _close_pipe(self) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        # The pipe ends when this process does, however it does, and with it the keeper.
        return subprocess.Popen(self._command, stdin=subprocess.PIPE)


def _command(options: argparse.Namespace) -> list[str]:
    command = [sys.executable, "-m", "intake", "onion", str(options.home.absolute()), BESIDE]
    command += ["--tor", options.tor, "--control", options.control]
    for name in ("control_password_file", "own_torrc"):
        path = getattr(options, name)
        if path is not None:
            command += [f"--{name.replace('_', '-')}", str(path.absolute())]
    return command
