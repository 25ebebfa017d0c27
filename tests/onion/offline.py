"""A tor with DisableNetwork: it reads configuration and keys, and answers on its control port."""

import time
from pathlib import Path

from tests.tor.node import Node


class OfflineTor:
    """One tor process in a folder of its own.

    Args:
        lines: more lines of its torrc.
    """

    def __init__(self, folder: Path, lines: tuple[str, ...] = ()) -> None:
        folder.chmod(0o700)
        self.node = Node(folder, ["DisableNetwork 1", "SocksPort 0", *lines])

    @property
    def control(self) -> str:
        """Its control socket, as --control takes it."""
        return str(self.node.control_socket)

    def start(self) -> None:
        """Start it, and return when it can be asked."""
        self.node.start()
        self.node.control().close()

    def stop(self) -> None:
        """Kill it."""
        self.node.kill()

    def ask(self, command: str) -> list[str]:
        """Ask it something, beside whoever is tested."""
        with self.node.control() as control:
            return control.ask(command)

    def wait_until_it_serves(self, folder: Path, *, served: bool = True) -> None:
        """Wait until it is told to serve, or no longer to serve, the onion of a folder."""
        deadline = time.monotonic() + 30
        while (f"HiddenServiceDir={folder}" in self.ask("GETCONF HiddenServiceOptions")) != served:
            assert time.monotonic() < deadline
            time.sleep(0.1)
