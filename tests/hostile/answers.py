"""What a server answers to anything, and what no answer may be or have."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from tests.newsroom.http import connect
from tests.newsroom.source import Page

#: What every answer carries, pages and all else: the beginning of each value, or of one of two.
CARRIED: dict[str, str | tuple[str, ...]] = {
    "content-security-policy": "default-src 'none'; ",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    # The progress of a form is shown in a frame of its page.
    "x-frame-options": ("DENY", "SAMEORIGIN"),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
}
#: What none carries: a clock, a name, something that a browser keeps or may read from elsewhere.
NEVER = {
    *("date", "server", "last-modified", "expires", "age", "via", "set-cookie", "x-powered-by"),
    *("access-control-allow-origin", "alt-svc", "refresh"),
}
#: Of a mistake in the server: where it lies, and in what.
_INSIDE = re.compile(rb"Traceback|[Ww]erkzeug|gevent|site-packages|\", line \d+")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*")
_LENGTH = "content-length"
#: What is answered to bytes that are no request, since there is no application to ask: nothing.
_NO_REQUEST = {400, 414}
_NOTHING = (("connection", "close"), ("content-length", "0"))
_SECONDS = 60.0
_ADDRESSES = {"href", "src", "action", "formaction", "data", "poster"}


@dataclass(frozen=True)
class Answered:
    """One answer, as it came.

    Attributes:
        streams: it has no length, and was read no further than its first bytes.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes
    streams: bool

    @property
    def names(self) -> list[str]:
        """The names of its headers, in small letters."""
        return [name for name, _ in self.headers]


def ask(address: str, data: bytes, *, is_head: bool = False) -> list[Answered]:
    """Send bytes, say that no more will come, and return every answer.

    What has no length is only begun: it may go on for as long as somebody reads.
    """
    with connect(address, _SECONDS) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            # Answered before all was said, and gone.
            pass
        answers = []
        received = _Received(sock)
        while received.more():
            answers.append(_one(received, is_head=is_head))
            if answers[-1].streams:
                break
        return answers


class _Received:
    """What comes out of a socket, looked at from its front."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.held = b""

    def more(self) -> bool:
        """Return whether there is something, when it has come."""
        return bool(self.held) or self._pull()

    def until(self, end: bytes) -> bytes:
        """Return all up to an end, which has to come."""
        while end not in self.held:
            assert self._pull(), f"an answer that ends early: {self.held[:200]!r}"
        at = self.held.index(end) + len(end)
        return self.exactly(at)

    def exactly(self, size: int) -> bytes:
        """Return so many bytes, which have to come."""
        while len(self.held) < size:
            assert self._pull(), "a body that ends early"
        taken, self.held = self.held[:size], self.held[size:]
        return taken

    def _pull(self) -> bool:
        try:
            part = self._sock.recv(1 << 16)
        except ConnectionResetError:
            part = b""
        self.held += part
        return bool(part)


def _one(received: _Received, *, is_head: bool) -> Answered:
    head = received.until(b"\r\n\r\n")
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = _STATUS.fullmatch(first)
    assert match, f"no answer of HTTP's: {first[:200]!r}"
    pairs = [line.decode("latin-1").partition(": ") for line in lines]
    headers = tuple((name.lower(), value) for name, _, value in pairs)
    status, length = int(match[1]), dict(headers).get(_LENGTH)
    if is_head or status in (204, 304) or status < 200:
        return Answered(status, headers, b"", head, streams=False)
    if length is None:
        received.more()
        return Answered(status, headers, received.held, head + received.held, streams=True)
    body = received.exactly(int(length))
    return Answered(status, headers, body, head + body, streams=False)


def check(answers: Iterable[Answered], *, secrets: Iterable[bytes], allowed: set[int]) -> None:
    """Check what holds of every answer.

    Args:
        secrets: what none may have in it.
        allowed: statuses from 500 on that are no mistakes.
    """
    for answer in answers:
        if answer.status == 100 or (answer.status in _NO_REQUEST and answer.headers == _NOTHING):
            continue
        assert answer.status < 500 or answer.status in allowed, answer.raw[:2_000]
        carried = dict(answer.headers)
        for name, value in CARRIED.items():
            assert carried.get(name, "").startswith(value), (name, answer.raw[:2_000])
        assert not NEVER & set(answer.names), answer.raw[:2_000]
        assert len(set(answer.names)) == len(answer.names), "a header twice"
        assert not _INSIDE.search(answer.raw), answer.raw[:2_000]
        for secret in secrets:
            assert secret not in answer.raw, secret
        if carried.get("content-type", "").startswith("text/html") and not answer.streams:
            check_links(answer.body.decode())


def check_links(page: str) -> None:
    """Check that nothing on a page leads away from the newsroom, as browsers take addresses."""
    for element, attributes in Page(page).elements:
        for name in _ADDRESSES & set(attributes):
            # Browsers drop these three wherever they stand, and take one slash for the other.
            address = re.sub(r"[\t\n\r]", "", attributes[name]).strip().replace("\\", "/")
            local = address.startswith(("/", "#")) and not address.startswith("//")
            assert local, (element, attributes)
