"""A program that speaks the protocol: it seals, sends and goes on, as plainly as can be."""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from intake.wire.codename import Thread
from intake.wire.record import Header, Kind
from intake.wire.resumable import CONTENT_ID, Resumable
from tests.newsroom import Answer, Desk, Operator, request
from tests.newsroom.desk import today
from tests.newsroom.http import connect, head, read_answer

BODY = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}
#: In hexadecimal, as in a URL.
ADDRESS = "ab" * 32
PATIENCE = 20.0


@dataclass(frozen=True)
class Sealed:
    """An envelope, and where it is to be sent.

    Attributes:
        content: what is in it.
        envelope: the whole of it.
        url: of its upload.
    """

    content: bytes
    envelope: bytes
    url: str

    @property
    def size(self) -> int:
        return len(self.envelope)


def seal(desk: Desk, content: bytes | int = 300_000, thread: Thread | None = None) -> Sealed:
    """Seal content, or so many random bytes, as a program does."""
    content = os.urandom(content) if isinstance(content, int) else content
    thread = thread or Thread(os.urandom(32), os.urandom(32))
    header = Header(Kind.PACK, os.urandom(16), thread.capability, thread.reply_key, 0, "", "")
    sealer = Resumable(header, content, hashlib.sha256(content).digest(), os.urandom(CONTENT_ID))
    editors = len(desk.keyring.editors)
    chunks = bytearray(sealer.size(editors))
    front = sealer.begin(desk.keyring.recipients(today()))
    chunks[: len(front)] = front
    sealer.seal_into(0, memoryview(chunks)[len(front) :])
    envelope = bytes(chunks)
    return Sealed(content, envelope, url_of(len(envelope), sealer.address))


def url_of(size: int, address: bytes = b"", *, part: bool = False) -> str:
    """Return the URL of an upload, at a random address if none is given."""
    return f"/uploads/{(address or os.urandom(32)).hex()}.{size}{'.part' if part else ''}"


@dataclass(frozen=True)
class Program:
    """Somebody's program, at a server's address as ``--listen`` has it."""

    address: str
    usual: Mapping[str, str] = field(default_factory=lambda: VERSION)

    def ask(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own."""
        return request(self.address, method, url, body, {**self.usual, **(headers or {})})

    def head(self, url: str) -> Answer:
        """Ask where an upload stands."""
        return self.ask("HEAD", url)

    def offset(self, url: str) -> int:
        """Return where an upload stands."""
        answer = self.head(url)
        assert answer.status == 200
        return int(answer.header("Upload-Offset") or "nothing")

    def patch(self, url: str, offset: int, body: bytes) -> Answer:
        """Go on at an offset."""
        return self.ask("PATCH", url, body, {"Upload-Offset": str(offset), "Content-Type": BODY})

    def post(self, body: bytes = b"", /, **headers: str) -> Answer:
        """Make an upload; ``upload_length`` is the header Upload-Length, and so on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(
            "POST", "/uploads", body, {"Content-Type": BODY, **named} if body else named
        )

    def delete(self, url: str) -> Answer:
        """Delete what came."""
        return self.ask("DELETE", url)

    def send(self, sealed: Sealed) -> None:
        """Send all that is missing."""
        offset = self.offset(sealed.url)
        if offset < sealed.size:
            assert self.patch(sealed.url, offset, sealed.envelope[offset:]).status == 204

    def parts(self, envelope: bytes, *cuts: int) -> list[str]:
        """Send an envelope in parts, and return their URLs."""
        bounds = [0, *cuts, len(envelope)]
        pieces = [envelope[a:b] for a, b in pairwise(bounds)]
        return [
            self.post(piece, upload_length=str(len(piece)), upload_concat="partial").header(
                "Location"
            )
            or ""
            for piece in pieces
        ]

    def join(self, parts: list[str]) -> Answer:
        """Have parts joined."""
        return self.post(upload_concat=f"final;{' '.join(parts)}")


def is_refusal(answer: Answer, status: int, *, head: bool = False) -> bool:
    """Return whether an answer is as a program is refused: plain text of two lines at the most."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert answer.header("Tus-Resumable") == "1.0.0"
    assert answer.header("Cache-Control") == "no-store"
    return head or 1 <= len(answer.text.splitlines()) <= 2


def contents(operator: Operator) -> list[bytes]:
    """Return what is in all that the desk gets now."""
    return [one.content for one in operator.desk.open_all(operator.collect())]


class Patch:
    """A PATCH that is under way, until the end of a ``with``.

    Args:
        size: bytes that are promised.
    """

    def __init__(self, address: str, url: str, offset: int, size: int) -> None:
        headers = {
            **VERSION,
            "Upload-Offset": str(offset),
            "Content-Type": BODY,
            "Content-Length": str(size),
        }
        self._sock = connect(address)
        self._sock.sendall(head("PATCH", url, headers))

    def __enter__(self) -> "Patch":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def send(self, data: bytes | memoryview) -> None:
        """Send some of the body."""
        self._sock.sendall(data)

    def answer(self) -> Answer:
        """Return the answer."""
        return read_answer(self._sock, "PATCH")

    def was_hung_up(self) -> bool:
        """Return whether the server has ended the connection, with or without an answer."""
        self._sock.settimeout(PATIENCE)
        try:
            while self._sock.recv(1 << 16):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def cut(self) -> None:
        """Close the connection."""
        self._sock.close()

    def half_closed(self) -> None:
        """Say that nothing more will come, and go on listening."""
        self._sock.shutdown(socket.SHUT_WR)


def wait_until(what: Callable[[], bool]) -> None:
    """Wait for something that another process does soon."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
