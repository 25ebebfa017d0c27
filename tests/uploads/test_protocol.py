"""PROTOCOL.md, P2.1, row by row: what is asked, what is answered."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.wire.envelope import CHUNK, PAGE, header_size
from intake.wire.labels import MAGIC_ENVELOPE
from tests.newsroom import Answer, Desk, GnupgHome, Operator, Server, request
from tests.newsroom.desk import today
from tests.newsroom.http import connect, head, read_answer
from tests.uploads.program import BODY, Program, seal, url_of

VERSION = {"Tus-Resumable": "1.0.0"}
ADDRESS = "ab" * 32


@pytest.fixture
def program(server: Server) -> Program:
    return Program(server.address)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program at a newsroom that takes a megabyte at a time."""
    operator = Operator(tmp_path_factory.mktemp("small"), Desk(), "--max-upload", "1M")
    with operator.serve() as server:
        yield Program(server.address)


def is_refusal(answer: Answer, status: int, *, head: bool = False) -> bool:
    """Return whether an answer is as a program is refused: plain text of two lines at the most."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert answer.header("Tus-Resumable") == "1.0.0"
    assert answer.header("Cache-Control") == "no-store"
    return head or 1 <= len(answer.text.splitlines()) <= 2


def opened(operator: Operator) -> list[bytes]:
    return [one.content for one in operator.desk.open_all(operator.collect())]


# --- What each request does -------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/uploads", "/uploads/", f"/uploads/{ADDRESS}.100"])
def test_options_say_what_is_spoken_to_whoever_asks(server: Server, path: str) -> None:
    answer = request(server.address, "OPTIONS", path)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Tus-Version") == "1.0.0"
    extensions = (answer.header("Tus-Extension") or "").split(",")
    assert extensions == ["creation", "creation-with-upload", "termination", "concatenation"]
    assert answer.header("Tus-Max-Size") is None


def test_the_operators_limit_is_said(small: Program) -> None:
    assert small.ask("OPTIONS", "/uploads").header("Tus-Max-Size") == "1000000"


def test_creating_draws_an_address_and_stores_nothing(program: Program, operator: Operator) -> None:
    size, before = str(header_size(1) + CHUNK), set((operator.home / "store").rglob("*"))
    locations = [program.post(upload_length=size).header("Location") or "" for _ in range(2)]
    assert all(re.fullmatch(rf"/uploads/[0-9a-f]{{64}}\.{size}", one) for one in locations)
    assert len(set(locations)) == 2
    assert set((operator.home / "store").rglob("*")) == before
    assert program.post(upload_length=size).header("Upload-Offset") is None


def test_creating_with_a_body_goes_on_as_patch_does(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    answer = program.post(sealed.envelope[:69_633], upload_length=str(sealed.size))
    assert (answer.status, answer.header("Upload-Offset")) == (201, "69632")
    url = answer.header("Location") or ""
    assert program.offset(url) == 69_632
    assert program.patch(url, 69_632, sealed.envelope[69_632:]).status == 204
    assert sealed.content in opened(operator)


def test_creating_with_the_whole_body_is_all_it_takes(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    answer = program.post(sealed.envelope, upload_length=str(sealed.size))
    assert (answer.status, answer.header("Upload-Offset")) == (201, str(sealed.size))
    assert sealed.content in opened(operator)


def test_parts_are_joined_in_the_order_that_is_given(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    parts = program.parts(sealed.envelope, 1, 5_000, 200_000)
    assert all(one.endswith(".part") for one in parts)
    for part in parts:
        assert program.head(part).header("Upload-Concat") == "partial"
    answer = program.join([f"http://newsroom.onion{parts[0]}", *parts[1:]])
    assert answer.status == 201
    url = answer.header("Location") or ""
    assert url.endswith(f".{sealed.size}")
    assert program.offset(url) == sealed.size
    assert [program.offset(part) for part in parts] == [0, 0, 0, 0]
    assert sealed.content in opened(operator)


def test_every_well_formed_url_is_an_upload_at_offset_0(program: Program) -> None:
    for url in (url_of(69_632), url_of(1), url_of(2**63 - 1), url_of(5, part=True)):
        answer = program.head(url)
        assert (answer.status, answer.body) == (200, b"")
        assert answer.header("Upload-Offset") == "0"
        assert answer.header("Upload-Length") == url.split(".")[1]
        assert answer.header("Cache-Control") == "no-store"


def test_an_upload_goes_on_from_each_offset_to_its_end(
    program: Program, operator: Operator
) -> None:
    sealed, at = seal(operator.desk, 1_000_000), 0
    for size in (4_097, 4_096, 8_191, 65_536, 0, 100_000, 4_096, 10**9):
        answer = program.patch(sealed.url, at, sealed.envelope[at : at + size])
        # Of what is sent, whole pages are kept, and all of it at the end.
        at = min(at + size - (at + size) % PAGE, sealed.size)
        assert (answer.status, answer.header("Upload-Offset")) == (204, str(at))
        assert program.offset(sealed.url) == at
    assert at == sealed.size
    assert sealed.content in opened(operator)


def test_less_than_a_page_is_kept_only_if_it_is_the_last_of_a_part(
    program: Program, operator: Operator
) -> None:
    """Whoever sent so little again and again would never come to an end: it has to be told."""
    sealed = seal(operator.desk)
    [first, last] = program.parts(sealed.envelope, 99_999)
    assert program.delete(first).status == 204
    assert is_refusal(program.patch(first, 0, sealed.envelope[: PAGE - 1]), 400)
    assert program.patch(first, 0, sealed.envelope[: PAGE + 1]).header("Upload-Offset") == "4096"
    answer = program.patch(first, PAGE, sealed.envelope[PAGE:99_998])
    assert answer.header("Upload-Offset") == "98304"
    assert program.offset(first) == 98_304
    assert is_refusal(program.patch(first, 98_304, sealed.envelope[98_304:99_998]), 400)
    answer = program.patch(first, 98_304, sealed.envelope[98_304:99_999])
    assert (answer.status, answer.header("Upload-Offset")) == (204, "99999")
    assert program.offset(first) == 99_999
    assert program.join([first, last]).status == 201
    assert sealed.content in opened(operator)


def test_what_is_complete_stays_complete(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    program.send(sealed)
    operator.collect()
    assert program.offset(sealed.url) == sealed.size
    assert program.patch(sealed.url, sealed.size, b"").status == 204
    assert program.patch(sealed.url, 0, sealed.envelope).status == 409
    assert program.delete(sealed.url).status == 404


def test_deleting_takes_away_what_came(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    assert program.delete(sealed.url).status == 404
    program.patch(sealed.url, 0, sealed.envelope[:100_000])
    assert program.delete(sealed.url).status == 204
    assert program.offset(sealed.url) == 0
    assert is_refusal(program.delete(sealed.url), 404)
    [part, *_] = program.parts(b"xy", 1)
    assert program.delete(part).status == 204
    assert program.offset(part) == 0


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_a_method_in_the_header_is_the_one_that_counts(
    program: Program, operator: Operator, method: str
) -> None:
    sealed = seal(operator.desk)
    headers = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": BODY}
    answer = program.ask(method, sealed.url, sealed.envelope[:8_192], headers)
    assert (answer.status, answer.header("Upload-Offset")) == (204, "8192")
    answer = program.ask(method, sealed.url, headers={"X-HTTP-Method-Override": "HEAD"})
    assert (answer.status, answer.header("Upload-Offset")) == (200, "8192")
    answer = program.ask(method, sealed.url, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status == 204
    assert program.offset(sealed.url) == 0


def test_a_body_in_chunks_is_taken_as_well(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    headers = {**VERSION, "Upload-Offset": "0", "Content-Type": BODY}
    with connect(program.address) as sock:
        sock.sendall(head("PATCH", sealed.url, {**headers, "Transfer-Encoding": "chunked"}))
        for at in range(0, sealed.size, 50_000):
            piece = sealed.envelope[at : at + 50_000]
            sock.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        sock.sendall(b"0\r\n\r\n")
        answer = read_answer(sock, "PATCH")
    assert (answer.status, answer.header("Upload-Offset")) == (204, str(sealed.size))


def test_one_connection_carries_many_requests(program: Program, operator: Operator) -> None:
    sealed, half = seal(operator.desk), 98_304
    with connect(program.address) as sock:
        for at, piece in ((0, sealed.envelope[:half]), (half, sealed.envelope[half:])):
            length = {"Content-Length": str(len(piece)), "Content-Type": BODY}
            headers = {**VERSION, **length, "Upload-Offset": str(at)}
            sock.sendall(head("PATCH", sealed.url, headers) + piece)
            assert read_answer(sock, "PATCH").status == 204
        sock.sendall(head("HEAD", sealed.url, VERSION))
        assert read_answer(sock, "HEAD").header("Upload-Offset") == str(sealed.size)


# --- What each refusal is ---------------------------------------------------------------------


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
    assert sealed.content in opened(operator)


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


def test_metadata_is_passed_over(program: Program, operator: Operator) -> None:
    """It could name what is sent, and would be stored in the clear."""
    sealed = seal(operator.desk)
    said = {"Upload-Metadata": "filename cGxhbi5wZGY=", "Upload-Length": str(sealed.size)}
    url = program.ask("POST", "/uploads", headers=said).header("Location") or ""
    program.patch(url, 0, sealed.envelope[:5_000])
    assert program.head(url).header("Upload-Metadata") is None
    names = [path.name for path in (operator.home / "store").rglob("*")]
    assert not any("plan" in name for name in names)


# --- A keyring that changes meanwhile ---------------------------------------------------------


def test_an_upload_that_was_accepted_goes_on_under_the_next_keyring(tmp_path: Path) -> None:
    desk = Desk()
    operator = Operator(tmp_path, desk)
    with operator.serve() as server:
        program, begun, late = Program(server.address), seal(desk), seal(desk)
        program.patch(begun.url, 0, begun.envelope[:50_000])
        parts = program.parts(late.envelope, 100_000)
        two = Desk(editors=2).keyring.editors
        newer = desk.signed_keyring(desk.successor(editors=(*desk.keyring.editors, two[1])))
        assert operator.deliver(desk.dispatch(keyring=newer)).returncode == 0
        assert program.patch(seal(desk).url, 0, begun.envelope).status == 422
        program.send(begun)
        assert program.join(parts).status == 201
    assert set(opened(operator)) == {begun.content, late.content}


def test_an_upload_that_was_accepted_goes_on_when_the_newsroom_is_closed(tmp_path: Path) -> None:
    desk = Desk()
    operator = Operator(tmp_path, desk)
    with operator.serve() as server:
        program, begun = Program(server.address), seal(desk)
        program.patch(begun.url, 0, begun.envelope[:50_000])
        over = desk.signed_keyring(desk.successor(first_day=today() - 9, last_day=today() - 1))
        assert operator.deliver(desk.dispatch(keyring=over)).returncode == 0
        program.send(begun)
    assert opened(operator) == [begun.content]
