"""The source's pages. Each route says what happens, one call deep."""

import sys
from contextlib import suppress
from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, render_template, request

from intake import keyring_page, lasting, progress
from intake.body import Body
from intake.browsers import warnings_for
from intake.days import date_of
from intake.derivations import HasGone, Purpose, stays
from intake.errors import DiskFull, SealingFailed
from intake.form import MAX_MESSAGE, receive
from intake.i18n import LANGUAGES, choose, direction, human_size, in_language
from intake.newsroom import Newsroom
from intake.problems import (
    Busy,
    CodenameInMessage,
    NoRoom,
    NoRoomAtAll,
    NothingToSend,
    NotStored,
    Problem,
    Slip,
    TooLarge,
)
from intake.quiet import told
from intake.script import script
from intake.submission import Receipt, Submission
from intake.wire.codename import Thread, split
from intake.wire.keyring import SuiteName
from intake.wordlists import FILES, words

pages = Blueprint("pages", __name__)

_ON_THE_FORM = Slip | Busy | CodenameInMessage | NothingToSend

#: Bytes of the forms that carry a codename and no files.
MAX_FORM = 16 * 1024


def _newsroom() -> Newsroom:
    newsroom: Newsroom = current_app.extensions["newsroom"]
    return newsroom


def _script() -> str | None:
    """Return what pages name the script by, where there is one and it knows the suite."""
    # Also where the newsroom is closed: replies are opened by it.
    is_nacl = _newsroom().home.keyring.suite is SuiteName.NACL
    return script().integrity if is_nacl else None


def _ends() -> date | None:
    """Return the last day for sending, where it is near."""
    newsroom = _newsroom()
    keyring = newsroom.home.keyring
    is_soon = lasting.is_soon_for_sources(keyring, newsroom.day)
    return date_of(keyring.last_day) if is_soon and newsroom.is_open() else None


def _language() -> str:
    return choose(request.args.get("lang"), request.accept_languages)


@pages.app_context_processor
def _common() -> dict[str, object]:
    chosen = request.args.get("lang")
    return {
        "newsroom": _newsroom().config.name,
        "lang": _language(),
        "dir": direction(_language()),
        "languages": list(LANGUAGES.items()),
        # Escaped as it came: bare, the path of /%5Cx.org would lead browsers to another host.
        "path": "/replies" if request.path == "/replies/delete" else quote(request.path),
        "url": lambda path: in_language(path, chosen) if chosen in LANGUAGES else path,
        "warnings": warnings_for(request.headers),
        "one_time_name": progress.new_name(),
        "closed": not _newsroom().is_open(),
        "ends": _ends(),
        "script": _script(),
        "has_codename_word_list_lang": _language() in FILES,
    }


@pages.get("/")
def index() -> str:
    """What this is, and the ways on."""
    return render_template("index.html")


@pages.get("/submit")
def submit_form() -> str:
    """The form; with a new codename for those who have none. Nothing is stored."""
    return _submit_page(fresh="have" not in request.args)


@pages.post("/submit")
def submit() -> str:
    """Take a submission while it streams in, and answer when all of it is durable."""
    body = Body(request.environ)
    progress.begin(body)
    _check_size(body)
    submission = Submission(_newsroom(), _has_gone())
    try:
        receive(body, request.headers.get("Content-Type", ""), submission)
        receipt = submission.end()
    except Problem as error:
        raise _with_codename(error, submission) from error.__cause__
    except DiskFull as error:
        raise _with_codename(_no_room(), submission) from error
    except SealingFailed as error:
        raise _with_codename(NotStored(), submission) from error
    except OSError as error:
        sys.stderr.write(told(error))
        raise _with_codename(NotStored(), submission) from error
    finally:
        # What cannot be kept on a disk that fails is found when the server starts anew.
        with suppress(OSError):
            submission.close()
    return _receipt_page(receipt)


@pages.get("/replies")
def replies_form() -> str:
    """The form that asks for the codename."""
    return render_template("login.html", problem=None)


@pages.post("/replies")
def replies() -> str:
    """The replies to a codename, with forms to delete them and to write back."""
    thread = _reading()
    return _replies_page(thread, deleted=None)


@pages.post("/replies/delete")
def delete_replies() -> str:
    """Delete one reply, or all."""
    thread = _reading()
    deleted = _newsroom().delete_replies(thread, request.form.get("reply", ""))
    return _replies_page(thread, deleted=deleted)


@pages.get("/keyring")
def keyring() -> Response | str:
    """The signed keyring as it is; for a browser a page about it, unless ``raw`` is asked for."""
    signed = _newsroom().home.keyring_bytes
    if "raw" not in request.args and "text/html" in request.headers.get("Accept", ""):
        return render_template("keyring.html", **keyring_page.facts(_newsroom().home.keyring))
    response = Response(signed, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = 'attachment; filename="keyring"'
    return response


@pages.get("/words/<language>")
def word_list(language: str) -> Response:
    """The list that codenames are drawn from, for browsers that draw them."""
    if language not in LANGUAGES:
        abort(404)
    return Response("".join(f"{word}\n" for word in words(language)), mimetype="text/plain")


@pages.get("/protection")
def protection() -> str:
    """What protects a source here, and what does not."""
    suite = _newsroom().home.keyring.suite
    return render_template("protection.html", has_epochs=suite is SuiteName.NACL)


@pages.get("/favicon.ico")
def icon() -> Response:
    """Nothing: browsers ask for it, and a page to say so would be long."""
    return Response(status=204)


@pages.app_errorhandler(Problem)
def problem(error: Problem) -> tuple[Response, int]:
    """Say what is wrong, where possible on the form that it is about."""
    progress.refused(error)
    if request.path == "/submit" and isinstance(error, _ON_THE_FORM):
        page = _submit_page(fresh=False, problem=error)
    elif isinstance(error, Slip | Busy):
        page = render_template("login.html", problem=error, codename=error.codename)
    else:
        page = render_template(
            "error.html",
            title=error.title,
            message=error.message,
            lost=error.lost,
            hint=error.hint,
            codename=error.codename,
            status=error.status,
        )
    response = Response(page, mimetype="text/html")
    if request.path == "/submit" and request.method == "POST":
        # What is still under way of the form is not waited for.
        response.headers["Connection"] = "close"
    return response, error.status


def _with_codename(error: Problem, submission: Submission) -> Problem:
    """Have the page say the codename once more: a fresh one may not have been learnt yet."""
    error.codename = error.codename or submission.receipt.codename
    return error


def _reading() -> Thread:
    """Return what the codename of a form without files stands for."""
    request.max_content_length = MAX_FORM
    codename = request.form.get("codename", "")
    return _newsroom().thread_of(codename, Purpose.READING, _has_gone())


def _has_gone() -> HasGone:
    """Return what says whether this connection has ended, where the server gave us such."""
    has_gone: HasGone = request.environ.get("intake.has_gone", stays)
    return has_gone


def _check_size(body: Body) -> None:
    """Refuse before the first byte what cannot end well."""
    size = body.left or 0
    limit = _newsroom().config.max_upload
    # A body that does not say its length comes from no browser, and could not be held to a limit.
    if limit and (body.left is None or size > limit):
        raise TooLarge(human_size(limit))
    # A message is taken to its end, so that the answer can say its codename once more.
    if size > MAX_MESSAGE and size > _newsroom().store.room(for_message=False):
        raise _no_room()


def _no_room() -> Problem:
    """Return what is true: the reserve may be full as well."""
    has_reserve = _newsroom().store.room(for_message=True) > MAX_MESSAGE
    return NoRoom() if has_reserve else NoRoomAtAll()


def _submit_page(*, fresh: bool, problem: Problem | None = None) -> str:
    limit = _newsroom().config.max_upload
    return render_template(
        "submit.html",
        codename=_newsroom().new_codename(_language()) if fresh else problem and problem.codename,
        # A fresh one may not have been learnt yet, and a field may be too narrow for it.
        passed=None if isinstance(problem, Slip) else problem and problem.codename,
        fresh=fresh,
        problem=problem,
        message_text=problem and problem.text,
        max_upload=human_size(limit) if limit else None,
    )


def _receipt_page(receipt: Receipt) -> str:
    return render_template(
        "receipt.html",
        codename=receipt.codename,
        message_size=receipt.message_size,
        items=receipt.items,
        incomplete=not all(item.complete for item in receipt.items),
    )


def _replies_page(thread: Thread, *, deleted: int | None) -> str:
    found = _newsroom().replies(thread)
    return render_template(
        "replies.html",
        codename=" ".join(split(request.form["codename"])),
        replies=[
            {
                "id": one.name,
                "text": one.reply.text,
                "day": date_of(one.reply.day),
            }
            for one in found
        ],
        deleted=deleted,
    )
