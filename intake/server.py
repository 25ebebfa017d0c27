"""The HTTP server: gevent's, without a log, a clock or a name, reading bodies as they come.

Chosen among those measured because it spools nothing, reports a cut connection as one, keeps a
slow connection for a few kilobytes, and is made of Python's own memory, which can be wiped.
"""

import errno
import os
import resource
import select
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import gevent
from gevent.pool import Pool
from gevent.pywsgi import Input, WSGIHandler, WSGIServer
from gevent.socket import socket as gevent_socket

from intake.crowd import Crowd, Pace
from intake.errors import HomeError, IntakeError, reason
from intake.leftovers import sweep, wash
from intake.quiet import told

#: Seconds for which a connection may be silent: between requests and in their first lines, and in
#: a body or an answer, where a circuit of Tor may well break and be mended.
_IDLE = 60
_STALLED = 600
#: Seconds without a byte, after which the rest of an upload that was answered early is not
#: waited for any longer. Until then it is read and thrown away.
_LINGER = 30
#: Bytes of a request's headers. The longest is that by which an upload's parts are joined.
_MOST_HEAD = 64 * 1024
_BACKLOG = 1_024
#: Connections at once. Of those that cost the most, so many take some 900 MB.
_MOST = 1_536
#: Open files that each of them may need: itself, and what is written; and those besides.
_FILES_EACH, _FILES_BESIDES = 2, 512
#: Seconds between two looks at whether there are too many.
_LOOK = 0.1


class _Input(Input):
    """A body that gives what has arrived."""

    __slots__ = ("_pace",)

    def __init__(self, given: Any, pace: Pace) -> None:
        super().__init__(given.rfile, given.content_length, given.socket, given.chunked_input)
        self._pace = pace

    def read(self, length: int | None = None) -> bytes:
        """Return ``length`` bytes, and fewer only at the end."""
        with self._pace.waiting():
            data: bytes = super().read(length)
        self._pace.moved(len(data))
        return data

    def read1(self, size: int) -> bytes:
        """Return some bytes, at most ``size``, as soon as there are any; none at the end."""
        if self.chunked_input:
            chunk: bytes = self.read(min(size, 4_096))
            return chunk
        self._send_100_continue()  # type: ignore[attr-defined]  # its stubs leave it out
        left = (self.content_length or 0) - self.position
        with self._pace.waiting():
            data: bytes = self.rfile.read1(min(size, left))
        self._pace.moved(len(data))
        self.position += len(data)
        return data

    def unread(self) -> bool:
        """Return whether something of the body was not read."""
        if self.chunked_input:
            return self.chunk_length != 0
        return self.position < (self.content_length or 0)

    def give_up(self) -> None:
        """Have nothing more of the connection taken for the body."""
        self.chunked_input = False
        self.position = self.content_length or 0


class _Head:
    """The headers of a request, which are only so many bytes together."""

    def __init__(self, rfile: Any) -> None:
        self._rfile = rfile
        self._left = _MOST_HEAD

    def readline(self, size: int) -> bytes:
        """Return the next line; raises ``ValueError`` where there are too many bytes."""
        line: bytes = self._rfile.readline(min(size, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise ValueError
        return line


class Handler(WSGIHandler):
    """One connection."""

    server: "Server"
    #: The last is what a write ends in that waited when the crowd had us hang up.
    ignored_socket_errors = (*WSGIHandler.ignored_socket_errors, errno.EBADF)
    _body: _Input
    _pace: Pace
    _at_end: list[Callable[[], None]]

    def handle(self) -> None:
        self._pace = Pace(self.hang_up, time.monotonic)
        self.server.crowd.enter(self._pace)
        try:
            super().handle()
        finally:
            self.server.crowd.leave(self._pace)

    def MessageClass(self, rfile: Any, *_: Any) -> Any:
        return super().MessageClass(_Head(rfile))  # type: ignore[arg-type]  # it reads lines alone

    def read_requestline(self) -> str:
        # What the request before left on the stack would be kept for as long as this one waits.
        wash()
        self.socket.settimeout(_IDLE)
        line: str = super().read_requestline()
        return line

    def get_environ(self) -> dict[str, Any]:
        self.socket.settimeout(_STALLED)
        environ: dict[str, Any] = super().get_environ()
        self._pace.ask()
        self._body = _Input(self.wsgi_input, self._pace)
        self.wsgi_input = environ["wsgi.input"] = self._body
        environ["intake.hang_up"] = self.hang_up
        environ["intake.has_gone"] = self.has_gone
        #: Called when nothing more of the request will be read, whatever came of it.
        self._at_end = environ["intake.at_end"] = []
        return environ

    def handle_one_request(self) -> Any:
        more = super().handle_one_request()
        self._pace.rest()
        if more is True:
            try:
                self._forget_body()
            except OSError:
                return None
        return more

    def _forget_body(self) -> None:
        """Take a fresh buffer for what comes next: in this one lies what was sent."""
        self.socket.settimeout(0)
        # Where the next request has come already, it lies there as well.
        if not self.rfile.peek(1):
            self.rfile.close()
            self.rfile = self.socket.makefile("rb")

    def hang_up(self) -> None:
        """End the connection from our side: whoever reads from it finds it cut."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def has_gone(self) -> bool:
        """Return whether the other end has closed the connection, in both directions."""
        looking = select.poll()
        looking.register(self.socket.fileno(), 0)
        return bool(looking.poll(0))

    def finalize_headers(self) -> None:
        # Without this the server would tell the machine's clock with every answer.
        self.provided_date = "none"
        super().finalize_headers()
        # What answers HEAD has no body, and so no last chunk either.
        if self.command == "HEAD":
            self.response_use_chunked = False

    def run_application(self) -> None:
        try:
            super().run_application()
            if self._body.unread():
                self._linger()
        finally:
            for done in self._at_end:
                done()

    def _linger(self) -> None:
        """Let a sender who was answered early finish: Firefox reads the answer only then.

        Our end stays open meanwhile. Tor has no half-closed streams, so that to shut down one
        direction would cut off the answer as well.
        """
        self.close_connection = True
        self._body.give_up()
        self.socket.settimeout(_LINGER)
        size = 1
        with suppress(OSError):
            while size:
                with self._pace.waiting():
                    size = len(self.socket.recv(1 << 16))
                self._pace.moved(size)

    def _sendall(self, data: bytes | bytearray) -> None:
        with self._pace.waiting():
            super()._sendall(data)  # type: ignore[misc]  # its stubs leave it out
        self._pace.moved(len(data))

    def handle_error(self, kind: Any, error: Any, trace: Any) -> None:
        if issubclass(kind, gevent.GreenletExit):
            # The server ends, and cuts off who is still sending. An answer would have no page.
            self.close_connection = True
        else:
            super().handle_error(kind, error, trace)

    def _log_error(self, kind: type, error: BaseException, _trace: Any) -> None:
        """Tell the operator of what no application has caught."""
        if not issubclass(kind, gevent.GreenletExit):
            sys.stderr.write(told(error))

    def _handle_client_error(self, _error: BaseException) -> tuple[str, bytes]:
        return "400", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Server(WSGIServer):
    """A server, told what it listens on and what it serves.

    Args:
        most: connections at once. Who comes then waits, until another has ended or had to go.

    Attributes:
        crowd: the connections that there are.
    """

    def __init__(
        self, listener: socket.socket, application: Callable[..., Any], *, most: int
    ) -> None:
        super().__init__(
            listener,
            application,
            log=None,
            error_log=None,
            handler_class=Handler,
            spawn=Pool(most),
        )
        self.crowd = Crowd(most)
        self._thinning: Any = None

    def start(self) -> None:
        super().start()
        self._thinning = gevent.spawn(self._thin_out)

    def close(self) -> None:
        super().close()
        if self._thinning is not None:
            self._thinning.kill(block=False)

    def _thin_out(self) -> NoReturn:
        while True:
            gevent.sleep(_LOOK)
            self.crowd.thin_out()


def places() -> int:
    """Return how many connections there may be, and have the system allow them that many files."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now != most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed = _MOST if most == resource.RLIM_INFINITY else (most - _FILES_BESIDES) // _FILES_EACH
    return max(_FILES_EACH, min(_MOST, allowed))


def listen(address: str) -> socket.socket:
    """Return a listening socket for ``127.0.0.1:PORT`` or ``unix:PATH``.

    Raises:
        HomeError: the address makes no sense, is not this machine's own, or is taken.
    """
    if address.startswith("unix:"):
        return _listen_unix(Path(address.removeprefix("unix:")))
    host, _, port = address.rpartition(":")
    if host not in ("127.0.0.1", "[::1]") or not port.isdigit() or int(port) > 65_535:
        raise HomeError(
            f"Cannot listen on {address}.",
            "Use 127.0.0.1:PORT or unix:PATH; only Tor on the same machine is to reach the server.",
        )
    family = socket.AF_INET6 if host == "[::1]" else socket.AF_INET
    listener = gevent_socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bound(listener, (host.strip("[]"), int(port)), address)


def _listen_unix(path: Path) -> socket.socket:
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        # Left by a server that was killed: HOME's lock says that no other is running.
        path.unlink()
    listener = gevent_socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        return _bound(listener, str(path), str(path))
    finally:
        os.umask(before)


def _bound(listener: socket.socket, where: Any, shown: str) -> socket.socket:
    try:
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise HomeError(
            f"Cannot listen on {shown}: {error.strerror or error}.",
            "Another program may be using it; choose another with --listen.",
        ) from error
    listener.setblocking(False)
    return listener


def serve(
    listener: socket.socket,
    application: Callable[..., Any],
    *,
    tick: Callable[[], None],
    seconds_to_tick: Callable[[], float],
    beside: Iterable[Callable[[], NoReturn]] = (),
) -> None:
    """Serve until SIGTERM or SIGINT; uploads under way are then kept as cut off.

    Args:
        tick: called at the end of each tick.
        seconds_to_tick: how long until then.
        beside: what else runs in this process until the end.
    """
    server = Server(listener, application, most=places())
    # What fails in a thread is raised where its result is asked for, and not to be told twice.
    gevent.get_hub().exception_stream = None
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, server.stop, 1)
    also: list[gevent.Greenlet[..., Any]] = [
        gevent.spawn(repeat, "The tick", tick, seconds_to_tick),
        *map(gevent.spawn, (sweep, *beside)),
    ]
    try:
        server.serve_forever()
    finally:
        gevent.killall(also)


def repeat(name: str, act: Callable[[], None], pause: Callable[[], float]) -> NoReturn:
    """Act again and again, in a thread, each time after a pause in seconds.

    What fails is said once, under this name, until something else does.
    """
    told = ""
    while True:
        gevent.sleep(pause())
        try:
            gevent.get_hub().threadpool.apply(act)
            told = ""
        except (OSError, IntakeError) as error:
            if reason(error) != told:
                told = reason(error)
                sys.stderr.write(f"{name} failed, and is tried again: {told}\n")
