"""The ``keys`` command: the one place where arguments, clock, chance and terminal come in."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from keys.cli.parser import parser
from keys.edge import SECONDS_A_DAY, Edge
from keys.errors import KeysError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0 when done, 1 after a failure that was told; 2 is wrong usage."""
    # What is made here is for its owner alone, whatever the account's habit is.
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    options = parser().parse_args(arguments)
    edge = Edge(int(time.time()) // SECONDS_A_DAY, secrets.token_bytes, _say)
    try:
        code: int = options.run(options, edge)
        sys.stdout.flush()
    except KeysError as error:
        _say(f"keys: {error.message}")
        if error.hint:
            _say(f"      {error.hint}")
        return 1
    except KeyboardInterrupt:
        _say("\nkeys: Stopped. Run the same again to go on; nothing half-done was left.")
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Leave in order, so that no key stays in a home in memory."""
    sys.exit(128 + number)
