"""HTTP as a browser speaks it, and as nobody should, over the sockets that a server listens on."""

import http.client
import socket
import struct
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlencode

TIMEOUT = 120.0
BOUNDARY = "----geckoformboundary5d1c8e3f9b2a47606d8f0e9c1b3a5d7f"
#: What Tor Browser says of itself.
TOR_BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class File:
    """A file as it is chosen in a form."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


def connect(address: str, timeout: float = TIMEOUT) -> socket.socket:
    """Return a socket to ``127.0.0.1:PORT`` or ``unix:PATH``, as ``--listen`` writes them."""
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    try:
        sock.connect(address.removeprefix("unix:"))
    except OSError:
        sock.close()
        raise
    return sock


def read_answer(sock: socket.socket, method: str = "GET") -> Answer:
    """Read one answer to its end."""
    with closing(http.client.HTTPResponse(sock, method=method)) as response:
        response.begin()
        return Answer(response.status, tuple(response.getheaders()), response.read())


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return a request's line and headers; what is given replaces what a browser would say."""
    given = {name.lower() for name in headers}
    usual = {"Host": "newsroom.onion", "User-Agent": TOR_BROWSER, "Accept": "text/html"}
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in usual.items() if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def request(
    address: str,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request on a connection of its own, and return the answer."""
    sent = {"Connection": "close", **(headers or {})}
    if body or method == "POST":
        sent.setdefault("Content-Length", str(len(body)))
    with connect(address) as sock:
        sock.sendall(head(method, path, sent) + body)
        return read_answer(sock, method)


def raw(address: str, data: bytes, *, timeout: float = TIMEOUT) -> bytes:
    """Send bytes, say that no more will come, and return all that is answered."""
    with connect(address, timeout) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            return b""
        parts = []
        try:
            while part := sock.recv(1 << 16):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


def urlencoded(fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a form without files."""
    body = urlencode(fields).encode()
    return {"Content-Type": "application/x-www-form-urlencoded"}, body


def part_head(name: str, file_name: str | None = None, media_type: str = "") -> bytes:
    """Return what stands before a part's content, its boundary included, as browsers write it."""
    line = f'Content-Disposition: form-data; name="{name}"'
    if file_name is not None:
        escaped = file_name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        line += f'; filename="{escaped}"\r\nContent-Type: {media_type}'
    return f"--{BOUNDARY}\r\n{line}\r\n\r\n".encode()


def multipart(parts: Iterable[tuple[str, str | File]]) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a form with files."""
    body = bytearray()
    for name, value in parts:
        if isinstance(value, File):
            body += part_head(name, value.name, value.media_type) + value.content
        else:
            body += part_head(name) + value.encode()
        body += b"\r\n"
    body += f"--{BOUNDARY}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, bytes(body)


def form_parts(
    codename: str | None, message: str | None, files: Iterable[File]
) -> list[tuple[str, str | File]]:
    """Return the parts of the form of ``/submit`` in the order in which a browser sends them."""
    parts: list[tuple[str, str | File]] = []
    if codename is not None:
        parts.append(("codename", codename))
    if message is not None:
        parts.append(("message", message))
    return [*parts, *(("files", file) for file in files)]


@dataclass
class Upload:
    """A submission that is sent by and by: some fields, then one file of ``size`` bytes.

    Args:
        size: bytes of the file that are promised. Nothing makes the sender keep the promise.
        path: where the form is sent to.
    """

    address: str
    codename: str
    name: str
    size: int
    message: str | None = None
    path: str = "/submit"
    #: What follows the file, the boundary's line break included.
    tail: bytes = field(init=False, default=f"\r\n--{BOUNDARY}--\r\n".encode())

    def __post_init__(self) -> None:
        headers, front = multipart(form_parts(self.codename, self.message, []))
        front = front.removesuffix(f"--{BOUNDARY}--\r\n".encode())
        front += part_head("files", self.name, "application/octet-stream")
        headers["Content-Length"] = str(len(front) + self.size + len(self.tail))
        headers["Connection"] = "close"
        self._sock = connect(self.address)
        self._sock.sendall(head("POST", self.path, headers) + front)

    def __enter__(self) -> "Upload":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def send(self, content: bytes) -> None:
        """Send some of the file's content."""
        self._sock.sendall(content)

    def finish(self) -> Answer:
        """Send the form's end, and return the answer."""
        self.send(self.tail)
        return self.answer()

    def answer(self) -> Answer:
        """Return the answer, whether or not all was sent."""
        return read_answer(self._sock, "POST")

    def cut(self) -> None:
        """Close the connection."""
        self._sock.close()

    def reset(self) -> None:
        """Close the connection as a host that vanished does: by a reset, where there are any."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


def free_port() -> int:
    """Return a TCP port that nothing listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
