"""What a courier asks the couriers' service for."""

import http.client
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Final

from intake.courier.address import Server
from intake.courier.errors import CourierError, DispatchRefused, TokenRefused
from intake.reach.errors import NotReached, WrongAnswer
from intake.reach.link import Link as AnyLink
from intake.reach.link import printable, unexpected

#: Bytes of the longest answer that is text, but for a listing.
_TEXT: Final = 64 * 1024
#: Bytes of the longest listing: a million envelopes.
_LISTING: Final = 64 * 1024 * 1024
_RANGE: Final = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})", re.ASCII)
_LINE: Final = re.compile(r"([0-9a-f]{32}) ([0-9]{1,18})", re.ASCII)
_NOT_OURS: Final = "Is this the couriers' address?"


class Gone(CourierError):
    """There is no such envelope any more."""


class Link(AnyLink):
    """A way to the server that has its own circuits; ``name`` as ``intake.reach.link`` has it."""

    def __init__(self, server: Server, name: Callable[[], str]) -> None:
        super().__init__(server.place, name)
        self._token = server.token

    def cut(self, why: str) -> NotReached:
        """Return what is raised where a connection was cut."""
        return NotReached(
            f"The connection to the server was cut: {why}.",
            "Give the command again to go on; nothing that has come is fetched twice.",
        )

    def listing(self) -> dict[str, int]:
        """Return the sizes in bytes of all envelopes, by their ids in hex.

        Raises:
            NotReached, TokenRefused, WrongAnswer: as the names say.
        """
        with self._ask("GET", "/envelopes") as answer:
            text = answer.read(_LISTING + 1)
            if answer.status != 200 or len(text) > _LISTING:
                raise unexpected(answer, _NOT_OURS)
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
                raise unexpected(answer, _NOT_OURS)
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
                return "\n".join(map(printable, text.splitlines()))
            if answer.status in (403, 409, 413, 422):
                raise Refusal(answer.status, text)
            if answer.status in (503, 507):
                raise NotReached(printable(text), "It can be posted again later.")
            raise unexpected(answer, _NOT_OURS)

    @contextmanager
    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Iterator[bytes] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        given = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        with self.ask(method, path, given, body) as answer:
            if answer.status == 401:
                raise TokenRefused(
                    "The server does not know the token, or no longer.",
                    "The courier may have been revoked. Ask for a new ticket.",
                )
            yield answer

    def _read(self, answer: http.client.HTTPResponse, most: int) -> bytes:
        if not most:
            return b""
        try:
            piece = answer.read1(most)
        except (OSError, http.client.HTTPException) as error:
            raise self.cut(printable(str(error)) or type(error).__name__) from error
        if not piece:
            raise self.cut("it ended")
        return piece


class Refusal(DispatchRefused):
    """The server refuses a dispatch.

    Attributes:
        status: of its answer; 409 for one that was delivered already.
    """

    def __init__(self, status: int, untrusted_text: str) -> None:
        message, _, hint = untrusted_text.partition("\n")
        super().__init__(printable(message), printable(hint))
        self.status = status


def _counted(body: IO[bytes], sent: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    while piece := body.read(_TEXT):
        yield piece
        done += len(piece)
        sent(done)
