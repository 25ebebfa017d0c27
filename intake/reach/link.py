"""One connection to a server, made anew when it was cut."""

import http.client
import select
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from intake.reach.errors import NotReached, ReachError, WrongAnswer
from intake.reach.place import Place

#: Seconds that Tor may take to reach the onion, at the first try, doubled at each further one up
#: to the last: now and then it waits for what never comes, and a new circuit is there at once; but
#: an onion under attack asks for work that takes minutes.
_FIRST_WAIT: Final = 20.0
_LAST_WAIT: Final = 160.0
#: Seconds that a connection may be silent.
_SILENCE: Final = 60.0


class _Connection(http.client.HTTPConnection):
    def __init__(self, place: Place, circuit: str, wait: float, buffer: int) -> None:
        super().__init__(place.host)
        self._place = place
        self._circuit = circuit
        self._wait = wait
        self._waiting = buffer

    def connect(self) -> None:
        self.sock = self._place.connect(self._circuit, self._wait)
        self.sock.settimeout(_SILENCE)
        if self._waiting:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._waiting)


class Link:
    """A way to the server that has its own circuits.

    Args:
        name: ``name()`` gives a new random name for a circuit. After a cut a new one is taken, so
            that a circuit that does not work is not tried again.
        buffer: bytes that wait to be sent at most; 0 for as many as the system has.
    """

    def __init__(self, place: Place, name: Callable[[], str], *, buffer: int = 0) -> None:
        self._place = place
        self._name = name
        self._buffer = buffer
        self._connection: _Connection | None = None
        self._wait = _FIRST_WAIT

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None and self._connection.sock is not None

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def interrupt(self) -> None:
        """End the connection from another thread; whoever waits for it is told that it was cut."""
        connection = self._connection
        if connection is not None and (sock := connection.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes | memoryview] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """Send a request, and give the answer to whoever reads it to its end, or closes this.

        Args:
            body: the connection is closed if it does not end well.

        Raises:
            NotReached: the connection was not made, or was cut, also while the answer is read.
            AddressError, Locked: as the names say.
        """
        if self._connection is None:
            self._connection = _Connection(self._place, self._name(), self._wait, self._buffer)
            self._wait = min(_LAST_WAIT, self._wait * 2)
        connection = self._connection
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            self._wait = _FIRST_WAIT
            yield answer
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self.cut(printable(str(error)) or type(error).__name__) from error
        except BaseException:
            self.close()
            raise

    def answered(self) -> bool:
        """Return whether an answer has begun to come, of use while a body is being sent."""
        connection = self._connection
        if connection is None or (sock := connection.sock) is None:
            return False
        return bool(select.select([sock], [], [], 0)[0])

    def cut(self, why: str) -> NotReached:
        """Return what is raised where a connection was cut."""
        return NotReached(f"The connection to the server was cut: {why}.", "Try again.")


def unexpected(answer: http.client.HTTPResponse, hint: str) -> ReachError:
    """Return what to raise for an answer with a status that has no meaning here."""
    if answer.status >= 500:
        return NotReached(f"The server failed (status {answer.status}).", "Try again later.")
    return WrongAnswer(f"The server answers with status {answer.status}.", hint)


def printable(untrusted_text: str) -> str:
    """Return a line of a server's as it can be shown on a terminal."""
    return "".join(c if c.isprintable() else " " for c in untrusted_text[:500])
