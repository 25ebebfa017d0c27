"""What is sent arrives whole, under its own names, and the receipt says so."""

import hashlib
import os

import pytest

from intake.wire.record import Ending, Kind
from tests.intake.arrivals import arrived, files_of
from tests.newsroom import Answer, File, Operator, Server, Source
from tests.newsroom.http import (
    BOUNDARY,
    connect,
    form_parts,
    head,
    multipart,
    read_answer,
    request,
)
from tests.newsroom.source import Page

NAMES = [
    "report.pdf",
    "تقرير سري.pdf",
    "机密文件.docx",
    "🔥 leak 🧨.zip",
    'the "final" version.txt',
    "'single' & <b>.html",
    "back\\slash.txt",
    "ends with a backslash\\",
    "two\nlines.txt",
    "carriage\rreturn.txt",
    "semi;colon; filename=x.txt",
    "../../etc/passwd",
    "/absolute/path",
    ".hidden",
    "trailing dot.",
    " leading and trailing ",
    "no extension",
    "ａ full width.txt",
    "e\u0301 decomposed.txt",
    "\u202efdp.exe",
    "100%.txt",
    "%00%2F%5C.txt",
]


@pytest.fixture
def source(server: Server) -> Source:
    return Source(server.address)


def receipt_lists(answer: Answer, file: File) -> bool:
    """Return whether a receipt has the file's name, exact size and SHA-256."""
    text = Page(answer.text).text
    size = f"{len(file.content):,} byte{'' if len(file.content) == 1 else 's'}"
    # A browser gives a name back as it shows it: white space in it is one space to a reader.
    return file.name in text and size in text and hashlib.sha256(file.content).hexdigest() in text


@pytest.mark.parametrize("name", NAMES)
def test_a_file_keeps_its_name(source: Source, operator: Operator, name: str) -> None:
    file = File(name, os.urandom(100))
    answer = source.send(files=[file])
    assert answer.status == 200
    assert receipt_lists(answer, file)
    assert files_of(arrived(operator, source)) == [(name, file.content)]


@pytest.mark.parametrize("path", ["C:\\Users\\me\\x.txt", "\\\\server\\share\\x.txt"])
def test_of_a_path_that_an_old_browser_sends_only_the_name_is_kept(
    source: Source, operator: Operator, path: str
) -> None:
    source.send(files=[File(path, b"x")])
    assert files_of(arrived(operator, source)) == [("x.txt", b"x")]


def test_a_name_of_percent_22_and_a_name_with_a_quote_are_one_to_a_browser(
    source: Source, operator: Operator
) -> None:
    """Browsers write both as %22, so the likelier of the two is taken."""
    source.send(files=[File("a%22b.txt", b"x")])
    assert files_of(arrived(operator, source)) == [('a"b.txt', b"x")]


def test_several_files_of_one_name_all_arrive(source: Source, operator: Operator) -> None:
    files = [File("same.txt", os.urandom(size)) for size in (10, 70_000, 10, 0)]
    answer = source.send("Four of one name.", files)
    assert all(receipt_lists(answer, file) for file in files)
    records = arrived(operator, source)
    assert files_of(records) == [("same.txt", file.content) for file in files]
    assert [one.header.position for one in records] == [0, 1, 2, 3, 4]
    assert len({one.header.submission for one in records}) == 1


@pytest.mark.parametrize("size", [0, 1, 65_000, 65_535, 65_536, 65_537, 262_144, 1_000_003])
def test_a_file_of_any_size_arrives_whole(source: Source, operator: Operator, size: int) -> None:
    file = File("file", os.urandom(size))
    answer = source.send(files=[file])
    assert receipt_lists(answer, file)
    [record] = arrived(operator, source)
    assert record.content == file.content
    assert record.trailer is not None
    assert (record.trailer.ending, record.trailer.size) == (Ending.COMPLETE, size)
    assert record.trailer.sha256 == hashlib.sha256(file.content).digest()
    assert not record.truncated


def test_a_file_full_of_near_boundaries_arrives_whole(source: Source, operator: Operator) -> None:
    content = b"".join(f"\r\n--{BOUNDARY}"[:cut].encode() for cut in range(len(BOUNDARY) + 4)) * 99
    assert source.send(files=[File("x", content), File("y", b"\r\n")]).status == 200
    assert files_of(arrived(operator, source)) == [("x", content), ("y", b"\r\n")]


def test_a_file_without_a_name_arrives(source: Source, operator: Operator) -> None:
    assert source.send(files=[File("", b"content")]).status == 200
    assert files_of(arrived(operator, source)) == [("", b"content")]


def test_fields_in_which_no_file_was_chosen_are_no_files(
    source: Source, operator: Operator
) -> None:
    source.send("Only words.", [File("", b""), File("", b"")])
    assert [one.header.kind for one in arrived(operator, source)] == [Kind.MESSAGE]


def test_the_media_type_is_kept(source: Source, operator: Operator) -> None:
    source.send(files=[File("x", b"", "application/pdf"), File("y", b"", "t/" + "y" * 300)])
    kinds = [one.header.media_type for one in arrived(operator, source)]
    assert kinds == ["application/pdf", "y" * 255]


def test_a_name_longer_than_any_keeps_its_end(source: Source, operator: Operator) -> None:
    assert source.send(files=[File("я" * 3_000 + ".pdf", b"x")]).status == 200
    [(name, _)] = files_of(arrived(operator, source))
    assert name == "я" * 2_046 + ".pdf"


@pytest.mark.parametrize(
    "message", ["x", "Zeile\r\nund Zeile\n", "ملف 🔥 \x00 <script>", "я" * 99_000]
)
def test_a_message_alone_arrives(source: Source, operator: Operator, message: str) -> None:
    answer = source.send(message)
    assert answer.status == 200
    assert f"{len(message.encode()):,} byte" in Page(answer.text).text
    [record] = arrived(operator, source)
    assert (record.header.kind, record.header.position) == (Kind.MESSAGE, 0)
    assert record.content == message.encode()
    assert record.header.media_type == "text/plain; charset=utf-8"


def test_a_message_arrives_from_a_form_without_files(source: Source, operator: Operator) -> None:
    message = "Grüße & 100 % = ä+b\r\n🔥"
    answer = source.post("/submit", {"codename": source.codename, "message": message})
    assert answer.status == 200
    assert [one.content.decode() for one in arrived(operator, source)] == [message]


def test_the_fields_may_come_in_another_order(source: Source, operator: Operator) -> None:
    answer = source.post("/submit", {"message": "First the words.", "codename": source.codename})
    assert answer.status == 200
    assert [one.content for one in arrived(operator, source)] == [b"First the words."]


def test_pieces_sent_with_one_codename_are_one_thread(server: Server, operator: Operator) -> None:
    source = Source(server.address)
    for number in range(3):
        again = Source(server.address, source.codename)
        again.send(f"Part {number}.", [File(f"part{number}", os.urandom(10))])
    records = arrived(operator, source)
    assert len(records) == 6
    assert len({one.header.submission for one in records}) == 3
    assert {one.header.reply_key for one in records} == {
        source.thread(operator.desk.salt).reply_key
    }


def test_submissions_of_two_sources_have_nothing_in_common(
    server: Server, operator: Operator
) -> None:
    one, other = Source(server.address), Source(server.address)
    one.send("One.")
    other.send("Other.")
    [first], [second] = arrived(operator, one), arrived(operator, other)
    assert first.header.capability != second.header.capability
    assert first.header.reply_key != second.header.reply_key
    assert first.header.submission != second.header.submission


def test_a_name_written_as_rfc_5987_has_it_is_understood(
    source: Source, operator: Operator
) -> None:
    part = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="codename"\r\n\r\n'
        f"{source.codename}\r\n--{BOUNDARY}\r\n"
        "Content-Disposition: form-data; name=\"files\"; filename*=UTF-8''%E2%82%AC%20rates.txt\r\n"
        f"\r\ncontent\r\n--{BOUNDARY}--\r\n"
    )
    answer = request(
        source.address,
        "POST",
        "/submit",
        part.encode(),
        {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    assert answer.status == 200
    assert files_of(arrived(operator, source)) == [("€ rates.txt", b"content")]


@pytest.mark.parametrize("fields", [{}, {"message": " \r\n\t "}])
def test_a_form_with_nothing_in_it_is_told_so(source: Source, fields: dict[str, str]) -> None:
    answer = source.post("/submit", {"codename": source.codename, **fields})
    assert (answer.status, "nothing to send" in answer.text) == (400, True)
    # Once to be read whole, however narrow the screen is, and once to be sent.
    assert f'<p class="codename" dir="auto">{source.codename}</p>' in answer.text


def test_a_body_in_chunks_arrives_whole(source: Source, operator: Operator) -> None:
    content = os.urandom(300_000)
    headers, body = multipart(form_parts(source.codename, None, [File("x", content)]))
    with connect(source.address) as sock:
        sock.sendall(head("POST", "/submit", {**headers, "Transfer-Encoding": "chunked"}))
        for at in range(0, len(body), 7_777):
            piece = body[at : at + 7_777]
            sock.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        sock.sendall(b"0\r\n\r\n")
        assert read_answer(sock).status == 200
    assert files_of(arrived(operator, source)) == [("x", content)]


def test_several_requests_can_share_a_connection(source: Source, operator: Operator) -> None:
    with connect(source.address) as sock:
        for number in range(3):
            headers, body = multipart(form_parts(source.codename, f"Message {number}.", []))
            headers["Content-Length"] = str(len(body))
            sock.sendall(head("POST", "/submit", headers) + body)
            assert read_answer(sock).status == 200
    assert len(arrived(operator, source)) == 3


def test_a_sender_that_asks_first_is_told_to_go_on(source: Source, operator: Operator) -> None:
    headers, body = multipart(form_parts(source.codename, "May I?", []))
    headers |= {"Content-Length": str(len(body)), "Expect": "100-continue"}
    with connect(source.address) as sock:
        sock.sendall(head("POST", "/submit", headers))
        assert sock.recv(1_024).startswith(b"HTTP/1.1 100 ")
        sock.sendall(body)
        assert read_answer(sock).status == 200
    assert len(arrived(operator, source)) == 1
