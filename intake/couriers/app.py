"""The couriers' service as a WSGI application: three routes, a token for each request, no cookie.

The onion in front of it asks for a key of its own; the token is the second lock, and the one that
is closed at once when a courier is revoked.
"""

from collections.abc import Iterator
from typing import BinaryIO

from flask import Flask, Response, request
from gevent.threadpool import ThreadPool
from werkzeug.exceptions import HTTPException

from intake import headers
from intake.body import Body
from intake.couriers.ranges import Span, Unsatisfiable, asked
from intake.couriers.roll import Courier, Roll, RollError
from intake.delivery import Delivered, deliver
from intake.errors import CutOff, DiskFull, DispatchError, IntakeError
from intake.newsroom import Newsroom
from intake.quiet import QuietFlask
from intake.wire.dispatch import MAX_DISPATCH
from intake.wire.errors import BadSignature, Overtaken, Refused

#: Bytes read from the disk and sent at once.
_PIECE = 256 * 1024
#: Threads that read for couriers: few, and never those that seal.
_READING_THREADS = 4


class _Stop(Exception):
    """Ends a request with a status and a reason in plain words.

    Args:
        header: one more header and its value.
    """

    def __init__(self, status: int, message: str, header: tuple[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.header = header


class _Unknown(_Stop):
    """No token, or one that opens nothing."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "A courier's token is needed, and this is none, or none any more.",
            ("WWW-Authenticate", "Bearer"),
        )


class Service:
    """What the routes act on.

    Args:
        newsroom: the HOME in service.
    """

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom
        self._roll = Roll(newsroom.home.path)
        self._reading = ThreadPool(_READING_THREADS)
        # One delivery at a time: each reads and writes the marks that make a replay known.
        self._delivering = ThreadPool(1)
        self._posting: set[str] = set()

    def admit(self) -> None:
        """Let the request go on if it comes from a courier."""
        self.courier()

    def courier(self) -> Courier:
        """Return who sent this request."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        courier = self._roll.holder(token.strip())
        if scheme.lower() != "bearer" or courier is None:
            raise _Unknown
        return courier

    def listing(self) -> Response:
        """Return what is on the shelf. It is not shelved first: the tick does that for all."""
        stored = self._reading.apply(lambda: sorted(self._listed()))
        return Response("".join(stored), mimetype="text/plain")

    def _listed(self) -> Iterator[str]:
        for one in self._newsroom.store.envelopes():
            yield f"{one.name} {one.size}\n"

    def envelope(self, untrusted_name: str) -> Response:
        """Return an envelope, or the part of it that is asked for."""
        courier = self.courier()
        try:
            file: BinaryIO = self._reading.apply(self._newsroom.store.open, (untrusted_name,))
        except KeyError as error:
            raise _Stop(404, "There is no such envelope, or none any more.") from error
        size = file.seek(0, 2)
        tag = f'"{untrusted_name}"'
        wanted = request.headers.get("Range") if request.method == "GET" else None
        try:
            span = asked(wanted, request.headers.get("If-Range"), tag, size)
        except Unsatisfiable as error:
            file.close()
            raise _Stop(
                416,
                f"The envelope has no such bytes; it has {size}.",
                ("Content-Range", f"bytes */{size}"),
            ) from error
        whole = Span(0, size)
        response = Response(
            self._pieces(file, span or whole, courier),
            status=200 if span is None else 206,
            mimetype="application/octet-stream",
        )
        response.call_on_close(file.close)
        response.content_length = (span or whole).length
        response.headers["ETag"] = tag
        response.headers["Accept-Ranges"] = "bytes"
        if span is not None:
            response.headers["Content-Range"] = span.content_range(size)
        return response

    def _pieces(self, file: BinaryIO, span: Span, courier: Courier) -> Iterator[bytes]:
        file.seek(span.start)
        left = span.length
        while left:
            # A revoked courier is cut off in the middle of what is under way.
            if courier not in self._roll.couriers():
                raise CutOff("The courier was revoked.")
            piece: bytes = self._reading.apply(file.read, (min(left, _PIECE),))
            if not piece:
                raise CutOff("The envelope is shorter than it was.")
            left -= len(piece)
            yield piece

    def dispatch(self) -> Response:
        """Deliver what is posted, and say what was done."""
        courier = self.courier()
        if courier.name in self._posting:
            raise _Stop(503, "Another dispatch of this courier is still under way.")
        # One of each courier at a time is in memory, whoever they are.
        self._posting.add(courier.name)
        try:
            done = self._deliver(self._received(courier))
        finally:
            self._posting.discard(courier.name)
        return _plain("".join(f"{line}\n" for line in done.lines()), 200)

    def _received(self, courier: Courier) -> bytes:
        body = Body(request.environ)
        if body.left is not None and body.left > MAX_DISPATCH:
            raise _Stop(413, "This is larger than any dispatch.")
        pieces, size = [], 0
        while piece := body.receive():
            size += len(piece)
            if size > MAX_DISPATCH:
                raise _Stop(413, "This is larger than any dispatch.")
            if courier not in self._roll.couriers():
                raise _Unknown
            pieces.append(piece)
        return b"".join(pieces)

    def _deliver(self, untrusted_data: bytes) -> Delivered:
        # Nothing is shelved first: whoever posts could else make the server say between the ticks
        # what has arrived. A receipt is for what was fetched, and so is on the shelf.
        newsroom = self._newsroom
        arguments = (newsroom.home, newsroom.store, untrusted_data, newsroom.tick)
        done: Delivered = self._delivering.apply(deliver, arguments)
        return done


def create_couriers_app(newsroom: Newsroom) -> Flask:
    """Return the WSGI application for a newsroom's couriers."""
    service = Service(newsroom)
    app = QuietFlask(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    # A redirect would repeat the Host that a request came with.
    app.url_map.merge_slashes = False
    # Before all routes, so that without a token not even a wrong address is told from a right one.
    app.before_request(service.admit)
    app.add_url_rule("/envelopes", "listing", service.listing)
    app.add_url_rule("/envelopes/<untrusted_name>", "envelope", service.envelope)
    app.add_url_rule("/dispatches", "dispatch", service.dispatch, methods=["POST"])
    app.register_error_handler(_Stop, _stopped)
    app.register_error_handler(IntakeError, _failed)
    app.register_error_handler(RollError, _no_roll)
    app.register_error_handler(HTTPException, _http_error)
    headers.init(app)
    return app


def _stopped(stop: _Stop) -> Response:
    response = _plain(f"{stop.message}\n", stop.status)
    if stop.header is not None:
        response.headers.set(*stop.header)
    return response


def _failed(error: IntakeError) -> Response:
    """Say why a dispatch was not delivered."""
    cause = error.__cause__
    # A courier who was cut takes 409 for done, which what was overtaken need not be.
    if isinstance(error, DispatchError) and isinstance(cause, Overtaken):
        status = 422
    elif isinstance(error, DispatchError) and isinstance(cause, Refused):
        status = 409
    elif isinstance(error, DispatchError) and isinstance(cause, BadSignature):
        status = 403
    elif isinstance(error, DiskFull):
        status = 507
    elif isinstance(error, CutOff):
        status = 400
    else:
        status = 422
    return _plain(
        f"{error.message}\n{error.hint}\n" if error.hint else f"{error.message}\n", status
    )


def _no_roll(_error: RollError) -> Response:
    # Its text is the operator's.
    return _plain(
        "The server cannot read who its couriers are; its operator has to mend that.\n", 500
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    return _plain(f"{error.name}.\n", status)


def _plain(text: str, status: int) -> Response:
    return Response(text, status=status, mimetype="text/plain")
