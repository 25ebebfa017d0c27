"""A keyring that is not in force: nothing is taken that nobody could read."""

from pathlib import Path

import pytest

from tests.newsroom import Desk, File, Operator, Source, request
from tests.newsroom.desk import today
from tests.newsroom.source import Page

DAYS = {"run out": (-10, -1), "not yet": (1, 10)}


@pytest.fixture(params=DAYS)
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Operator:
    first, last = DAYS[request.param]
    return Operator(tmp_path, Desk(first_day=today() + first, last_day=today() + last))


def test_nothing_is_taken_and_replies_can_be_read(operator: Operator) -> None:
    with operator.serve() as server:
        source = Source(server.address)
        answer = source.send("Anybody there?", [File("x", b"x" * 200_000)])
        assert (answer.status, "closed at the moment" in answer.text) == (503, True)
        answer = source.post("/submit", {"codename": source.codename, "message": "Hello?"})
        assert answer.status == 503
        for path in ("/", "/submit", "/replies", "/keyring", "/protection"):
            answer = request(server.address, "GET", path)
            assert answer.status == 200
            assert "We are closed at the moment." in answer.text
        assert Page(request(server.address, "GET", "/submit").text).field("codename") == []
        desk = operator.desk
        reply = desk.reply(source.thread(desk.salt), "We are back soon.")
        assert operator.deliver(desk.dispatch(replies=[reply])).returncode == 0
        assert "We are back soon." in source.replies().text
        assert "has been deleted" in source.delete("all").text
    assert list(operator.collect().iterdir()) == []


def test_the_operator_is_told(operator: Operator) -> None:
    done = operator.run("status", operator.home)
    assert (done.returncode, "intake      closed: the keyring" in done.stdout) == (0, True)


def test_the_next_keyring_opens_the_intake_again(operator: Operator) -> None:
    desk = operator.desk
    with operator.serve() as server:
        source = Source(server.address)
        assert source.send("Too early.").status == 503
        next_one = desk.signed_keyring(desk.successor(first_day=today(), last_day=today() + 1))
        assert operator.deliver(desk.dispatch(keyring=next_one)).returncode == 0
        assert source.send("In time.").status == 200
    [path] = operator.collect().iterdir()
    assert desk.open(path).content == b"In time."


def test_what_came_before_it_ran_out_is_collected_after(tmp_path: Path) -> None:
    desk = Desk()
    operator = Operator(tmp_path, desk)
    with operator.serve() as server:
        Source(server.address).send("Before.")
    over = desk.successor(first_day=today() - 9, last_day=today() - 1)
    assert operator.deliver(desk.dispatch(keyring=desk.signed_keyring(over))).returncode == 0
    [path] = operator.collect().iterdir()
    assert desk.open(path).content == b"Before."
