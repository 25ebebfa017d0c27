"""The Flask application: the pages, and nothing that remembers."""

import gzip
from functools import cache
from pathlib import Path

from flask import Flask, Response, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from intake import headers, i18n, programs
from intake.arriving import Arrivals
from intake.mailbox import mailbox
from intake.newsroom import Newsroom
from intake.pages import pages, problem
from intake.problems import Problem
from intake.progress import progress
from intake.quiet import QuietFlask
from intake.script import script
from intake.uploads.routes import uploads
from intake.uploads.uploads import Uploads

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
    # A redirect would repeat the Host that a request came with.
    app.url_map.merge_slashes = False
    app.extensions["newsroom"] = newsroom
    app.extensions["uploads"] = Uploads(newsroom)
    app.add_url_rule("/static/<any('style.css', 'script.js'):filename>", "static", _static)
    app.extensions["arrivals"] = Arrivals()
    app.register_blueprint(pages)
    app.register_blueprint(progress)
    app.register_blueprint(uploads)
    app.register_blueprint(mailbox)
    app.register_error_handler(HTTPException, _http_error)
    i18n.init(app)
    headers.init(app)
    # Now, and not when they are needed: where no more files can be opened, a page has to say so.
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    return app


def _static(filename: str) -> Response | tuple[Response, int]:
    """Return a file without what a file would tell: no dates, no tag made of them.

    The script as it was when its hash was taken; or nothing, since it may not have been made.
    """
    if filename == "style.css":
        return Response((_STATIC / filename).read_bytes(), mimetype="text/css")
    content = script().content
    if content is None:
        return problem(_PageMissing(404))
    if not request.accept_encodings["gzip"]:
        return Response(content, mimetype="text/javascript")
    packed = Response(_packed(content), mimetype="text/javascript")
    packed.headers["Content-Encoding"] = "gzip"
    return packed


@cache
def _packed(content: bytes) -> bytes:
    """Return what every browser unpacks, and Tor carries in a fourth of the time."""
    return gzip.compress(content, mtime=0)


def _http_error(error: HTTPException) -> Response | tuple[Response, int]:
    if programs.is_for_programs(request):
        return programs.failed(error)
    status = error.code or 500
    return problem(_Failed() if status >= 500 else _PageMissing(status))
