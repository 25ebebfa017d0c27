"""What a source's program asks a newsroom for (PROTOCOL.md)."""

import http.client
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from intake.reach.errors import NotReached, ReachError, WrongAnswer
from intake.reach.link import Link as AnyLink
from intake.reach.link import printable, unexpected
from intake.reach.place import Place
from intake.sender.errors import NotTaken
from intake.wire.keyring import MAX_KEYRING

#: Bytes that wait in the system to be sent, at most: what a cut costs.
_BUFFER: Final = 64 * 1024
#: Bytes of the longest answer that is text, and of the longest mailbox: four thousand replies.
_TEXT: Final = 64 * 1024
_MAILBOX: Final = 64 * 1024 * 1024
_NOT_OURS: Final = "Is this a newsroom's address?"
_BINARY: Final = {"Content-Type": "application/octet-stream"}
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_BODY: Final = "application/offset+octet-stream"

_NO_UPLOADS: Final = 404
_WRONG_OFFSET: Final = 409
_TOO_LARGE: Final = 413
_NO_ENVELOPE: Final = 422
_NOT_NOW: Final = (503, 507)


class WrongOffset(NotReached):
    """The upload does not stand where it was thought to."""


class OtherKeys(ReachError):
    """The server does not take what was sealed to these keys."""


@dataclass(frozen=True)
class Upload:
    """An envelope's address (P2.1).

    Attributes:
        size: bytes of the whole envelope.
    """

    address: bytes
    size: int

    def __repr__(self) -> str:
        return "<Upload>"

    @property
    def url(self) -> str:
        """Without the host."""
        return f"/uploads/{self.address.hex()}.{self.size}"


class Link(AnyLink):
    """A way to the newsroom that has its own circuits; arguments as of ``intake.reach.link``."""

    def __init__(self, place: Place, name: Callable[[], str]) -> None:
        super().__init__(place, name, buffer=_BUFFER)

    def cut(self, why: str) -> NotReached:
        """Return what is raised where a connection was cut."""
        return NotReached(
            "The circuit broke; a new one is being made. Nothing is lost.", f"It ended so: {why}."
        )

    def keyring(self) -> bytes:
        """Return the newsroom's keyring, unverified (P1)."""
        headers = {"Accept": "application/octet-stream"}
        with self.ask("GET", "/keyring?raw", headers) as answer:
            return _read(answer, MAX_KEYRING)

    def mailbox(self, capability: bytes) -> bytes:
        """Return what is in the mailbox, unverified (P3)."""
        with self.ask("POST", "/mailbox", _BINARY, capability) as answer:
            return _read(answer, _MAILBOX)

    def delete(self, capability: bytes, names: Iterable[bytes]) -> None:
        """Delete replies by their names (P3)."""
        with self.ask("POST", "/mailbox/delete", _BINARY, capability + b"".join(names)) as answer:
            answer.read(_TEXT)
            if answer.status != 204:
                raise unexpected(answer, _NOT_OURS)

    def offset(self, upload: Upload) -> int:
        """Return where an upload stands: 0 if nothing came, its size if it is complete.

        Raises:
            NotReached, NotTaken, OtherKeys, WrongAnswer: as the names say.
        """
        with self.ask("HEAD", upload.url, _TUS) as answer:
            answer.read()
            _check(answer, 200, "")
            return _offset_in(answer, upload)

    def append(self, upload: Upload, offset: int, body: Iterable[memoryview]) -> int:
        """Send all of an upload from an offset on; return where it stands after that.

        Args:
            body: may end early where ``answered``.

        Raises:
            WrongOffset: it stands elsewhere.
            NotReached, NotTaken, OtherKeys, WrongAnswer: as the names say.
        """
        headers = {
            **_TUS,
            "Content-Type": _BODY,
            "Content-Length": str(upload.size - offset),
            "Upload-Offset": str(offset),
        }
        with self.ask("PATCH", upload.url, headers, body) as answer:
            text = answer.read(_TEXT).decode("utf-8", "replace")
            _check(answer, 204, text)
            return _offset_in(answer, upload)


def _read(answer: http.client.HTTPResponse, most: int) -> bytes:
    data = answer.read(most + 1)
    if answer.status != 200:
        raise unexpected(answer, _NOT_OURS)
    if len(data) > most:
        raise WrongAnswer("The server's answer does not end.", _NOT_OURS)
    return data


def _offset_in(answer: http.client.HTTPResponse, upload: Upload) -> int:
    text = answer.getheader("Upload-Offset", "")
    # Python refuses numbers of thousands of digits with an error of its own.
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    if not is_number or int(text) > upload.size:
        raise WrongAnswer("The server does not say where an upload stands.", _NOT_OURS)
    return int(text)


def _check(answer: http.client.HTTPResponse, good: int, untrusted_text: str) -> None:
    """Return if the answer has a good status, else raise what it means."""
    message, _, hint = untrusted_text.strip().partition("\n")
    said, hint = printable(message), printable(hint)
    status = answer.status
    if status == good:
        return
    if status == _WRONG_OFFSET:
        raise WrongOffset(
            "An upload stands elsewhere than it did.",
            "Is the same being sent with this codename from another place?",
        )
    if status == _NO_ENVELOPE:
        raise OtherKeys(said or "The newsroom's keys have changed.", hint)
    if status == _NO_UPLOADS:
        raise NotTaken(
            "This newsroom takes no files that were sealed elsewhere.",
            "Use the form on its page, in Tor Browser.",
        )
    if status == _TOO_LARGE:
        raise NotTaken(said or "The newsroom takes nothing as large as a pack of 8 MB.", hint)
    if status in _NOT_NOW:
        raise NotReached(said or "The newsroom takes nothing at the moment.", hint)
    raise unexpected(answer, _NOT_OURS)
