"""The private network: three directory authorities, two relays, a tor to serve, a tor to visit.

Four relaying nodes are the least that builds circuits to an onion. Everything is on 127.0.0.1, in
one folder, and ends with the test run.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tor import processes
from tests.tor.authorities import INTERVAL, Ports, authority_lines, make_keys, relay_lines
from tests.tor.control import hashed_password
from tests.tor.node import Node, TorFailed

#: A unix socket's path has at most 107 bytes; the last two names of ours are at most so long.
_LONGEST = 107 - len("/authority0/control")
#: Seconds from the command to the first vote.
_VOTE_IN = 5
#: Opens the control port of the server's tor, where the cookie is not to be used.
_PASSWORD = "a password of the private network"
_CLIENT = ("ClientOnly 1",)


@dataclass(frozen=True)
class ControlAddress:
    """How to reach a tor's control port.

    Attributes:
        path: its unix socket.
        cookie: the file that opens it.
        port: the same on 127.0.0.1, or 0 where there is none.
        password: opens it as well, where there is one.
    """

    path: Path
    cookie: Path
    port: int = 0
    password: str = ""


@dataclass(frozen=True)
class Visitor:
    """A tor through which somebody visits onions.

    Attributes:
        socks: host and port.
    """

    node: Node
    socks: tuple[str, int]

    @property
    def control(self) -> ControlAddress:
        """Its control socket."""
        return ControlAddress(self.node.control_socket, self.node.cookie)


class PrivateNetwork:
    """A network that starts when it is entered, and is gone when it is left.

    Args:
        root: an empty folder with a short path, for all that it keeps.

    Attributes:
        timings: seconds that each step of the start took, in their order.

    Raises:
        TorFailed: a step of the start did not come to its end.
    """

    def __init__(self, root: Path) -> None:
        if len(str(root).encode()) > _LONGEST:
            raise TorFailed(f"{root} is too long for the path of a unix socket")
        self.timings: dict[str, float] = {}
        self._root = root
        self._running = ExitStack()
        self._trusted: list[str] = []
        self._service_port, *self._ports = processes.free_ports(1 + 3 * 2 + 2)

    def __enter__(self) -> "PrivateNetwork":
        with ExitStack() as stack:
            stack.enter_context(self._running)
            began = time.monotonic()
            for step in (self._make_keys, self._start_relays, self._vote, self._spread, self._join):
                step()
                self.timings[step.__name__.strip("_")] = time.monotonic() - began
                began = time.monotonic()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def client_socks(self) -> tuple[str, int]:
        """Host and port of the first visitor's SOCKS port."""
        return self._visitor.socks

    @property
    def client_control(self) -> ControlAddress:
        """The first visitor's control socket."""
        return self._visitor.control

    @property
    def service_control(self) -> ControlAddress:
        """The control port of the tor that stands for a server's system tor."""
        service = self._service
        return ControlAddress(service.control_socket, service.cookie, self._service_port, _PASSWORD)

    @property
    def torrc(self) -> list[str]:
        """Lines by which any other tor, such as one that a server starts, joins this network."""
        return ["TestingTorNetwork 1", *self._trusted]

    def kill_service_tor(self) -> None:
        """Kill the server's tor; its onions are gone until it is started again."""
        self._service.kill()

    def start_service_tor(self) -> None:
        """Start the server's tor after it was killed; it has forgotten added onions."""
        self._service.start()
        self._service.wait_for_directory()

    @contextmanager
    def visitor(self, name: str, keys: Mapping[str, str] | None = None) -> Iterator[Visitor]:
        """Run one more tor to visit with.

        Args:
            name: of its folder; at most ten letters.
            keys: for each onion address that asks for one, the private x25519 key in base32.
        """
        visitor = self._new_visitor(name, keys or {})
        visitor.node.start()
        try:
            visitor.node.wait_for_directory()
            yield visitor
        finally:
            visitor.node.kill()

    @contextmanager
    def onion(self, target: str, clients: Sequence[str] = ()) -> Iterator[str]:
        """Publish an onion that carries its port 80 to ``target``, and yield its host name.

        For tests that are not about publishing. It is gone when the context is left.

        Args:
            target: ``127.0.0.1:PORT`` or ``unix:PATH``.
            clients: where only they may visit, their public x25519 keys in base32.
        """
        flags = "Flags=DiscardPK" + (",V3Auth" if clients else "")
        keys = [f"ClientAuthV3={key}" for key in clients]
        with self._service.control() as control:
            said = control.ask(" ".join(["ADD_ONION NEW:BEST", flags, *keys, f"Port=80,{target}"]))
            yield said[0].removeprefix("ServiceID=") + ".onion"

    def _make_keys(self) -> None:
        onion, directory, others = self._ports[:3], self._ports[3:6], self._ports[6:]
        voters = {
            f"authority{n}": Ports(*pair)
            for n, pair in enumerate(zip(onion, directory, strict=True))
        }
        relays = {f"relay{n}": Ports(port, 0) for n, port in enumerate(others)}
        self._known = make_keys(self._root, voters, relays)
        self._trusted = [known.authority_line for known in self._known if known.voting]

    def _start_relays(self) -> None:
        self._authorities = [
            self._node(known.name, authority_lines(known.name, known.ports))
            for known in self._known
            if known.voting
        ]
        self._relays = [
            self._node(known.name, relay_lines(known.name, known.ports))
            for known in self._known
            if not known.voting
        ]
        for node in (*self._authorities, *self._relays):
            node.start()
        for node in self._authorities:
            for known in self._known:
                node.wait_for_info(f"desc/id/{known.fingerprint}")

    def _vote(self) -> None:
        """Vote now: to wait for the clock to come round fails every other time."""
        offset = (int(time.time()) + _VOTE_IN) % INTERVAL
        for node in self._authorities:
            with node.control() as control:
                control.ask(f"SETCONF TestingV3AuthVotingStartOffset={offset}")
        for node in self._authorities:
            node.wait_for_directory()

    def _spread(self) -> None:
        for node in self._relays:
            # Ends a back-off of up to 12 s after which it would ask for the consensus.
            with node.control() as control:
                control.ask("RESOLVE a.test")
        for node in self._relays:
            node.wait_for_directory()

    def _join(self) -> None:
        port = f"ControlPort 127.0.0.1:{self._service_port}"
        password = f"HashedControlPassword {hashed_password(_PASSWORD, b'8 octets')}"
        self._service = self._node("service", [*_CLIENT, "SocksPort 0", port, password])
        self._visitor = self._new_visitor("client", {})
        for node in (self._service, self._visitor.node):
            node.start()
        for node in (self._service, self._visitor.node):
            node.wait_for_directory()

    def _new_visitor(self, name: str, keys: Mapping[str, str]) -> Visitor:
        (port,) = processes.free_ports(1)
        folder = self._root / name / "authorised"
        lines = [*_CLIENT, f"SocksPort 127.0.0.1:{port}", f"ClientOnionAuthDir {folder}"]
        node = self._node(name, lines)
        folder.mkdir(mode=0o700, exist_ok=True)
        for address, key in keys.items():
            host = address.removesuffix(".onion")
            (folder / f"{host}.auth_private").write_text(f"{host}:descriptor:x25519:{key}\n")
        return Visitor(node, ("127.0.0.1", port))

    def _node(self, name: str, lines: list[str]) -> Node:
        node = Node(self._root / name, [*self.torrc, *lines])
        self._running.callback(node.kill)
        return node
