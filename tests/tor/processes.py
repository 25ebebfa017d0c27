"""Processes that end with the test run, however it ends, and ports for them."""

import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def start(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a command whose output goes to ``log``; the kernel kills it when this process dies.

    To be called in the main thread: what counts as the parent's death is that of the thread.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that has nothing to put in order, and wait until it is gone."""
    process.kill()
    process.wait()


def free_ports(count: int) -> list[int]:
    """Return different TCP ports of 127.0.0.1 that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
