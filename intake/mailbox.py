"""Replies for a program that has the mailbox capability, and opens them on its own machine (P3)."""

from flask import Blueprint, Response, current_app, request

from intake.body import Body
from intake.errors import IntakeError
from intake.headers import LEAST_PAGE
from intake.newsroom import Newsroom
from intake.programs import BadRequest, TooLarge, check_type, refused
from intake.wire.codec import Writer
from intake.wire.reply import NAME, SEALED, SealedReply

mailbox = Blueprint("mailbox", __name__, url_prefix="/mailbox")

_BODY = "application/octet-stream"
_CAPABILITY = 32
#: Replies that can be deleted in one request.
_MOST_NAMES = 4_096


def _newsroom() -> Newsroom:
    newsroom: Newsroom = current_app.extensions["newsroom"]
    return newsroom


@mailbox.post("")
def fetch() -> Response:
    """The replies that are for a capability, in no order."""
    capability = _received(_CAPABILITY)
    return Response(padded(_newsroom().sealed_replies(capability)), mimetype=_BODY)


@mailbox.post("/delete")
def delete() -> Response:
    """Delete those of the named replies that are the capability's; whether any were is not told."""
    received = _received(_CAPABILITY + _MOST_NAMES * NAME)
    capability, names = received[:_CAPABILITY], received[_CAPABILITY:]
    if len(names) % NAME:
        raise BadRequest("The last name is cut.", f"Names have {NAME} bytes each.")
    named = {names[at : at + NAME].hex() for at in range(0, len(names), NAME)}
    _newsroom().delete_named(capability, named)
    return Response(status=204)


@mailbox.errorhandler(IntakeError)
def _refused(error: IntakeError) -> Response:
    return refused(error)


def padded(replies: list[SealedReply]) -> bytes:
    """Return an answer that does not tell by its length whether there are replies, up to three."""
    writer = Writer().number(len(replies), 4)
    for reply in replies:
        writer.fixed(reply.name, NAME).fixed(reply.sealed, SEALED)
    answer, size = writer.done(), LEAST_PAGE
    while size < len(answer):
        size *= 2
    return answer.ljust(size, b"\0")


def _received(most: int) -> bytes:
    """Return the body: a capability, and what follows it, ``most`` bytes together."""
    check_type(request, _BODY)
    body, received = Body(request.environ), bytearray()
    while piece := body.receive():
        received += piece
        if len(received) > most:
            raise TooLarge(f"At most {most} bytes can be sent here.")
    if len(received) < _CAPABILITY:
        raise BadRequest("A mailbox capability is needed.", f"It has {_CAPABILITY} bytes.")
    return bytes(received)
