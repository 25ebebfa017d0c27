"""Answers to programs: plain text, in English, one line what happened and one line what to do.

No page, since nobody sees it: a program says it to its user in words of its own.
"""

from collections.abc import Mapping

from flask import Request, Response
from werkzeug.exceptions import HTTPException

from intake.errors import DiskFull, IntakeError, Taken, TooManyUploads

#: What lies here is for programs alone.
_PLACES = ("uploads", "mailbox")


class Refusal(IntakeError):
    """Base of what ends a program's request.

    Attributes:
        status: of the HTTP answer.
        headers: of the answer, besides the usual.
    """

    status = 400
    headers: Mapping[str, str] = {}


class BadRequest(Refusal):
    """A header or a body is missing, or not what the protocol has there."""


class TooLarge(Refusal):
    """More than was announced, or than is allowed."""

    status = 413


class WrongType(Refusal):
    """The body is of another type than the protocol has there."""

    status = 415

    def __init__(self, expected: str) -> None:
        super().__init__("The body is of a wrong type.", f"Its Content-Type has to be {expected}.")


def check_type(request: Request, expected: str) -> None:
    """Raise ``WrongType`` where the body is not said to be of this type."""
    if request.headers.get("Content-Type", "").strip().lower() != expected:
        raise WrongType(expected)


def is_for_programs(request: Request) -> bool:
    """Return whether an answer to this will be read by a program."""
    return request.path.strip("/").partition("/")[0] in _PLACES


def refused(error: IntakeError) -> Response:
    """Return what a program is told of an error."""
    headers: Mapping[str, str] = {}
    if isinstance(error, Refusal):
        status, headers = error.status, error.headers
    else:
        status = _STATUS.get(type(error), 400)
    message, hint = error.message, error.hint
    if isinstance(error, DiskFull):
        # What it says itself is for the operator.
        message, hint = _FULL
    lines = [message, hint] if hint else [message]
    response = Response("".join(f"{line}\n" for line in lines), status, mimetype="text/plain")
    response.headers.update(headers)
    return response


def failed(error: HTTPException) -> Response:
    """Return what a program is told of what no code of ours has foreseen."""
    return Response(f"{error.name}.\n", error.code or 500, mimetype="text/plain")


_FULL = (
    "There is no room for that at the moment.",
    "Wait until the newsroom has fetched what is here. What came before is kept.",
)
_STATUS: Mapping[type[IntakeError], int] = {DiskFull: 507, TooManyUploads: 503, Taken: 422}
