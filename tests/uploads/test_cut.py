"""Cuts: what came is kept, never inside a header, and whoever comes back has the right of way."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.wire.envelope import PAGE, header_size
from tests.newsroom import Desk, Operator, Server
from tests.newsroom.http import free_port
from tests.uploads.program import Patch, Program, Sealed, contents, seal, wait_until

EDITORS = 4  # two pages of header
HEADER = header_size(EDITORS)
#: Bytes that are gathered before they are written.
UNDER_WAY = 64 * 1024 + PAGE


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(editors=EDITORS)


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Server]:
    """The server over TCP, where a connection can be reset."""
    with operator.serve(listen=f"127.0.0.1:{free_port()}") as running:
        yield running


@pytest.fixture
def sealed(desk: Desk) -> Sealed:
    return seal(desk, 3_000_000)


def folder(operator: Operator) -> Path:
    return operator.home / "store" / "uploads"


def written(operator: Operator) -> int:
    """Return how many bytes of all uploads are in files."""
    return sum(path.stat().st_size for path in folder(operator).iterdir())


@pytest.mark.parametrize("size", [HEADER, HEADER + 1, 100_001, 2_000_000])
def test_what_came_before_a_cut_is_kept_to_the_page(
    program: Program, operator: Operator, sealed: Sealed, size: int
) -> None:
    with Patch(program.address, sealed.url, 0, sealed.size) as patch:
        patch.send(sealed.envelope[:size])
        patch.half_closed()
        answer = patch.answer()
    assert (answer.status, answer.header("Connection")) == (400, "close")
    assert program.offset(sealed.url) == size - size % PAGE
    program.send(sealed)
    assert sealed.content in contents(operator)


@pytest.mark.parametrize("size", [1, 10, 4_096, HEADER - 1])
def test_less_than_a_header_is_thrown_away(
    program: Program, operator: Operator, sealed: Sealed, size: int
) -> None:
    before = set(folder(operator).iterdir())
    with Patch(program.address, sealed.url, 0, sealed.size) as patch:
        patch.send(sealed.envelope[:size])
        patch.half_closed()
        assert patch.answer().status == 400
    assert program.offset(sealed.url) == 0
    assert set(folder(operator).iterdir()) == before


def test_another_header_can_follow_one_that_was_thrown_away(
    program: Program, operator: Operator, desk: Desk, sealed: Sealed
) -> None:
    """A source that comes back has the same chunks, and slots that are drawn anew."""
    again = seal(desk, sealed.content)
    with Patch(program.address, sealed.url, 0, sealed.size) as patch:
        patch.send(again.envelope[: HEADER - 1])
    program.send(sealed)
    assert sealed.content in contents(operator)


def test_a_part_is_kept_from_its_first_page_on(program: Program, sealed: Sealed) -> None:
    [url, rest] = program.parts(sealed.envelope, 2_000_001)
    assert program.delete(url).status == 204
    for size in (PAGE - 1, PAGE + 1):
        with Patch(program.address, url, 0, 2_000_001) as patch:
            patch.send(sealed.envelope[:size])
            patch.half_closed()
            assert patch.answer().status == 400
        assert program.offset(url) == size - size % PAGE
    assert program.patch(url, PAGE, sealed.envelope[PAGE:2_000_001]).status == 204
    assert program.join([url, rest]).status == 201


# --- Taking over ------------------------------------------------------------------------------


def begun(program: Program, operator: Operator, sealed: Sealed, size: int) -> Patch:
    """Return a PATCH that has sent so many bytes, and stays open without a word."""
    before = written(operator)
    patch = Patch(program.address, sealed.url, 0, sealed.size)
    patch.send(sealed.envelope[:size])
    wait_until(lambda: written(operator) >= before + size - UNDER_WAY)
    return patch


def test_asking_takes_over_from_a_connection_that_is_still_open(
    program: Program, operator: Operator, sealed: Sealed
) -> None:
    with begun(program, operator, sealed, 1_000_000) as patch:
        offset = program.offset(sealed.url)
        assert 1_000_000 - UNDER_WAY <= offset <= 1_000_000
        assert patch.was_hung_up()
    assert program.offset(sealed.url) == offset


def test_going_on_takes_over_and_completes(
    program: Program, operator: Operator, sealed: Sealed
) -> None:
    with begun(program, operator, sealed, 1_000_000) as patch:
        offset = program.offset(sealed.url)
        with Patch(program.address, sealed.url, offset, sealed.size - offset) as second:
            second.send(sealed.envelope[offset : offset + 500_000])
            wait_until(lambda: written(operator) >= offset + 500_000 - UNDER_WAY)
            program.send(sealed)
            assert second.was_hung_up()
        assert patch.was_hung_up()
    assert sealed.content in contents(operator)


def test_deleting_takes_over(program: Program, operator: Operator, sealed: Sealed) -> None:
    with begun(program, operator, sealed, 1_000_000) as patch:
        assert program.delete(sealed.url).status == 204
        assert patch.was_hung_up()
    assert program.offset(sealed.url) == 0


def test_joining_takes_over_the_parts(program: Program, operator: Operator, sealed: Sealed) -> None:
    [first, second] = program.parts(sealed.envelope, 2_000_000)
    assert program.delete(first).status == 204
    with Patch(program.address, first, 0, 2_000_000) as patch:
        patch.send(sealed.envelope[:200_000])
        wait_until(lambda: written(operator) >= sealed.size - 2_000_000 + 100_000)
        assert program.join([first, second]).status == 409
        assert patch.was_hung_up()
    assert program.offset(first) > 0


def test_nobody_is_cut_off_who_sends_something_else(
    program: Program, operator: Operator, sealed: Sealed, desk: Desk
) -> None:
    other = seal(desk)
    with begun(program, operator, sealed, 1_000_000) as patch:
        program.send(other)
        assert program.delete(other.url).status == 404
        patch.send(sealed.envelope[1_000_000:])
        assert patch.answer().status == 204
    assert {sealed.content, other.content} <= set(contents(operator))


# --- The server's end -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_upload_goes_on_after_the_server_ended(tmp_path: Path, number: signal.Signals) -> None:
    operator = Operator(tmp_path, Desk(editors=EDITORS))
    sealed = seal(operator.desk, 3_000_000)
    with operator.serve() as server:
        with begun(Program(server.address), operator, sealed, 1_000_000):
            server.process.send_signal(number)
            assert server.process.wait(20) == (-number if number == signal.SIGKILL else 0)
        assert "Traceback" not in server.stderr()
    with operator.serve() as server:
        program = Program(server.address)
        assert 1_000_000 - 2 * UNDER_WAY <= program.offset(sealed.url) <= 1_000_000
        program.send(sealed)
    assert contents(operator) == [sealed.content]


def test_a_server_that_is_killed_in_a_header_keeps_nothing_of_it(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(editors=EDITORS))
    sealed = seal(operator.desk)
    with operator.serve() as server:
        Program(server.address).patch(sealed.url, 0, sealed.envelope[:HEADER])
        server.kill()
    # As a crash between two pages would leave it.
    [path] = folder(operator).iterdir()
    os.truncate(path, HEADER - 4_096)
    with operator.serve() as server:
        assert Program(server.address).offset(sealed.url) == 0
    assert list(folder(operator).iterdir()) == []


def test_the_server_has_complained_of_nothing(server: Server) -> None:
    """Last in the file, for all that was asked of it above."""
    assert server.stderr() == ""
