"""Uploads' URLs and headers (P2.1): a name, and what a request says of it.

Parts: the last segment of a URL; then names and values of headers, by turns.
"""

from collections.abc import Iterator

from werkzeug.datastructures import Headers

from intake.programs import Refusal
from intake.uploads import tus
from intake.wire.envelope import header_size
from tests.fuzz.recipes import joined, parts_of

LONGEST = 1_024
RATE = 5_000

_NAMES = (
    "Upload-Length",
    "Upload-Offset",
    "Upload-Concat",
    "Tus-Resumable",
    "X-HTTP-Method-Override",
)
_ADDRESS = "0123456789abcdef" * 4


def one_input(data: bytes) -> None:
    name, *values = [part.decode("latin-1") for part in parts_of(data)] or [""]
    _check_name(name)
    headers = Headers(list(zip(_NAMES, (_sent(value) for value in values), strict=False)))
    try:
        tus.check_version(headers)
        assert headers["Tus-Resumable"] == "1.0.0"
    except Refusal as error:
        assert error.status == 412
    try:
        assert 0 <= tus.offset(headers) < 1 << 63
    except Refusal as error:
        assert error.status == 400
    try:
        creation = tus.creation(headers)
    except Refusal as error:
        assert error.status == 400
        return
    assert 0 <= creation.size < 1 << 63
    if creation.parts:
        assert all(part.part for part in creation.parts)
        assert len(set(creation.parts)) == len(creation.parts)
        whole = tus.Upload.joined(creation.parts)
        assert whole.size == creation.size
        assert tus.Upload.parse(whole.name) == whole


def _check_name(name: str) -> None:
    try:
        upload = tus.Upload.parse(name)
    except Refusal as error:
        assert error.status == 404
        return
    assert upload.name == name
    assert upload.url == f"/uploads/{name}"
    assert 0 < upload.size < 1 << 63
    # Neither what it is kept under, nor what it is remembered by, tells the address.
    kept = upload.kept_as
    assert (kept.size, kept.part) == (upload.size, upload.part)
    assert kept.id not in upload.address.hex()
    assert upload.digest != upload.address


def _sent(value: str) -> str:
    """Return a header's value as a server lets it through: without line ends."""
    return value.replace("\r", "").replace("\n", "")


def seeds() -> Iterator[bytes]:
    size = str(header_size(1) + 65_536)
    names = [
        f"{_ADDRESS}.{size}",
        f"{_ADDRESS}.{size}.part",
        f"{_ADDRESS}.0",
        f"{_ADDRESS}.9223372036854775808",
        _ADDRESS.upper(),
    ]
    urls = f"/uploads/{_ADDRESS}.5.part http://x.onion/uploads/{_ADDRESS}.6.part"
    for name in names:
        for values in (
            (size, "0", "partial", "1.0.0", ""),
            ("", "007", f"final;{urls}", "1.0.0", "PATCH"),
            (size, "", "final;", "0.2", ""),
            ("1", "\u00b2", f"final; {urls} {urls}"),
        ):
            yield joined([name.encode(), *(value.encode("latin-1") for value in values)])
