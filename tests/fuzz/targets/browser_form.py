"""A form as browsers write it: what was typed and chosen is what would be sealed, byte for byte.

The first part is a byte, the size of the pieces it comes in, by eights; then the message; then for
each file its name, its type, and its content.
"""

from collections.abc import Iterator

from intake.body import Body
from intake.derivations import stays
from intake.form import receive
from intake.problems import CodenameInMessage, NothingToSend
from intake.submission import Receipt, Submission, shorten
from intake.wire.record import MAX_MEDIA_TYPE, MAX_NAME, Ending, Kind
from tests.fuzz.recipes import joined, parts_of
from tests.fuzz.sink import CODENAME, Sink, Stream, speak_english
from tests.newsroom.http import BOUNDARY, File, form_parts, multipart

LONGEST = 8_192
RATE = 200

_PLAIN_TEXT = "text/plain; charset=utf-8"

speak_english()


def one_input(data: bytes) -> None:
    size, message, *rest = [*parts_of(data), b"", b""]
    if any(BOUNDARY.encode() in part for part in (message, *rest)):
        return
    chosen = zip(rest[::3], rest[1::3], rest[2::3], strict=False)
    files = [File(_name(name), content, _type(kind)) for name, kind, content in chosen]
    text = message.decode("utf-8", "replace")
    newsroom = Sink()
    try:
        receipt = _send(newsroom, text, files, pieces=8 * (size or b"\0")[0] + 8)
    except CodenameInMessage:
        return
    except NothingToSend:
        receipt = Receipt()
    expected = [(Kind.MESSAGE, "", _PLAIN_TEXT, text.encode())] if text.encode().strip() else []
    sent = [file for file in files if file.name or file.content]
    for file in sent:
        name, kind = shorten(file.name, MAX_NAME), shorten(file.media_type, MAX_MEDIA_TYPE)
        expected.append((Kind.FILE, name, kind, file.content))
    assert expected == [
        (noted.header.kind, noted.header.name, noted.header.media_type, noted.content)
        for noted in newsroom.noted
    ]
    assert all(noted.ending is Ending.COMPLETE for noted in newsroom.noted)
    assert [item.size for item in receipt.items] == [len(file.content) for file in sent]


def _send(newsroom: Sink, text: str, files: list[File], pieces: int) -> Receipt:
    headers, body = multipart(form_parts(CODENAME, text, files))
    environ = {"wsgi.input": Stream(body, pieces), "CONTENT_LENGTH": str(len(body))}
    submission = Submission(newsroom, stays)
    try:
        receive(Body(environ), headers["Content-Type"], submission)
        return submission.end()
    finally:
        submission.close()


def _name(untrusted: bytes) -> str:
    """Return a name that browsers write so that it can be read back, and no path of Windows'."""
    name = untrusted.decode("utf-8", "replace")
    return name.replace("%", "_").replace("\\", "_").replace("\0", "_")


def _type(untrusted: bytes) -> str:
    """Return a type as browsers know them."""
    text = untrusted.decode("latin-1")
    return "".join(char for char in text if char.isascii() and char.isprintable()).strip()


def seeds() -> Iterator[bytes]:
    yield joined((b"\7", b"Hello.", b"a.txt", b"text/plain", b"content"))
    yield joined((b"\0", b"", 'تقرير "x"; filename=y.txt'.encode(), b"", b"\r\n--"))
    yield joined((b"\xff", b" \n", b"", b"application/octet-stream", b""))
    yield joined((b"\1", b"a", b"two\nlines\r.txt", b"a/b; c=d", b"\n", b" b ", b"", b""))
