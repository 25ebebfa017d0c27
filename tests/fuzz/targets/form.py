"""The form, by the push parser and a real submission, into a newsroom that keeps nothing.

Three parts: the body's type; how it comes, in three bytes: the size of a piece, how much longer it
is said to be, and whether it says so at all; and the body. It has to be taken for the same whatever
the pieces it comes in.
"""

from collections.abc import Iterator

from intake.body import Body
from intake.derivations import stays
from intake.form import receive
from intake.problems import (
    BadForm,
    CodenameInMessage,
    Interrupted,
    MessageTooLong,
    NothingToSend,
    Problem,
    Slip,
)
from intake.submission import Submission
from intake.wire.record import MAX_MEDIA_TYPE, MAX_NAME, Kind
from tests.fuzz.recipes import joined, parts_of
from tests.fuzz.sink import CODENAME, Noted, Sink, Stream, speak_english

LONGEST = 4_096
RATE = 250

_EXPECTED = (BadForm, CodenameInMessage, Interrupted, MessageTooLong, NothingToSend, Slip)
_CODENAME_MARK = b"\xc0"

speak_english()


def one_input(data: bytes) -> None:
    kind, how, body = [*parts_of(data), b"", b"", b""][:3]
    piece, longer, declared = [*how, 0, 0, 0][:3]
    body = body.replace(_CODENAME_MARK, CODENAME.encode())
    length = len(body) + longer if declared & 1 else None
    whole = _take(kind.decode("latin-1"), body, len(body) or 1, length)
    pieces = _take(kind.decode("latin-1"), body, piece + 1, length)
    # Damage may be seen sooner in pieces, or later; what is in order is the same.
    assert "BadForm" in (whole[2], pieces[2]) or whole == pieces


Taken = tuple[list[Noted], list[tuple[str, int, bool]], str]


def _take(kind: str, body: bytes, piece: int, length: int | None) -> Taken:
    """Return what would have been stored, the receipt, and the name of the problem."""
    newsroom, problem = Sink(), ""
    environ = {"wsgi.input": Stream(body, piece), "HTTP_TRANSFER_ENCODING": "chunked"}
    if length is not None:
        environ = {"wsgi.input": Stream(body, piece), "CONTENT_LENGTH": str(length)}
    submission = Submission(newsroom, stays)
    try:
        receive(Body(environ), kind, submission)
        submission.end()
    except Problem as error:
        assert isinstance(error, _EXPECTED), error
        problem = type(error).__name__
    finally:
        submission.close()
    for noted in newsroom.noted:
        assert len(noted.header.name.encode()) <= MAX_NAME
        assert len(noted.header.media_type.encode()) <= MAX_MEDIA_TYPE
        assert noted.header.kind in (Kind.MESSAGE, Kind.FILE)
    items = [(item.name, item.size, item.complete) for item in submission.receipt.items]
    return newsroom.noted, items, problem


def seeds() -> Iterator[bytes]:
    bodies = [
        _part("codename", _CODENAME_MARK) + _part("message", b"Hello.") + b"--b--\r\n",
        _part("codename", _CODENAME_MARK) + _file("a.txt", b"12") + _file("", b"") + b"--b--\r\n",
        _part("message", b"early") + _part("codename", _CODENAME_MARK) + b"--b--\r\n",
        _part("codename", b"six words are too few here") + _file("a", b"\r\n--b") + b"--b--",
        _part("codename", _CODENAME_MARK) + _file("a\xc3\xa9%22\\b", b"\r\n-\r\n--c"),
        _part("codename", _CODENAME_MARK)
        + _part("other", b"x")
        + _part("message", b" \n")
        + b"--b--",
        b"preamble\r\n"
        + _part("codename", _CODENAME_MARK)
        + _part("message", _CODENAME_MARK)
        + b"--b--",
    ]
    for body in bodies:
        for how in (b"\0\0\1", b"\6\0\1", b"\1\5\1", b"\2\0\0"):
            yield joined((b"multipart/form-data; boundary=b", how, body))
    fields = b"codename=" + _CODENAME_MARK + b"&message=%41+b&files=%ff"
    yield joined((b"application/x-www-form-urlencoded", b"\3\0\1", fields))
    yield joined((b"text/plain", b"\3\0\1", fields))
    yield joined((b'multipart/form-data; charset="x"; boundary="b \\" c"', b"\3\0\1", b"--b"))


def _part(name: str, content: bytes) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def _file(name: str, content: bytes) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
    return head.encode("latin-1") + b"Content-Type: text/plain\r\n\r\n" + content + b"\r\n"
