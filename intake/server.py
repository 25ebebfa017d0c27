"""The HTTP server: gevent's, without a log, a clock or a name, reading bodies as they come.

Chosen among those measured because it spools nothing, reports a cut connection as one, keeps a
slow connection for a few kilobytes, and is made of Python's own memory, which can be wiped.
"""

import os
import signal
import socket
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.pywsgi import Input, WSGIHandler, WSGIServer
from gevent.socket import socket as gevent_socket

from intake.errors import HomeError, IntakeError
from intake.leftovers import sweep

#: Seconds for which a connection may be silent: between requests and in their first lines, and in
#: a body or an answer, where a circuit of Tor may well break and be mended.
_IDLE = 60
_STALLED = 600
#: Seconds without a byte, after which the rest of an upload that was answered early is not
#: waited for any longer. Until then it is read and thrown away.
_LINGER = 30
_BACKLOG = 1_024


class _Input(Input):
    """A body that gives what has arrived."""

    __slots__ = ()

    def read1(self, size: int) -> bytes:
        """Return some bytes, at most ``size``, as soon as there are any; none at the end."""
        if self.chunked_input:
            chunk: bytes = self.read(min(size, 4_096))
            return chunk
        self._send_100_continue()  # type: ignore[attr-defined]  # its stubs leave it out
        left = (self.content_length or 0) - self.position
        data: bytes = self.rfile.read1(min(size, left))
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


class Handler(WSGIHandler):
    """One connection."""

    _body: _Input
    _at_end: list[Callable[[], None]]

    def read_requestline(self) -> str:
        self.socket.settimeout(_IDLE)
        line: str = super().read_requestline()
        return line

    def get_environ(self) -> dict[str, Any]:
        self.socket.settimeout(_STALLED)
        environ: dict[str, Any] = super().get_environ()
        given: Any = self.wsgi_input
        self._body = _Input(given.rfile, given.content_length, given.socket, given.chunked_input)
        self.wsgi_input = environ["wsgi.input"] = self._body
        environ["intake.hang_up"] = self.hang_up
        #: Called when nothing more of the request will be read, whatever came of it.
        self._at_end = environ["intake.at_end"] = []
        return environ

    def handle_one_request(self) -> Any:
        more = super().handle_one_request()
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
        with suppress(OSError):
            while self.socket.recv(1 << 16):
                pass

    def _log_error(self, kind: type, _value: object, trace: Any) -> None:
        """Say where our own code failed, and nothing of what it was given."""
        if issubclass(kind, gevent.GreenletExit):
            return
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f" in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        sys.stderr.write(f"{kind.__name__}{where}\n")

    def _handle_client_error(self, _error: BaseException) -> tuple[str, bytes]:
        return "400", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


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
) -> None:
    """Serve until SIGTERM or SIGINT; uploads under way are then kept as cut off.

    Args:
        tick: called at the end of each tick.
        seconds_to_tick: how long until then.
    """
    server = WSGIServer(
        listener,
        application,
        log=None,
        error_log=None,
        handler_class=Handler,
        # Without a pool of its own it would end without waiting for anybody.
        spawn=Pool(),
    )
    # What fails in a thread is raised where its result is asked for, and not to be told twice.
    gevent.get_hub().exception_stream = None
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, server.stop, 1)
    ticking = gevent.spawn(_ticking, tick, seconds_to_tick)
    sweeping = gevent.spawn(sweep)
    try:
        server.serve_forever()
    finally:
        ticking.kill()
        sweeping.kill()


def _ticking(tick: Callable[[], None], seconds_to_tick: Callable[[], float]) -> None:
    while True:
        gevent.sleep(seconds_to_tick())
        try:
            gevent.get_hub().threadpool.apply(tick)
        except (OSError, IntakeError) as error:
            sys.stderr.write(f"The tick failed, and the next one tries again: {error}\n")
