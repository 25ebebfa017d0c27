"""The URLs of uploads. Each route says what happens, one call deep."""

from flask import Blueprint, Response, current_app, request

from intake.body import Body
from intake.errors import IntakeError
from intake.newsroom import Newsroom
from intake.programs import check_type, refused
from intake.uploads import tus
from intake.uploads.errors import NoSuchUpload, NotAllowed
from intake.uploads.turns import HangUp, stay
from intake.uploads.uploads import Uploads
from intake.wire.keyring import SuiteName

uploads = Blueprint("uploads", __name__, url_prefix="/uploads")

#: What a program can say; what it means may be in another header.
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _newsroom() -> Newsroom:
    newsroom: Newsroom = current_app.extensions["newsroom"]
    return newsroom


def _uploads() -> Uploads:
    held: Uploads = current_app.extensions["uploads"]
    return held


def _method() -> str:
    return tus.method(request.method, request.headers)


@uploads.before_request
def _check() -> None:
    """Let through who speaks our version, in a newsroom that takes uploads."""
    if _newsroom().home.keyring.suite is not SuiteName.NACL:
        raise NoSuchUpload
    if _method() != "OPTIONS":
        tus.check_version(request.headers)


@uploads.after_app_request
def _say_version(response: Response) -> Response:
    """Say it in every answer, also where no route of ours was found."""
    if request.path.startswith("/uploads"):
        response.headers["Tus-Resumable"] = tus.VERSION
    return response


@uploads.route("", methods=_METHODS, provide_automatic_options=False)
def all_uploads() -> Response:
    """Say what is spoken here, or make an upload, or join parts of one."""
    if _method() == "OPTIONS":
        return _options()
    if _method() != "POST":
        raise NotAllowed("OPTIONS, POST")
    creation = tus.creation(request.headers)
    if creation.parts:
        whole = _uploads().join(creation.parts)
        return _answer(201, {"Location": whole.url})
    return _create(creation)


@uploads.route("/<untrusted_name>", methods=_METHODS, provide_automatic_options=False)
def one_upload(untrusted_name: str) -> Response:
    """Say where an upload stands, go on with it, or delete it."""
    method, upload = _method(), tus.Upload.parse(untrusted_name)
    if method == "OPTIONS":
        return _options()
    if method == "HEAD":
        return _stands_at(upload)
    if method == "PATCH":
        return _append(upload)
    if method == "DELETE":
        _uploads().delete(upload)
        return _answer(204)
    raise NotAllowed("DELETE, HEAD, OPTIONS, PATCH")


@uploads.errorhandler(IntakeError)
def _refused(error: IntakeError) -> Response:
    response = refused(error)
    if _body().left != 0:
        # What is still under way is not waited for.
        response.headers["Connection"] = "close"
    return response


def _options() -> Response:
    limit = _newsroom().config.max_upload
    headers = {"Tus-Version": tus.VERSION, "Tus-Extension": tus.EXTENSIONS}
    return _answer(204, headers | ({"Tus-Max-Size": str(limit)} if limit else {}))


def _create(creation: tus.Creation) -> Response:
    body = _body()
    has_body = body.left != 0
    if has_body:
        check_type(request, tus.BODY)
    upload, offset = _uploads().create(creation, body, _hang_up())
    headers = {"Location": upload.url}
    return _answer(201, headers | ({"Upload-Offset": str(offset)} if has_body else {}))


def _stands_at(upload: tus.Upload) -> Response:
    offset = _uploads().stands_at(upload)
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size)}
    return _answer(200, headers | ({"Upload-Concat": "partial"} if upload.part else {}))


def _append(upload: tus.Upload) -> Response:
    check_type(request, tus.BODY)
    before = tus.offset(request.headers)
    after = _uploads().append(upload, before, _body(), _hang_up())
    return _answer(204, {"Upload-Offset": str(after)})


def _answer(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(status=status, headers=headers, mimetype="text/plain")


def _body() -> Body:
    return Body(request.environ)


def _hang_up() -> HangUp:
    """Return what cuts this connection, where the server has given us something that does."""
    hang_up: HangUp = request.environ.get("intake.hang_up", stay)
    return hang_up
