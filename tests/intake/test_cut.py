"""What is cut off is kept, is said to be cut, and opens up to the cut."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.wire.record import Ending
from tests.intake.arrivals import arrived, files_of
from tests.newsroom import Desk, File, Operator, Server, Source, Upload
from tests.newsroom.http import BOUNDARY, form_parts, free_port, multipart, raw, request
from tests.newsroom.http import head as request_head

#: Bytes that may not have reached the disk when the server is killed: what is gathered before it
#: is sealed, the chunk being filled, and what waits for the disk.
UNDER_WAY = 1 << 20


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Server]:
    """The server over TCP, where a connection can be reset."""
    with operator.serve(listen=f"127.0.0.1:{free_port()}") as running:
        yield running


@pytest.fixture
def source(server: Server) -> Source:
    return Source(server.address)


def wait_until_stored(operator: Operator, size: int) -> None:
    """Wait until the envelope under way has this many bytes."""
    folder, deadline = operator.home / "store" / "arriving", time.monotonic() + 20
    while sum(path.stat().st_size for path in folder.iterdir()) < size:
        assert time.monotonic() < deadline, "nothing is written"
        time.sleep(0.01)


def wait_until_begun(operator: Operator, messages: int) -> None:
    """Wait until so many messages are safe, and the file after the last of them is arriving."""
    store, deadline = operator.home / "store", time.monotonic() + 60
    while len(list((store / "ready").iterdir())) < messages or not any(
        (store / "arriving").iterdir()
    ):
        assert time.monotonic() < deadline, "nothing arrives"
        time.sleep(0.01)


def wait_until_settled(operator: Operator) -> None:
    """Wait until nothing is arriving any more."""
    folder, deadline = operator.home / "store" / "arriving", time.monotonic() + 20
    while list(folder.iterdir()):
        assert time.monotonic() < deadline, "something is still open"
        time.sleep(0.01)


@pytest.mark.parametrize("size", [1, 4_000, 70_000, 3_000_000])
@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_connection_cut_in_a_file_keeps_what_came(
    source: Source, operator: Operator, size: int, how: str
) -> None:
    content = os.urandom(size)
    before = len(list((operator.home / "store" / "ready").iterdir()))
    upload = Upload(source.address, source.codename, "big.bin", 10**9, message="Big one follows.")
    upload.send(content)
    wait_until_begun(operator, before + 1)
    # What is reset takes back what the server has not read yet.
    time.sleep(0.3)
    upload.cut() if how == "closed" else upload.reset()
    wait_until_settled(operator)
    message, file = arrived(operator, source)
    assert message.content == b"Big one follows."
    assert message.trailer is not None
    assert message.trailer.ending is Ending.COMPLETE
    assert file.header.name == "big.bin"
    assert file.trailer is not None
    assert file.trailer.ending is Ending.CUT
    # The last bytes may be those that could have been the boundary's first.
    assert content.startswith(file.content)
    assert len(content) - len(file.content) < len(BOUNDARY) + 4


def test_a_sender_that_stops_halfway_and_reads_is_told(source: Source) -> None:
    headers, body = multipart(form_parts(source.codename, None, [File("x", b"x" * 100_000)]))
    sent = request_head("POST", "/submit", {**headers, "Content-Length": str(len(body))})
    answer = raw(source.address, sent + body[:50_000])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"The connection was cut" in answer


@pytest.mark.parametrize("missing", [1, 2, 3, 10, 40, 60, 62, 63, 64])
def test_a_message_that_came_whole_is_kept_once_wherever_the_cut_is(
    source: Source, operator: Operator, missing: int
) -> None:
    headers, body = multipart(form_parts(source.codename, "Whole, or nearly so.", []))
    sent = request_head("POST", "/submit", {**headers, "Content-Length": str(len(body))})
    raw(source.address, sent + body[:-missing])
    records = arrived(operator, source)
    assert len(records) == 1
    assert b"Whole, or nearly so.".startswith(records[0].content[:10])


def test_a_cut_between_two_parts_doubles_nothing(source: Source, operator: Operator) -> None:
    files = [File("one", b"one"), File("two", b"two")]
    headers, body = multipart(form_parts(source.codename, "A message.", files))
    sent = request_head("POST", "/submit", {**headers, "Content-Length": str(len(body))})
    raw(source.address, sent + body[: body.index(b'filename="two"')])
    records = arrived(operator, source)
    assert [one.content for one in records] == [b"A message.", b"one"]
    assert all(one.trailer and one.trailer.ending is Ending.COMPLETE for one in records)


def test_a_cut_in_the_codename_keeps_nothing(source: Source, operator: Operator) -> None:
    before = {path.name for path in (operator.home / "store").rglob("*")}
    headers, body = multipart(form_parts(source.codename, "Never read.", []))
    sent = request_head("POST", "/submit", {**headers, "Content-Length": str(len(body))})
    raw(source.address, sent + body[: body.index(source.codename.encode()) + 12])
    assert {path.name for path in (operator.home / "store").rglob("*")} == before


DAMAGE = {
    "the last boundary": (f"--{BOUNDARY}--", "--nonsense--"),
    "after the last boundary": (f"{BOUNDARY}--", f"{BOUNDARY}??"),
    "a part's header": ("Content-Type: second", "no colon here"),
}


@pytest.mark.parametrize("where", DAMAGE)
def test_a_form_damaged_on_the_way_is_told_and_what_came_is_kept(
    source: Source, operator: Operator, where: str
) -> None:
    files = [File("first", b"1" * 100_000), File("second", b"2" * 100_000, "second")]
    headers, body = multipart(form_parts(source.codename, None, files))
    was, became = DAMAGE[where]
    damaged = body.replace(was.encode(), became.encode())
    answer = request(source.address, "POST", "/submit", damaged, headers)
    assert answer.status == 400
    assert "did not arrive as it was sent" in answer.text
    kept = files_of(arrived(operator, source))
    assert kept[0] == ("first", b"1" * 100_000)
    assert all(content.startswith(b"2" * 90_000) for _, content in kept[1:])


@pytest.fixture
def newsroom(tmp_path: Path) -> Operator:
    """A newsroom whose server may be killed."""
    return Operator(tmp_path, Desk())


def test_a_killed_servers_upload_is_kept_and_opens_up_to_the_cut(newsroom: Operator) -> None:
    content = os.urandom(5_000_000)
    with newsroom.serve() as server:
        source = Source(server.address)
        assert source.send("Acknowledged.").status == 200
        with Upload(server.address, source.codename, "big.bin", 10**9) as upload:
            upload.send(content)
            wait_until_stored(newsroom, len(content) - UNDER_WAY)
            server.kill()
    with newsroom.serve():
        message, file = sorted(arrived(newsroom, source), key=lambda one: one.header.position)
    assert (message.content, file.header.name) == (b"Acknowledged.", "big.bin")
    assert (file.truncated, file.trailer) == (True, None)
    assert content.startswith(file.content)
    assert len(file.content) >= len(content) - 2 * UNDER_WAY


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_keeps_the_upload_under_way(
    newsroom: Operator, number: signal.Signals
) -> None:
    content = os.urandom(3_000_000)
    with newsroom.serve() as server:
        source = Source(server.address)
        with Upload(server.address, source.codename, "big.bin", 10**9) as upload:
            upload.send(content)
            wait_until_stored(newsroom, len(content) - UNDER_WAY)
            server.process.send_signal(number)
            assert server.process.wait(20) == 0
        assert list((newsroom.home / "store" / "arriving").iterdir()) == []
        assert "Traceback" not in server.stderr()
    [file] = arrived(newsroom, source)
    assert content.startswith(file.content)
    assert len(file.content) >= len(content) - 2 * UNDER_WAY


def test_an_upload_that_ends_while_the_server_is_ending_is_acknowledged_and_kept(
    newsroom: Operator,
) -> None:
    with newsroom.serve() as server:
        source = Source(server.address)
        with Upload(server.address, source.codename, "small", 10_000) as upload:
            upload.send(bytes(10_000))
            time.sleep(0.2)
            server.process.terminate()
            time.sleep(0.2)
            assert upload.finish().status == 200
        server.process.wait(20)
    [file] = arrived(newsroom, source)
    assert (file.content, file.truncated) == (bytes(10_000), False)


def test_a_server_stopped_and_started_again_has_all(newsroom: Operator) -> None:
    with newsroom.serve() as server:
        source = Source(server.address)
        assert source.send("One.").status == 200
    with newsroom.serve() as server:
        assert Source(server.address, source.codename).send("Two.").status == 200
    assert sorted(one.content for one in arrived(newsroom, source)) == [b"One.", b"Two."]
