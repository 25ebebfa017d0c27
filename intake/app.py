"""The Flask application: the pages, and nothing that remembers."""

from pathlib import Path

from flask import Flask, Response
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from intake import headers, i18n
from intake.newsroom import Newsroom
from intake.pages import pages, problem
from intake.problems import Problem
from intake.quiet import QuietFlask

#: Bytes of a body that Werkzeug's own parser may see; the form for files never goes through it.
_MAX_BODY = 64 * 1024


_STATIC = Path(__file__).with_name("static")


class _PageMissing(Problem):
    """There is nothing at this address, or not by this method."""

    def __init__(self, status: int) -> None:
        super().__init__(
            _("There is no such page"),
            _("The address may have been typed wrong, or the form was not made by this page."),
            _("Begin at the first page."),
        )
        self.status = status
        self.lost = ""


class _Failed(Problem):
    """A mistake in the server."""

    status = 500

    def __init__(self) -> None:
        super().__init__(
            _("Something failed on the server"),
            _("It is not your fault, and nothing about you was written down."),
            _("Try again. What was not confirmed to you must be sent again."),
        )


def create_app(newsroom: Newsroom) -> Flask:
    """Return the WSGI application for a newsroom."""
    app = QuietFlask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = _MAX_BODY
    app.url_map.strict_slashes = False
    app.extensions["newsroom"] = newsroom
    app.add_url_rule("/static/<any('style.css'):filename>", "static", _static)
    app.register_blueprint(pages)
    app.register_error_handler(HTTPException, _http_error)
    i18n.init(app)
    headers.init(app)
    return app


def _static(filename: str) -> Response:
    """Return the stylesheet without what a file would tell: no dates, no tag made of them."""
    return Response((_STATIC / filename).read_bytes(), mimetype="text/css")


def _http_error(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    return problem(_Failed() if status >= 500 else _PageMissing(status))
