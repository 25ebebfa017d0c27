"""PROTOCOL.md, P2.1, what is refused: with which status, in plain text, and nothing has changed."""

from pathlib import Path

import pytest

from intake.wire.envelope import CHUNK, header_size
from intake.wire.labels import MAGIC_ENVELOPE
from tests.newsroom import Desk, GnupgHome, Operator, request
from tests.newsroom.desk import today
from tests.newsroom.http import connect, head, read_answer
from tests.uploads.program import (
    ADDRESS,
    BODY,
    VERSION,
    Program,
    contents,
    is_refusal,
    seal,
    url_of,
)


@pytest.mark.parametrize("version", ["0.2.2", "1.0", "1.0.1", "", "1.0.0,1.0.0"])
def test_another_version_is_412(program: Program, version: str) -> None:
    for method, url in (("POST", "/uploads"), ("PATCH", url_of(5)), ("DELETE", url_of(5))):
        answer = request(program.address, method, url, headers={"Tus-Resumable": version})
        assert is_refusal(answer, 412)
        assert answer.header("Tus-Version") == "1.0.0"
    assert is_refusal(request(program.address, "HEAD", url_of(5)), 412, head=True)


@pytest.mark.parametrize(
    "kind", ["", "application/octet-stream", "multipart/form-data; boundary=x"]
)
def test_another_type_is_415(program: Program, kind: str) -> None:
    headers = {"Content-Type": kind, "Upload-Offset": "0"}
    assert is_refusal(program.ask("PATCH", url_of(69_632), b"x", headers), 415)
    headers = {"Content-Type": kind, "Upload-Length": "69632"}
    assert is_refusal(program.ask("POST", "/uploads", b"x", headers), 415)


def test_another_offset_is_409(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    assert is_refusal(program.patch(sealed.url, 5_000, sealed.envelope[5_000:]), 409)
    program.patch(sealed.url, 0, sealed.envelope[:8_192])
    for offset in (0, 8_191, 8_193, sealed.size):
        assert is_refusal(program.patch(sealed.url, offset, b"x"), 409)
    assert program.offset(sealed.url) == 8_192


def test_more_than_the_length_is_413_and_changes_nothing(
    program: Program, operator: Operator
) -> None:
    sealed = seal(operator.desk)
    assert is_refusal(program.patch(sealed.url, 0, sealed.envelope + b"x"), 413)
    assert program.offset(sealed.url) == 0
    program.patch(sealed.url, 0, sealed.envelope[:8_192])
    assert is_refusal(program.patch(sealed.url, 8_192, sealed.envelope), 413)
    assert program.offset(sealed.url) == 8_192


def test_more_than_the_length_in_chunks_is_413_and_what_fits_stays(
    program: Program, operator: Operator
) -> None:
    sealed = seal(operator.desk)
    headers = {**VERSION, "Upload-Offset": "0", "Content-Type": BODY}
    with connect(program.address) as sock:
        sock.sendall(head("PATCH", sealed.url, {**headers, "Transfer-Encoding": "chunked"}))
        body = sealed.envelope + bytes(5)
        sock.sendall(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        assert is_refusal(read_answer(sock, "PATCH"), 413)
    assert program.offset(sealed.url) == sealed.size
    assert sealed.content in contents(operator)


def test_a_length_over_the_limit_is_413(small: Program) -> None:
    size = header_size(1) + 16 * CHUNK
    assert is_refusal(small.post(upload_length=str(size)), 413)
    assert is_refusal(small.post(upload_length=str(size), upload_concat="partial"), 413)
    assert is_refusal(small.patch(url_of(size), 0, b"x"), 413)
    parts = [url_of(600_000, part=True), url_of(600_000, part=True)]
    assert is_refusal(small.join(parts), 413)


FRONT = MAGIC_ENVELOPE + b"\0\1" + bytes(1_168 + 32)
NO_ENVELOPES = {
    "another magic": b"intakeR1\0\1",
    "one slot too many": MAGIC_ENVELOPE + b"\0\2",
    "no slots": MAGIC_ENVELOPE + b"\0\0",
    "33 slots": MAGIC_ENVELOPE + b"\0\x21",
    "bytes after the MAC": FRONT + b"\1",
    "a byte at the page's end": (FRONT + bytes(4_096))[:4_095] + b"\1",
}


@pytest.mark.parametrize("what", NO_ENVELOPES)
def test_what_does_not_begin_as_an_envelope_is_422(
    program: Program, operator: Operator, what: str
) -> None:
    url, folder = url_of(header_size(1) + CHUNK), operator.home / "store" / "uploads"
    before = set(folder.iterdir())
    body = NO_ENVELOPES[what].ljust(10_000, b"\0")
    assert is_refusal(program.patch(url, 0, body), 422)
    assert program.offset(url) == 0
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("size", [1, 4_096, header_size(1) + CHUNK - 1, header_size(1) + 9 * CHUNK])
def test_a_length_that_no_envelope_has_is_422(program: Program, size: int) -> None:
    assert is_refusal(program.post(upload_length=str(size)), 422)
    assert is_refusal(program.patch(url_of(size), 0, FRONT), 422 if size > 1_000 else 413)


def test_nothing_at_all_is_no_part(program: Program) -> None:
    assert is_refusal(program.post(upload_length="0", upload_concat="partial"), 422)
    assert is_refusal(program.post(upload_length="0"), 422)


def test_less_than_a_header_in_one_request_is_400_and_says_how_much_it_takes(
    program: Program, operator: Operator
) -> None:
    sealed = seal(operator.desk)
    answer = program.patch(sealed.url, 0, sealed.envelope[: header_size(1) - 1])
    assert is_refusal(answer, 400)
    assert f"at least {header_size(1)} bytes" in answer.text
    assert program.patch(sealed.url, 0, sealed.envelope[: header_size(1)]).status == 204


@pytest.mark.parametrize(
    "name",
    [
        *(
            "x",
            "..",
            f"{ADDRESS}",
            f"{ADDRESS}.",
            f"{ADDRESS}.0",
            f"{ADDRESS}.012",
            f"{ADDRESS}.-5",
        ),
        *(f"{ADDRESS.upper()}.5", f"{ADDRESS[1:]}.5", f"{ADDRESS}0.5", f"{ADDRESS}.5.parts"),
        *(f"{ADDRESS}.%D9%A5", f"{ADDRESS}.{2**63}", f"{ADDRESS}.5%0a"),
        *(f"x/{ADDRESS}.5", f"%2e%2e/{ADDRESS}.5", f"{ADDRESS}.5%00", f"{ADDRESS}.{'9' * 500}"),
    ],
)
def test_another_url_is_404(program: Program, name: str) -> None:
    assert is_refusal(program.head(f"/uploads/{name}"), 404, head=True)
    assert is_refusal(program.patch(f"/uploads/{name}", 0, b"x"), 404)
    assert is_refusal(program.delete(f"/uploads/{name}"), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_another_method_is_405_and_says_which_there_are(program: Program, method: str) -> None:
    answer = program.ask(method, url_of(5))
    assert is_refusal(answer, 405)
    assert answer.header("Allow") == "DELETE, HEAD, OPTIONS, PATCH"


def test_only_options_and_post_are_of_all_uploads(program: Program) -> None:
    answer = program.ask("PATCH", "/uploads")
    assert (is_refusal(answer, 405), answer.header("Allow")) == (True, "OPTIONS, POST")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upload-Length": ""},
        {"Upload-Length": "-1"},
        {"Upload-Length": "+5"},
        {"Upload-Length": "05"},
        {"Upload-Length": "5.0"},
        {"Upload-Length": "5,5"},
        {"Upload-Length": "²"},
        {"Upload-Length": str(2**63)},
        {"Upload-Length": "9" * 4_000},
        {"Upload-Defer-Length": "1"},
        {"Upload-Length": "5", "Upload-Concat": "whole"},
        {"Upload-Length": "5", "Upload-Concat": ""},
        {"Upload-Concat": "final"},
        {"Upload-Concat": "final;"},
        {"Upload-Concat": "final;/etc/passwd"},
        {"Upload-Concat": f"final;/uploads/{ADDRESS}.5"},
        {"Upload-Concat": f"final;/uploads/{ADDRESS}.5.part /uploads/{ADDRESS}.5.part"},
        {"Upload-Concat": f"final;/uploads/{ADDRESS}.5.part", "Upload-Length": "5"},
        {"Upload-Concat": "final;http://[/uploads/x"},
        {"Upload-Concat": "final;" + " ".join(url_of(1, part=True) for _ in range(257))},
        {"Upload-Concat": f"final;{url_of(2**62, part=True)} {url_of(2**62, part=True)}"},
    ],
    ids=lambda headers: str(headers)[:60],
)
def test_a_header_that_is_missing_or_none_is_400(program: Program, headers: dict[str, str]) -> None:
    assert is_refusal(program.ask("POST", "/uploads", headers=headers), 400)


@pytest.mark.parametrize("offset", [None, "", "-1", "+0", "00", "0x0", "0,0", "1e3", "٠"])
def test_an_offset_that_is_missing_or_none_is_400(program: Program, offset: str | None) -> None:
    said = {} if offset is None else {"Upload-Offset": offset}
    answer = program.ask("PATCH", url_of(69_632), b"x", {"Content-Type": BODY, **said})
    assert is_refusal(answer, 400)


def test_an_offset_that_is_said_twice_is_400(program: Program) -> None:
    lines = f"PATCH {url_of(69_632)} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
    lines += f"Content-Type: {BODY}\r\nUpload-Offset: 0\r\nUpload-Offset: 0\r\n\r\n"
    with connect(program.address) as sock:
        sock.sendall(lines.encode())
        assert is_refusal(read_answer(sock, "PATCH"), 400)


def test_parts_that_are_not_all_there_are_409_and_stay(
    program: Program, operator: Operator
) -> None:
    sealed = seal(operator.desk)
    [first, second] = program.parts(sealed.envelope, 100_000)
    missing = url_of(sealed.size - 100_000, part=True)
    assert is_refusal(program.join([first, missing]), 409)
    assert program.offset(first) == 100_000
    assert program.join([first, second]).status == 201


def test_parts_that_are_no_envelope_are_422_and_stay(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    [first, second] = program.parts(sealed.envelope, 100_000)
    for parts in ([second, first], [first], [second]):
        assert is_refusal(program.join(parts), 422)
    assert program.offset(first) == 100_000
    assert program.join([first, second]).status == 201


def test_a_newsroom_of_the_gpg_suite_takes_none(tmp_path: Path, gnupg: GnupgHome) -> None:
    operator = Operator(tmp_path, Desk(gnupg=gnupg))
    with operator.serve() as server:
        program = Program(server.address)
        for method in ("OPTIONS", "POST"):
            assert is_refusal(program.ask(method, "/uploads"), 404)
        assert is_refusal(program.patch(url_of(69_632), 0, b"x"), 404)
        assert program.head(url_of(69_632)).status == 404


def test_a_closed_newsroom_takes_nothing_new_and_says_why(tmp_path: Path) -> None:
    desk = Desk(first_day=today() - 9, last_day=today() - 1)
    with Operator(tmp_path, desk).serve() as server:
        program = Program(server.address)
        for answer in (
            program.post(upload_length=str(header_size(1) + CHUNK)),
            program.post(b"x", upload_length="1", upload_concat="partial"),
            program.patch(url_of(header_size(1) + CHUNK), 0, FRONT),
        ):
            assert is_refusal(answer, 503)
            assert "closed at the moment" in answer.text


def test_no_page_is_shown_to_a_program(program: Program) -> None:
    for path in ("/uploads/a/b", "/mailbox", "/mailbox/x", "/uploads"):
        for method in ("GET", "PUT", "PROPFIND"):
            answer = request(program.address, method, path, headers={"Accept": "text/html"})
            assert (answer.header("Content-Type") or "").startswith("text/plain")
            assert 400 <= answer.status < 500
