"""Whatever a program says, the server answers with a refusal, and never fails."""

import errno
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from intake.programs import BadRequest
from intake.uploads import tus
from intake.uploads.errors import NoSuchUpload
from intake.wire.envelope import CHUNK, MAX_SLOTS, header_size
from intake.wire.labels import MAGIC_ENVELOPE
from tests.newsroom import Operator, Server
from tests.newsroom.http import free_port, raw
from tests.uploads.program import BODY, Program, url_of

numbers = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["", " 5", "5 ", "+5", "0x5", "1e9", "5.", "٥", "5,5", "null", "NaN", "-0"]),
    st.text(max_size=8),
)
addresses = st.one_of(st.binary(min_size=32, max_size=32).map(bytes.hex), st.text(max_size=70))
names = st.builds(
    "{}{}{}{}".format,
    addresses,
    st.sampled_from([".", "", "..", "/"]),
    numbers,
    st.sampled_from(["", ".part", ".PART", ".part.part"]),
)


@given(name=names)
def test_an_url_is_an_upload_whose_url_it_is_or_none(name: str) -> None:
    try:
        upload = tus.Upload.parse(name)
    except NoSuchUpload:
        return
    assert upload.name == name
    assert len(upload.address) == 32
    assert 0 < upload.size < 2**63


@given(
    address=st.binary(min_size=32, max_size=32), size=st.integers(1, 2**63 - 1), part=st.booleans()
)
def test_every_upload_has_an_url_that_is_it(address: bytes, size: int, part: bool) -> None:
    upload = tus.Upload(address, size, part)
    assert tus.Upload.parse(upload.name) == upload
    assert upload.url == f"/uploads/{upload.name}"


@given(length=numbers, concat=st.one_of(st.none(), st.text(max_size=20), names))
def test_a_creation_is_read_or_refused(length: str, concat: str | None) -> None:
    headers = Headers({"Upload-Length": length.replace("\r", "").replace("\n", "")})
    if concat is not None:
        headers["Upload-Concat"] = concat.replace("\r", "").replace("\n", "")
    try:
        creation = tus.creation(headers)
    except BadRequest:
        return
    assert str(creation.size) == length
    assert creation.part == (concat == "partial")


@given(
    urls=st.lists(names, max_size=5), prefix=st.sampled_from(["", "/uploads/", "http://x/uploads/"])
)
def test_what_is_to_be_joined_is_parts_or_refused(urls: list[str], prefix: str) -> None:
    value = "final;" + " ".join(prefix + url for url in urls).replace("\r", "").replace("\n", "")
    try:
        creation = tus.creation(Headers({"Upload-Concat": value}))
    except BadRequest:
        return
    assert len(creation.parts) == len(value.removeprefix("final;").split())
    assert creation.size == sum(part.size for part in creation.parts)


def test_no_upload_shows_its_address() -> None:
    upload = tus.Upload(os.urandom(32), 69_632)
    assert repr(upload) == "<Upload>"
    assert upload.address.hex() not in repr(upload.kept_as)


def test_the_address_of_what_is_joined_depends_on_each_part_and_their_order() -> None:
    parts = tuple(tus.Upload(bytes([n]) * 32, 100 + n, part=True) for n in range(3))
    joined = [tus.Upload.joined(some) for some in (parts, parts[::-1], parts[:2])]
    assert len({one.address for one in joined}) == 3
    assert joined[0] == tus.Upload.joined(parts)
    assert joined[0].size == 303
    assert not joined[0].part


# --- A real server ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Server]:
    with operator.serve(listen=f"127.0.0.1:{free_port()}") as running:
        yield running


SIZE = header_size(1) + CHUNK
FRONT = MAGIC_ENVELOPE + b"\0\1" + bytes(4_086)
URLS = st.sampled_from(
    [
        *("/uploads", "/uploads/", "/uploads/x", "/uploads/%ff", "/uploads/..%2f..", "/uploads?a"),
        *(url_of(SIZE), url_of(SIZE, part=True), url_of(1, part=True), url_of(2**63 - 1)),
        *(f"{url_of(SIZE)}%00", f"{url_of(SIZE)}?x", url_of(10**12)),
        *("/mailbox", "/mailbox/delete", "/mailbox/", "/mailbox/x"),
    ]
)
HEADERS = st.sampled_from(
    [
        *("Tus-Resumable: 1.0.0", "Tus-Resumable: 1.0.0", "tus-resumable: 1.0.0", "Tus-Resumable:"),
        *("Upload-Offset: 0", "Upload-Offset: 4096", "Upload-Offset: -1", "Upload-Offset: \xb2"),
        *(f"Upload-Length: {SIZE}", "Upload-Length: 0", f"Upload-Length: {10**30}"),
        *("Upload-Concat: partial", "Upload-Concat: final;", f"Upload-Concat: final;{url_of(5)}"),
        f"Upload-Concat: final;{url_of(5, part=True)} {url_of(9, part=True)}",
        *("Upload-Defer-Length: 1", "Upload-Metadata: \xff", "Upload-Checksum: sha1 x"),
        *("X-HTTP-Method-Override: PATCH", "X-HTTP-Method-Override: \xff"),
        *(f"Content-Type: {BODY}", f"Content-Type: {BODY}", "Content-Type:"),
        "Content-Type: application/octet-stream",
        *("Expect: 100-continue", "Transfer-Encoding: chunked", "Upgrade: websocket", "Host: ["),
    ]
)
BODIES = {
    "nothing": b"",
    "a byte": b"x",
    "a header": FRONT,
    "an envelope": FRONT + bytes(CHUNK),
    "less than a header": FRONT[:4_000],
    "no envelope": bytes(70_000),
    "a chunk": b"5\r\nhello\r\n0\r\n\r\n",
}


@given(
    method=st.sampled_from(["POST", "PATCH", "HEAD", "DELETE", "OPTIONS", "GET", "PUT", "\xff"]),
    url=URLS,
    headers=st.lists(HEADERS, max_size=6),
    what=st.sampled_from(sorted(BODIES)),
    missing=st.sampled_from([0, 0, 0, 5, -5]),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_request_makes_the_server_fail(
    server: Server, method: str, url: str, headers: list[str], what: str, missing: int
) -> None:
    body = BODIES[what]
    length = max(0, len(body) + missing)
    lines = [f"{method} {url} HTTP/1.1", *headers, f"Content-Length: {length}", "", ""]
    try:
        answer = raw(server.address, "\r\n".join(lines).encode("latin-1") + body)
    except OSError as reset:
        # What is no HTTP is answered by hanging up, which says as much.
        if reset.errno not in (errno.ENOTCONN, errno.ECONNRESET, errno.EPIPE):
            raise
        return
    # A length for which no disk has room is no mistake of the server's.
    assert not answer.startswith(b"HTTP/1.1 5") or answer.startswith(b"HTTP/1.1 507 "), answer[:300]
    assert b"<html" not in answer.lower()


@given(front=st.binary(max_size=20), slots=st.integers(0, MAX_SLOTS + 1), data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_first_page_makes_the_server_fail(
    server: Server, front: bytes, slots: int, data: st.DataObject
) -> None:
    program, url = Program(server.address), url_of(SIZE)
    body = bytearray(FRONT + bytes(CHUNK))
    body[8:10] = slots.to_bytes(2, "big")
    at = data.draw(st.integers(0, len(FRONT) - 20))
    body[at : at + len(front)] = front
    assert program.patch(url, 0, bytes(body)).status in (204, 422)


def test_the_server_has_complained_of_nothing(server: Server) -> None:
    """Last in the file, for all that was asked of it above."""
    assert server.stderr() == ""
    assert Program(server.address).offset(url_of(SIZE)) == 0
