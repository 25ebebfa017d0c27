"""One connection to the couriers' service, made anew when it was cut."""

import http.client
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Final

from intake.courier.address import Server
from intake.courier.errors import (
    CourierError,
    DispatchRefused,
    NotReached,
    TokenRefused,
    WrongAnswer,
)

#: Seconds that Tor may take to reach the onion, at the first try, doubled at each further one up
#: to the last: now and then it waits for what never comes, and a new circuit is there at once; but
#: an onion under attack asks for work that takes minutes.
_FIRST_WAIT: Final = 20.0
_LAST_WAIT: Final = 160.0
#: Seconds that a connection may be silent.
_SILENCE: Final = 60.0
#: Bytes of the longest answer that is text, but for a listing.
_TEXT: Final = 64 * 1024
#: Bytes of the longest listing: a million envelopes.
_LISTING: Final = 64 * 1024 * 1024
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)
_LINE: Final = re.compile(r"([0-9a-f]{32}) ([0-9]{1,18})", re.ASCII)


class _Connection(http.client.HTTPConnection):
    def __init__(self, server: Server, circuit: str, wait: float) -> None:
        super().__init__(server.host)
        self._server = server
        self._circuit = circuit
        self._wait = wait

    def connect(self) -> None:
        self.sock = self._server.connect(self._circuit, self._wait)
        self.sock.settimeout(_SILENCE)


class Gone(CourierError):
    """There is no such envelope any more."""


class Link:
    """A way to the server that has its own circuits.

    Args:
        name: ``name()`` gives a new random name for a circuit. After a cut a new one is taken, so
            that a circuit that does not work is not tried again.
    """

    def __init__(self, server: Server, name: Callable[[], str]) -> None:
        self._server = server
        self._name = name
        self._connection: _Connection | None = None
        self._wait = _FIRST_WAIT

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

    def listing(self) -> dict[str, int]:
        """Return the sizes in bytes of all envelopes, by their ids in hex.

        Raises:
            NotReached, TokenRefused, WrongAnswer: as the names say.
        """
        with self._ask("GET", "/envelopes") as answer:
            text = answer.read(_LISTING + 1)
            if answer.status != 200 or len(text) > _LISTING:
                raise _unexpected(answer)
        sizes = {}
        for line in text.decode("ascii", "replace").splitlines():
            match = _LINE.fullmatch(line)
            if match is None:
                raise WrongAnswer("The server's list is not a list of envelopes.")
            sizes[match[1]] = int(match[2])
        return sizes

    @contextmanager
    def envelope(
        self, name: str, start: int, end: int, size: int
    ) -> Iterator[Callable[[int], bytes]]:
        """Give a function that reads bytes ``start`` to ``end`` of an envelope of ``size`` bytes.

        It raises ``NotReached`` where the connection is cut, and returns nothing at the end.

        Raises:
            NotReached, TokenRefused, WrongAnswer: as the names say.
            Gone: the envelope was deleted on a receipt.
        """
        wanted = {"Range": f"bytes={start}-{end - 1}", "If-Range": f'"{name}"'}
        with self._ask("GET", f"/envelopes/{name}", wanted) as answer:
            if answer.status == 404:
                raise Gone(f"{name} is not there any more.")
            if answer.status != 206 or answer.getheader("ETag") != f'"{name}"':
                raise _unexpected(answer)
            match = _RANGE.fullmatch(answer.getheader("Content-Range", ""))
            if match is None or tuple(map(int, match.groups())) != (start, end - 1, size):
                raise WrongAnswer("The server sends other bytes than were asked for.")
            left = end - start

            def read(most: int) -> bytes:
                nonlocal left
                piece = self._read(answer, min(most, left))
                left -= len(piece)
                return piece

            yield read
            if left:
                # What was not read would be taken for the next answer.
                self.close()
            else:
                # Lets http.client notice that the answer has ended.
                answer.read()

    def post(self, body: IO[bytes], size: int, sent: Callable[[int], None]) -> str:
        """Post a dispatch and return what the server says.

        Args:
            sent: called with the bytes sent so far.

        Raises:
            NotReached, TokenRefused, WrongAnswer: as the names say.
            DispatchRefused: as it says; its ``status`` is that of the answer.
        """
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        pieces = _counted(body, sent)
        with self._ask("POST", "/dispatches", headers, pieces) as answer:
            text = answer.read(_TEXT).decode("utf-8", "replace").strip()
            if answer.status == 200:
                return text
            if answer.status in (403, 409, 413, 422):
                raise Refusal(answer.status, text)
            if answer.status in (503, 507):
                raise NotReached(text, "It can be posted again later.")
            raise _unexpected(answer)

    @contextmanager
    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Iterator[bytes] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        if self._connection is None:
            self._connection = _Connection(self._server, self._name(), self._wait)
            self._wait = min(_LAST_WAIT, self._wait * 2)
        connection = self._connection
        try:
            given = {"Authorization": f"Bearer {self._server.token}", **(headers or {})}
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            self._wait = _FIRST_WAIT
            if answer.status == 401:
                raise TokenRefused(
                    "The server does not know the token, or no longer.",
                    "The courier may have been revoked. Ask for a new ticket.",
                )
            yield answer
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise _cut(error) from error
        except CourierError:
            self.close()
            raise

    def _read(self, answer: http.client.HTTPResponse, most: int) -> bytes:
        if not most:
            return b""
        try:
            piece = answer.read1(most)
        except (OSError, http.client.HTTPException) as error:
            raise _cut(error) from error
        if not piece:
            raise _cut(ConnectionError("it ended"))
        return piece


class Refusal(DispatchRefused):
    """The server refuses a dispatch.

    Attributes:
        status: of its answer; 409 for one that was delivered already.
    """

    def __init__(self, status: int, untrusted_text: str) -> None:
        message, _, hint = untrusted_text.partition("\n")
        super().__init__(_printable(message), _printable(hint))
        self.status = status


def _counted(body: IO[bytes], sent: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    while piece := body.read(_TEXT):
        yield piece
        done += len(piece)
        sent(done)


def _cut(error: Exception) -> NotReached:
    return NotReached(
        f"The connection to the server was cut: {str(error) or type(error).__name__}.",
        "Give the command again to go on; nothing that has come is fetched twice.",
    )


def _unexpected(answer: http.client.HTTPResponse) -> CourierError:
    if answer.status >= 500:
        return NotReached(f"The server failed (status {answer.status}).", "Try again later.")
    return WrongAnswer(
        f"The server answers with status {answer.status}.", "Is this the couriers' address?"
    )


def _printable(untrusted_text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in untrusted_text[:500])
