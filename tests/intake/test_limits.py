"""Limits: what is too much gets a clear page, and takes nothing that was acknowledged with it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.arrivals import arrived, files_of
from tests.intake.test_pages import check_headers
from tests.newsroom import Desk, File, Operator, Server, Source, Upload, request
from tests.newsroom.disks import small_disk
from tests.newsroom.http import (
    BOUNDARY,
    connect,
    form_parts,
    free_port,
    head,
    multipart,
    raw,
    read_answer,
    urlencoded,
)
from tests.newsroom.source import Page


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Server]:
    """The server over TCP, where a connection can be reset."""
    with operator.serve(listen=f"127.0.0.1:{free_port()}") as running:
        yield running


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A newsroom that takes a megabyte at a time."""
    return Operator(tmp_path_factory.mktemp("small"), Desk(), "--max-upload", "1M")


@pytest.fixture(scope="module")
def small_server(small: Operator) -> Iterator[Server]:
    with small.serve(listen=f"127.0.0.1:{free_port()}") as running:
        yield running


def test_a_sender_of_too_much_is_told_also_if_it_sends_to_the_end(small_server: Server) -> None:
    source = Source(small_server.address)
    answer = source.send(files=[File("x", bytes(20_000_000))])
    assert (answer.status, "That is too much at once" in answer.text) == (413, True)
    assert "1 MB" in Page(answer.text).text
    check_headers(answer)


def test_a_sender_of_too_much_is_told_before_it_sends(small_server: Server) -> None:
    with Upload(small_server.address, Source("").codename, "x", 10**12) as upload:
        assert upload.answer().status == 413


def test_a_sender_of_too_much_that_asks_first_need_not_send(small_server: Server) -> None:
    headers = {"Content-Length": str(10**12), "Expect": "100-continue", "Connection": "close"}
    with connect(small_server.address) as sock:
        sock.sendall(head("POST", "/submit", headers))
        assert read_answer(sock).status == 413


def test_a_body_in_chunks_is_held_to_the_limit_as_well(small_server: Server) -> None:
    source = Source(small_server.address)
    headers, body = multipart(form_parts(source.codename, None, [File("x", bytes(9_000_000))]))
    headers["Transfer-Encoding"] = "chunked"
    with connect(small_server.address) as sock:
        sock.sendall(head("POST", "/submit", headers))
        with suppress(BrokenPipeError, ConnectionResetError):
            for at in range(0, len(body), 60_000):
                piece = body[at : at + 60_000]
                sock.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            sock.sendall(b"0\r\n\r\n")
        assert read_answer(sock).status == 413


def test_the_page_says_the_limit_before_anybody_chooses_a_file(small_server: Server) -> None:
    page = Page(request(small_server.address, "GET", "/submit").text)
    assert "Up to 1 MB can be sent at a time." in page.text


def test_a_slip_in_front_of_a_large_file_is_told_without_waiting_for_it(server: Server) -> None:
    with Upload(server.address, "no codename at all", "x", 10**9) as upload:
        upload.send(b"x")
        answer = upload.answer()
    assert (answer.status, "Please check the codename" in answer.text) == (400, True)


def test_a_sender_of_a_gigabyte_behind_a_slip_reads_the_answer(server: Server) -> None:
    """No reset, though the server has answered long before the sender is done."""
    with Upload(server.address, "no codename at all", "x", 10**9) as upload:
        for _ in range(200):
            upload.send(bytes(1 << 20))
        assert upload.answer().status == 400


def test_a_message_too_long_for_a_form_is_told_to_be_a_file(server: Server) -> None:
    source = Source(server.address)
    for answer in (
        source.send("x" * 262_145),
        source.post("/submit", {"codename": source.codename, "message": "x" * 262_145}),
        source.post("/submit", {"codename": source.codename, "message": "я" * 1_000_000}),
    ):
        assert (answer.status, "The message is too long" in answer.text) == (413, True)
    assert source.send("x" * 262_144).status == 200


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Operator]:
    """A newsroom on a disk of 24 MB, of which 6 are for messages."""
    with small_disk(tmp_path, 24) as disk:
        yield Operator(tmp_path, Desk(), "--reserve", "6M", home=disk / "HOME")


def test_a_full_disk_is_told_and_what_was_acknowledged_is_whole(crowded: Operator) -> None:
    with crowded.serve() as server:
        source = Source(server.address)
        kept: list[tuple[str, bytes]] = []
        while True:
            file = File(f"file {len(kept)}", os.urandom(3_000_000))
            answer = source.send(files=[file])
            if answer.status != 200:
                break
            kept.append((file.name, file.content))
        assert (answer.status, "There is no room at the moment" in answer.text) == (507, True)
        check_headers(answer)
        assert len(kept) >= 2
        for number in range(10):
            assert source.send(f"Message {number} gets through.").status == 200
        assert source.replies().status == 200
        desk = crowded.desk
        reply = desk.reply(source.thread(desk.salt), "We make room.")
        assert crowded.deliver(desk.dispatch(replies=[reply])).returncode == 0
        assert "We make room." in source.replies().text
        records = arrived(crowded, source)
        files = [one for one in files_of(records) if one in kept]
        assert sorted(files) == sorted(kept)
        assert sum(one.header.position == 0 for one in records) == 10
        receipts = [one.path for one in records if one.trailer is not None]
        assert crowded.deliver(desk.dispatch(receipts=receipts)).returncode == 0
        assert source.send(files=[File("after", os.urandom(3_000_000))]).status == 200
        assert "Traceback" not in server.stderr()


def test_a_disk_that_fills_in_the_middle_keeps_what_fits(crowded: Operator) -> None:
    """The sender promises what would fit; others are faster."""
    with crowded.serve() as server:
        source, other = Source(server.address), Source(server.address)
        content = os.urandom(10_000_000)
        with Upload(server.address, source.codename, "slow", len(content)) as upload:
            upload.send(content[:2_000_000])
            assert other.send(files=[File("quick", os.urandom(9_000_000))]).status == 200
            with suppress(BrokenPipeError, ConnectionResetError):
                upload.send(content[2_000_000:])
                upload.send(upload.tail)
            assert upload.answer().status == 507
        [file] = arrived(crowded, source)
        assert (file.truncated, file.trailer) == (True, None)
        assert content.startswith(file.content)
        assert len(file.content) > 1_000_000


def test_a_disk_that_messages_have_filled_is_emptied_by_a_dispatch(crowded: Operator) -> None:
    """Also by one that brings replies: they would need room before there is any."""
    with crowded.serve() as server:
        source = Source(server.address)
        while source.send("One of many.").status == 200:
            pass
    collected = list(crowded.collect().iterdir())
    thread = source.thread(crowded.desk.salt)
    dispatch = crowded.desk.dispatch(
        replies=[crowded.desk.reply(thread, "Thank you.")],
        receipts=[crowded.desk.receipt(path) for path in collected],
    )
    done = crowded.deliver(dispatch)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(crowded.shelf.iterdir()) == []
    with crowded.serve() as server:
        again = Source(server.address, source.codename)
        assert "Thank you." in again.replies().text


def test_a_disk_full_to_the_last_byte_is_told_and_stops_no_server(crowded: Operator) -> None:
    with crowded.serve() as server:
        source = Source(server.address)
        assert source.send("Before.").status == 200
        with suppress(OSError), (crowded.home / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(512))
        assert source.send(files=[File("x", os.urandom(500_000))]).status == 507
        assert source.send("No room for this either.").status == 507
        assert source.replies().status == 200
        desk = crowded.desk
        reply = desk.reply(source.thread(desk.salt), "Later.")
        dispatch = desk.dispatch(replies=[reply])
        failed = crowded.deliver(dispatch)
        assert failed.returncode == 1
        assert "disk is full" in failed.stderr
        assert "Traceback" not in failed.stderr
        (crowded.home / "ballast").unlink()
        assert crowded.deliver(dispatch).returncode == 0
        assert "Later." in source.replies().text
        assert source.send("After.").status == 200
        contents = [one.content for one in arrived(crowded, source)]
        assert {b"Before.", b"After."} <= set(contents)


HEADERS = st.sampled_from(
    [
        "Content-Type: multipart/form-data",
        "Content-Type: multipart/form-data; boundary=",
        'Content-Type: multipart/form-data; boundary=""',
        "Content-Type: multipart/form-data; boundary=\xff\xfe",
        f"Content-Type: multipart/form-data; boundary={'x' * 5_000}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: application/x-www-form-urlencoded; charset=utf-7",
        "Content-Type: text/plain",
        "Content-Type: ;;;",
        "Content-Encoding: gzip",
        "Accept-Language: x-\xff;q=y",
        "Host: [::1",
        "Host: a b",
        "Host:",
        "Range: bytes=5-1",
        "If-None-Match: *",
        "Cookie: session=.x",
        "Authorization: Basic !",
        "Upgrade: websocket",
    ]
)
PARTS = st.sampled_from(
    [
        f"--{BOUNDARY}\r\n",
        f"\r\n--{BOUNDARY}",
        f"\r\n--{BOUNDARY}--\r\n",
        'Content-Disposition: form-data; name="codename"\r\n\r\n',
        'Content-Disposition: form-data; name="files"; filename="\xff"\r\n\r\n',
        "Content-Disposition: form-data; name=\"files\"; filename*=utf-8''%ff%00\r\n\r\n",
        'Content-Disposition: form-data; name="files"; filename*=utf-8\'%\r\n\r\n',
        "Content-Disposition: form-data\r\n\r\n",
        "Content-Disposition: attachment; name=\r\n\r\n",
        "Content-Type: ;=;\r\n",
        "Content-Length: -1\r\n",
        "codename=%ff&message=%00&message",
        "&=&%&;" * 20,
        "\r\n",
        "\0",
        "x" * 5_000,
    ]
)
PATHS = st.sampled_from(
    [
        *("/submit", "/replies", "/replies/delete", "/", "//", "/%ff", "/%00", "/submit/"),
        *(
            "/submit?lang=%ff",
            "/?lang=de&lang=fr",
            "*",
            "http://x/submit",
            "/submit?have=" + "x" * 99,
        ),
    ]
)


@given(
    method=st.sampled_from(["POST", "GET", "HEAD", "PUT", "\xff", "OPTIONS"]),
    path=PATHS,
    headers=st.lists(HEADERS, max_size=3),
    parts=st.lists(PARTS, max_size=8),
    honest=st.booleans(),
)
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_malformed_request_makes_the_server_fail(
    server: Server, method: str, path: str, headers: list[str], parts: list[str], honest: bool
) -> None:
    body = "".join(parts).encode("latin-1")
    length = len(body) if honest else len(body) + 5
    lines = [f"{method} {path} HTTP/1.1", *headers, f"Content-Length: {length}"]
    answer = raw(server.address, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    assert not answer.startswith(b"HTTP/1.1 5"), answer[:300]


def test_thousands_of_fields_do_not_make_the_server_fail(server: Server) -> None:
    source = Source(server.address)
    headers, body = urlencoded({"codename": source.codename, "message": "x"})
    for path in ("/submit", "/replies"):
        assert request(server.address, "POST", path, body + b"&a" * 20_000, headers).status < 500
    headers, body = multipart([("field", "x")] * 20_000)
    assert request(server.address, "POST", "/submit", body, headers).status == 400


def test_the_server_has_complained_of_nothing(server: Server) -> None:
    """Last in the file, for all that was asked of it above."""
    assert "Traceback" not in server.stderr()
    assert request(server.address, "GET", "/").status == 200
