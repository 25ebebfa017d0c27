"""What a server answers to the programs of a source and of a courier: it may be anybody's.

The first byte says what was asked; the rest is all that comes over the connection.
"""

import io
import socket
from collections.abc import Callable, Iterator

from intake.courier.address import Server
from intake.courier.link import Link as CourierLink
from intake.errors import IntakeError
from intake.reach.place import Place
from intake.sender.link import Link, Upload
from intake.sender.mailbox import read_mailbox
from intake.wire.codename import Thread
from tests.vectors.vector import chance

LONGEST = 8_192
RATE = 2_000

_NAME = "0123456789abcdef" * 2
_UPLOAD = Upload(bytes(32), 70_000)
_THREAD = Thread(chance("capability", 32), chance("reply key", 32))


def one_input(data: bytes) -> None:
    asked, answer = _ASKED[(data[0] if data else 0) % len(_ASKED)], data[1:]
    ours, theirs = socket.socketpair()
    place = Place("server.onion", lambda _circuit, _wait: ours)
    with theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        try:
            asked(place)
        except IntakeError as error:
            # It is shown on a terminal, which does what a control character says.
            assert f"{error.message}{error.hint}".isprintable()
        finally:
            ours.close()


def _offset(place: Place) -> None:
    assert 0 <= Link(place, str).offset(_UPLOAD) <= _UPLOAD.size


def _append(place: Place) -> None:
    body = [memoryview(bytes(_UPLOAD.size))]
    assert 0 <= Link(place, str).append(_UPLOAD, 0, body) <= _UPLOAD.size


def _mailbox(place: Place) -> None:
    opened, closed = read_mailbox(Link(place, str).mailbox(_THREAD.capability), _THREAD)
    assert len(opened) + closed >= 0


def _delete(place: Place) -> None:
    Link(place, str).delete(_THREAD.capability, [bytes(32)])


def _keyring(place: Place) -> None:
    Link(place, str).keyring()


def _listing(place: Place) -> None:
    for name, size in _courier(place).listing().items():
        assert len(name) == 32
        assert 0 <= size < 10**18


def _envelope(place: Place) -> None:
    with _courier(place).envelope(_NAME, 5, 105, 1_000) as read:
        assert sum(len(piece) for piece in iter(lambda: read(64), b"")) <= 100


def _post(place: Place) -> None:
    said = _courier(place).post(io.BytesIO(bytes(100)), 100, lambda _: None)
    assert said.replace("\n", "").isprintable()


def _courier(place: Place) -> CourierLink:
    return CourierLink(Server(place, "0" * 64), str)


_ASKED: list[Callable[[Place], None]] = [
    *(_offset, _append, _mailbox, _delete, _keyring, _listing, _envelope, _post)
]


def seeds() -> Iterator[bytes]:
    mailbox = (1).to_bytes(4, "big") + bytes(32) + b"sealed"
    said = b"What happened.\nWhat to do.\n"
    ranged = b'ETag: "%s"\r\nContent-Range: bytes 5-104/1000\r\n' % _NAME.encode()
    for number, (status, headers, body) in enumerate(
        (
            (200, b"Upload-Offset: 4096\r\n", b""),
            (204, b"Upload-Offset: 70000\r\n", b""),
            (200, b"", mailbox),
            (204, b"", b""),
            (200, b"", b"intakeK1"),
            (200, b"", f"{_NAME} 69632\n".encode()),
            (206, ranged, bytes(100)),
            (200, b"", b"1 reply delivered.\n2 envelopes deleted.\x1b[2J\n"),
        )
    ):
        yield bytes([number]) + _answer(status, headers, body)
        for refusal in (401, 404, 409, 413, 422, 503):
            yield bytes([number]) + _answer(refusal, b"", said)
    yield b"\5" + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
    yield b"\0" + _answer(200, b"Upload-Offset: " + b"9" * 5_000 + b"\r\n", b"")


def _answer(status: int, headers: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\n%bContent-Length: %d\r\n\r\n%b" % (status, headers, len(body), body)
