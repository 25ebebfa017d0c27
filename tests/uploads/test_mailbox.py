"""PROTOCOL.md, P3: replies for who has the capability, which opens none of them."""

import os

import pytest

from intake.wire.codename import Thread
from intake.wire.reply import MAX_TEXT, NAME, SEALED, open_reply
from tests.newsroom import Answer, Operator, Server, Source, request
from tests.newsroom.watch import Watch

TYPE = "application/octet-stream"
LEAST = 65_536


@pytest.fixture
def source(server: Server) -> Source:
    return Source(server.address)


@pytest.fixture
def thread(source: Source, operator: Operator) -> Thread:
    return source.thread(operator.desk.salt)


def ask(server: Server, body: bytes, path: str = "/mailbox", kind: str = TYPE) -> Answer:
    return request(server.address, "POST", path, body, {"Content-Type": kind})


def replies(answer: Answer) -> dict[bytes, bytes]:
    """Return names and boxes, as a program reads them from the answer."""
    assert (answer.status, answer.header("Content-Type")) == (200, TYPE)
    count, entry = int.from_bytes(answer.body[:4], "big"), NAME + SEALED
    entries = [answer.body[4 + at * entry :][:entry] for at in range(count)]
    assert answer.body[4 + count * entry :].strip(b"\0") == b""
    return {one[:NAME]: one[NAME:] for one in entries}


def deliver(operator: Operator, thread: Thread, *texts: str) -> None:
    desk = operator.desk
    sealed = [desk.reply(thread, text, number=number) for number, text in enumerate(texts, 1)]
    assert operator.deliver(desk.dispatch(replies=sealed)).returncode == 0


def test_replies_are_fetched_with_the_capability_and_opened_without_the_server(
    server: Server, operator: Operator, thread: Thread
) -> None:
    deliver(operator, thread, "One.", "Two.")
    found = replies(ask(server, thread.capability))
    texts = {open_reply(sealed, thread.reply_key).text for sealed in found.values()}
    assert texts == {"One.", "Two."}


def test_another_capability_fetches_nothing(
    server: Server, operator: Operator, thread: Thread
) -> None:
    deliver(operator, thread, "Not yours.")
    assert replies(ask(server, os.urandom(32))) == {}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5])
def test_an_answer_does_not_tell_by_its_length_whether_there_are_replies(
    server: Server, operator: Operator, thread: Thread, count: int
) -> None:
    deliver(operator, thread, *["x" * MAX_TEXT] * count)
    answer = ask(server, thread.capability)
    assert len(replies(answer)) == count
    assert len(answer.body) == (LEAST if count <= 3 else 2 * LEAST)


def test_a_program_and_the_page_show_the_same(
    server: Server, operator: Operator, source: Source, thread: Thread
) -> None:
    deliver(operator, thread, "To be read twice.")
    [name] = replies(ask(server, thread.capability))
    page = source.replies().text
    assert "To be read twice." in page
    assert name.hex() in page


def test_replies_are_deleted_by_name_and_the_others_stay(
    server: Server, operator: Operator, source: Source, thread: Thread
) -> None:
    deliver(operator, thread, "One.", "Two.", "Three.")
    found = replies(ask(server, thread.capability))
    gone = list(found)[:2]
    answer = ask(server, thread.capability + b"".join(gone), "/mailbox/delete")
    assert (answer.status, answer.body) == (204, b"")
    [left] = replies(ask(server, thread.capability))
    assert left == list(found)[2]
    shown = source.replies().text
    assert left.hex() in shown
    assert not any(name.hex() in shown for name in gone)


def test_deleting_what_is_not_there_is_answered_in_the_same_way(
    server: Server, thread: Thread
) -> None:
    for names in (b"", os.urandom(NAME), os.urandom(5 * NAME)):
        answer = ask(server, thread.capability + names, "/mailbox/delete")
        assert (answer.status, answer.body) == (204, b"")


def test_nobody_deletes_what_is_anothers(
    server: Server, operator: Operator, thread: Thread
) -> None:
    deliver(operator, thread, "Mine.")
    [name] = replies(ask(server, thread.capability))
    assert ask(server, os.urandom(32) + name, "/mailbox/delete").status == 204
    assert set(replies(ask(server, thread.capability))) == {name}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/mailbox", b"", 400),
        ("/mailbox", bytes(31), 400),
        ("/mailbox", bytes(33), 413),
        ("/mailbox", bytes(10**6), 413),
        ("/mailbox/delete", b"", 400),
        ("/mailbox/delete", bytes(33), 400),
        ("/mailbox/delete", bytes(63), 400),
        ("/mailbox/delete", bytes(32 + 32 * 4_096), 204),
        ("/mailbox/delete", bytes(32 + 32 * 4_097), 413),
    ],
)
def test_a_body_of_another_length_is_refused(
    server: Server, path: str, body: bytes, status: int
) -> None:
    answer = ask(server, body, path)
    assert answer.status == status
    if status != 204:
        assert answer.header("Content-Type") == "text/plain; charset=utf-8"
        assert len(answer.text.splitlines()) <= 2


@pytest.mark.parametrize("path", ["/mailbox", "/mailbox/delete"])
def test_a_body_of_another_type_is_415(server: Server, path: str) -> None:
    """A page of somebody else's could send a form here, and not this type."""
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert ask(server, bytes(32), path, kind).status == 415


def test_no_capability_is_in_any_file(server: Server, operator: Operator, thread: Thread) -> None:
    watch = Watch([operator.folder], {"capability": thread.capability})
    deliver(operator, thread, "One.")
    ask(server, thread.capability)
    assert watch.found(server) == []


def test_the_server_has_complained_of_nothing(server: Server) -> None:
    """Last in the file, for all that was asked of it above."""
    assert server.stderr() == ""
