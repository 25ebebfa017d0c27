"""Tor's control port: the one module that imports stem.

**Why SETCONF and not ADD_ONION.** ADD_ONION would leave the keys in our hands alone, but it takes
neither the rate limits of introduction points nor their number. One SETCONF of HiddenServiceDir
takes all of it: proof of work, introduction limits, stream limits, and a key for each courier,
several and changeable one by one. A SETCONF that says the same again, or the same with another set
of couriers, closes no circuit: an upload under way goes on (tried with tor 0.4.9).

What it costs, and what is done about it:

- What was set so is lost when Tor reads its torrc anew, which Debian's log rotation makes it do,
  and then every circuit of the onion is closed. So ``__ReloadTorrcOnSIGHUP 0`` is set as well, the
  option that Tor has for controllers: a reload still opens the logs anew, and changes nothing else.
  Whoever edits the torrc meanwhile has to restart Tor.
- It replaces all onions that Tor was told to serve, so those that are not ours are said again.
- The key's folder has to belong to the user that Tor runs as: ``intake.tor.folder`` sees to it.

**Why not stem's Controller.** It runs two threads that wake up all the time (6 % of a core each),
and takes neither unix targets nor several keys. Its sockets and its authentication are what is used
here: one connection, one thread, replies and events read in turn.
"""

import socket
from collections.abc import Sequence
from types import TracebackType

import stem
import stem.connection
import stem.socket

from intake.tor.errors import (
    ControlForbidden,
    ControlMissing,
    KeysForbidden,
    OnionError,
    TorLost,
    TorUnfit,
    WrongPassword,
)
from intake.tor.keys import VisitorKey
from intake.tor.services import Option, Service, served, setconf, withdrawing

_KEEP_ON_RELOAD = "__ReloadTorrcOnSIGHUP"


class Tor:
    """A connection to a tor's control port, authenticated. Made by ``connect``.

    Every method raises ``TorLost`` when Tor has ended or closed the connection.

    Attributes:
        uploaded: addresses whose descriptor a directory has taken since the connection was made.
    """

    def __init__(self, connection: "_Socket") -> None:
        self._connection = connection
        self.uploaded: set[str] = set()

    def __enter__(self) -> "Tor":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; what was published stays."""
        self._connection.close()

    def own(self) -> None:
        """Have it end when this connection does."""
        self._ask("TAKEOWNERSHIP")

    def watch(self) -> None:
        """Have ``uploaded`` filled from now on."""
        self._ask("SETEVENTS HS_DESC")

    def version(self) -> str:
        """Return its version."""
        return self._info("version")

    def user(self) -> int | None:
        """Return the number of the user that it runs as, if it says so."""
        text = self._info("process/uid")
        return int(text) if text.isdigit() else None

    def progress(self) -> int:
        """Return how far it is connected to its network, in percent; 100 when it can be used."""
        if self._info("status/enough-dir-info") == "1":
            return 100
        found = self._info("status/bootstrap-phase").partition("PROGRESS=")[2].split(" ")[0]
        return min(99, int(found)) if found.isdigit() else 0

    def serves(self, services: Sequence[Service]) -> bool:
        """Return whether it is told to serve these."""
        return served(services, self._present())

    def publish(self, services: Sequence[Service]) -> None:
        """Have it serve these beside what it serves; also when only the couriers have changed.

        Raises:
            KeysForbidden: it cannot use their folders. It may have ended over that, which it does
                where it finds out only when it loads the keys.
            TorUnfit: it does not know an option.
        """
        command = setconf(services, self._present())
        try:
            self._ask(f"{command} {_KEEP_ON_RELOAD}=0")
        except TorLost as error:
            raise _no_keys(services, "it ended over them") from error
        except _Refused as error:
            if "Unrecognized" in error.message or "Unknown" in error.message:
                raise TorUnfit(
                    f"Tor {self.version()} does not know what is asked of it: {error.message}.",
                    "Version 0.4.9 or later is needed, with proof of work, as Debian builds it.",
                ) from error
            raise _no_keys(services, error.message) from error

    def withdraw(self, services: Sequence[Service]) -> None:
        """Have it serve these no longer."""
        self._ask(withdrawing(services, self._present()))
        self._ask(f"RESETCONF {_KEEP_ON_RELOAD}")

    def add_visitor_key(self, address: str, key: VisitorKey) -> None:
        """Have it open an onion's descriptor with a key, until it ends.

        Raises:
            TorUnfit: it does not take it.
        """
        onion = address.removesuffix(".onion")
        try:
            self._ask(f"ONION_CLIENT_AUTH_ADD {onion} x25519:{key.control_encoded}")
        except _Refused as error:
            raise TorUnfit(
                f"Tor does not take the key of the onion: {error.message}.",
                "Use ClientOnionAuthDir instead; see: intake courier key",
            ) from error

    def _present(self) -> list[Option]:
        lines = self._ask("GETCONF HiddenServiceOptions")
        pairs = (line.partition("=") for line in lines)
        return [(name, value) for name, equals, value in pairs if equals]

    def _info(self, key: str) -> str:
        try:
            return self._ask(f"GETINFO {key}")[0].removeprefix(f"{key}=")
        except _Refused:
            return ""

    def _ask(self, command: str) -> list[str]:
        """Send a command and return the lines of its reply; events that come before it are kept."""
        try:
            self._connection.send(command)
            while True:
                reply = self._connection.recv()
                lines = reply.content()
                if lines[0][0] == "650":
                    self._note(lines[0][2])
                    continue
                break
        except stem.ControllerError as error:
            raise TorLost("The connection to Tor has ended.", "It is made anew.") from error
        if not lines[-1][0].startswith("25"):
            raise _Refused(lines[-1][2])
        return [str(line[2]) for line in lines]

    def _note(self, event: str) -> None:
        words = event.split()
        if words[:2] == ["HS_DESC", "UPLOADED"] and len(words) > 2:
            self.uploaded.add(f"{words[2]}.onion")


class _Refused(OnionError):
    """Tor refused a command; the message is its own."""


def _no_keys(services: Sequence[Service], why: str) -> KeysForbidden:
    return KeysForbidden(
        f"Tor does not take the onions in {services[0].folder.parent}: {why}.",
        "Its log says more. Mostly it may not read that folder: where AppArmor or systemd keep it "
        "to its\nown folders, either allow this one, or use a tor of the server's own: --tor own",
    )


def connect(address: str, password: str | None = None) -> Tor:
    """Return a connection to a tor's control port.

    Args:
        address: the path of its unix socket, or ``127.0.0.1:PORT``.
        password: instead of the cookie.

    Raises:
        ControlMissing: nothing answers there.
        ControlForbidden: the socket or the cookie is not for this user.
        WrongPassword: the password is wrong, or one is needed.
        TorLost: Tor ended meanwhile.
    """
    connection = _connected(address)
    try:
        _authenticate(connection, address, password)
    except BaseException:
        connection.close()
        raise
    return Tor(connection)


class _Socket(stem.socket.ControlSocket):  # type: ignore[misc]
    """A control socket that closes what it could not connect; stem's own leave it open."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.connect()

    def _make_socket(self) -> socket.socket:
        host, colon, port = self._address.rpartition(":")
        if colon and port.isdigit() and "/" not in self._address:
            return socket.create_connection((host, int(port)))
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self._address)
        except OSError:
            connection.close()
            raise
        return connection


def _connected(address: str) -> _Socket:
    try:
        return _Socket(address)
    except PermissionError as error:
        raise ControlForbidden(
            f"Tor's control port at {address} is not for this user.",
            "Run this as the user that Tor runs as, or join its group (debian-tor).",
        ) from error
    except (OSError, OverflowError) as error:
        raise ControlMissing(
            f"Nothing answers at Tor's control port {address}.",
            "Start Tor, and have `ControlSocket` (or `ControlPort`) in its torrc; "
            "or give another place with --control.",
        ) from error


def _authenticate(connection: _Socket, address: str, password: str | None) -> None:
    try:
        if password is not None:
            stem.connection.authenticate_password(connection, password)
        else:
            stem.connection.authenticate(connection)
    except (
        stem.connection.IncorrectPassword,
        stem.connection.PasswordAuthRejected,
    ) as error:
        raise WrongPassword(
            f"Tor at {address} does not take the password.",
            "It has to be the one of which the torrc has the HashedControlPassword.",
        ) from error
    except stem.connection.MissingPassword as error:
        raise WrongPassword(
            f"Tor at {address} asks for a password.", "Give it with --control-password-file."
        ) from error
    except stem.connection.CookieAuthFailed as error:
        raise ControlForbidden(
            f"The cookie that opens Tor's control port cannot be used: {error}.",
            "Run this as the user that Tor runs as, or join its group (debian-tor) and set "
            "CookieAuthFileGroupReadable 1; or use a password: --control-password-file",
        ) from error
    except stem.connection.AuthenticationFailure as error:
        raise ControlForbidden(
            f"Tor at {address} cannot be controlled: {error}.",
            "Have `CookieAuthentication 1` in its torrc.",
        ) from error
    except stem.ControllerError as error:
        raise TorLost(f"Tor at {address} ended the connection.", "It is made anew.") from error
