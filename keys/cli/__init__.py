"""The ``keys`` command: the one place where arguments, clock, chance and terminal come in."""

import ctypes
import os
import resource
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from keys.cli.parser import parser
from keys.edge import SECONDS_A_DAY, Edge
from keys.errors import KeysError
from keys.names import readable

_PR_SET_DUMPABLE = 4

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0 when done, 1 after a failure that was told; 2 is wrong usage."""
    # What is made here is for its owner alone, whatever the account's habit is.
    os.umask(0o077)
    _leave_no_traces()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    options = parser().parse_args(arguments)
    edge = Edge(int(time.time()) // SECONDS_A_DAY, secrets.token_bytes, _say)
    try:
        code: int = options.run(options, edge)
        sys.stdout.flush()
    except KeysError as error:
        return _failed(error.message, error.hint)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        _say("keys: Stopped. Run the same again to go on; nothing half-done was left.")
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _failed(
            f"{place}{error.strerror or error}.",
            "Nothing is lost. Check that path, its owner and the disk, then run the same again.",
        )
    return code


def _failed(message: str, hint: str) -> int:
    _say(f"keys: {message}")
    if hint:
        _say(f"hint: {hint}")
    return 1


def _say(text: str) -> None:
    """Tell the person a line, whatever is in the names that it speaks of."""
    print(readable(text), file=sys.stderr, flush=True)


def _leave_no_traces() -> None:
    """Keep the memory, which has keys in it, out of core files and from other programs."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Leave in order, so that no key stays in a home in memory."""
    sys.exit(128 + number)
