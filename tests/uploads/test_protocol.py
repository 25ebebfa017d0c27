"""PROTOCOL.md, P2.1, row by row: what is asked, and what is answered."""

import re
from pathlib import Path

import pytest

from intake.wire.envelope import CHUNK, PAGE, header_size
from tests.newsroom import Desk, Operator, Server, request
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
    assert sealed.content in contents(operator)


def test_creating_with_the_whole_body_is_all_it_takes(program: Program, operator: Operator) -> None:
    sealed = seal(operator.desk)
    answer = program.post(sealed.envelope, upload_length=str(sealed.size))
    assert (answer.status, answer.header("Upload-Offset")) == (201, str(sealed.size))
    assert sealed.content in contents(operator)


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
    assert sealed.content in contents(operator)


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
    assert sealed.content in contents(operator)


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
    assert sealed.content in contents(operator)


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
    assert set(contents(operator)) == {begun.content, late.content}


def test_an_upload_that_was_accepted_goes_on_when_the_newsroom_is_closed(tmp_path: Path) -> None:
    desk = Desk()
    operator = Operator(tmp_path, desk)
    with operator.serve() as server:
        program, begun = Program(server.address), seal(desk)
        program.patch(begun.url, 0, begun.envelope[:50_000])
        over = desk.signed_keyring(desk.successor(first_day=today() - 9, last_day=today() - 1))
        assert operator.deliver(desk.dispatch(keyring=over)).returncode == 0
        program.send(begun)
    assert contents(operator) == [begun.content]
