"""What a server may answer, and what it means: from a server that answers as it is told."""

import re
import socket
import threading
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from intake.reach.errors import NotReached, WrongAnswer
from intake.reach.place import place_at
from intake.sender.errors import NotTaken
from intake.sender.link import Link, OtherKeys, Upload, WrongOffset

UPLOAD = Upload(bytes(32), 1_000_000)


class Told:
    """A server with prepared answers.

    Args:
        early: it answers without reading a body.

    Attributes:
        heads: of the requests.
        bytes: of bodies that came.
    """

    def __init__(self, *answers: bytes, early: bool = False) -> None:
        self.heads: list[bytes] = []
        self.bytes = 0
        self._answers = list(answers)
        self._early = early
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        place = place_at(f"127.0.0.1:{self._listener.getsockname()[1]}", ("", 0))
        self.link = Link(place, lambda: "circuit")

    def __enter__(self) -> "Told":
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.link.close()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while self._answers:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as lines:
                while self._answers and (head := _head(lines)):
                    self.heads.append(head)
                    length = re.search(rb"Content-Length: (\d+)", head)
                    if length and not self._early:
                        self.bytes += len(lines.read(int(length[1])))
                    connection.sendall(self._answers.pop(0))
                    if self._early:
                        # It is open still, and takes nothing more.
                        self._done.wait()


def _head(lines: BinaryIO) -> bytes:
    """Return a request's line and headers; nothing at the end."""
    head = b""
    while line := lines.readline():
        if line == b"\r\n":
            return head
        head += line
    return b""


def answer(status: int, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status} X", *headers, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


def body(size: int = UPLOAD.size) -> Iterator[memoryview]:
    for _ in range(size // 1_000):
        yield memoryview(bytes(1_000))


def test_an_upload_is_asked_for_and_sent_as_tus_has_it():
    with Told(
        answer(200, "Upload-Offset: 400000", "Upload-Length: 1000000").replace(b": 0\r", b": 5\r"),
        answer(204, "Upload-Offset: 1000000"),
    ) as told:
        assert told.link.offset(UPLOAD) == 400_000
        assert told.link.append(UPLOAD, 400_000, body(600_000)) == 1_000_000
    asked, sent = (head.decode() for head in told.heads)
    assert asked.startswith(f"HEAD /uploads/{'0' * 64}.1000000 HTTP/1.1\r\n")
    assert sent.startswith(f"PATCH /uploads/{'0' * 64}.1000000 HTTP/1.1\r\n")
    for line in (
        "Tus-Resumable: 1.0.0",
        "Content-Type: application/offset+octet-stream",
        "Content-Length: 600000",
        "Upload-Offset: 400000",
    ):
        assert f"{line}\r\n" in sent
    assert told.bytes == 600_000


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotTaken),
        (409, WrongOffset),
        (413, NotTaken),
        (422, OtherKeys),
        (500, NotReached),
        (503, NotReached),
        (507, NotReached),
        (302, WrongAnswer),
        (400, WrongAnswer),
        (412, WrongAnswer),
    ],
)
def test_each_refusal_is_told_apart_with_what_to_do(status, kind):
    text = "Refused \x1b[2J.\nDo this.\n"
    with Told(answer(status, body=text), answer(status)) as told:
        with pytest.raises(kind) as caught:
            told.link.append(UPLOAD, 0, body())
        assert type(caught.value) is kind
        assert caught.value.message.isprintable()
        assert caught.value.hint
        with pytest.raises(kind):
            told.link.offset(UPLOAD)


@pytest.mark.parametrize("offset", ["", "x", "-1", "1000001", "١"])
def test_an_offset_that_is_none_is_told(offset):
    with Told(answer(200, f"Upload-Offset: {offset}")) as told, pytest.raises(WrongAnswer):
        told.link.offset(UPLOAD)


def test_an_answer_before_the_end_ends_the_sending():
    sent = 0

    def slowly() -> Iterator[memoryview]:
        nonlocal sent
        while not told.link.answered():
            sent += 1_000
            yield memoryview(bytes(1_000))

    text = "There is no room for that at the moment.\nWait.\n"
    with Told(answer(507, body=text), early=True) as told:
        with pytest.raises(NotReached, match="no room"):
            told.link.append(Upload(bytes(32), 10**15), 0, slowly())
        assert not told.link.is_connected
    assert sent < 10**9


def test_a_connection_that_ends_is_a_circuit_that_broke():
    with Told(b"") as told, pytest.raises(NotReached, match="The circuit broke"):
        told.link.offset(UPLOAD)


def test_a_keyring_or_a_mailbox_that_never_ends_is_not_read_to_its_end():
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + bytes(9_000_000)
    with Told(endless) as told, pytest.raises(WrongAnswer, match="does not end"):
        told.link.keyring()
