"""Floods of those who ask quickly: others wait, and nobody is kept out."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.floods.flood import Flood
from tests.floods.slowly import SOURCES
from tests.newsroom import Answer, Desk, Operator, Server, Source
from tests.newsroom.source import Page
from tests.newsroom.visitor import Visitor

CAMPAIGN = pytest.mark.skipif(SOURCES < 1_000, reason="takes a minute: SOURCES=1000 has it")
#: Generous: many things may run on a machine that tests.
PATIENCE = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Operator(tmp_path, Desk(), "--reserve", "1M", tick=3_600).serve() as running:
        yield running
        assert running.stderr() == ""


def seconds(act: Callable[[], Answer]) -> float:
    """Return how long it took; it has to come off."""
    begun = time.perf_counter()
    answer = act()
    assert answer.status == 200, answer.text
    return time.perf_counter() - begun


def until(status: int, ask: Callable[[], Answer]) -> Answer:
    """Ask until this is the status of the answer."""
    deadline = time.monotonic() + PATIENCE
    while (answer := ask()).status != status:
        assert time.monotonic() < deadline, f"it never was {status}"
    return answer


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "clients"), [("login", 200), ("file", 4), ("ignored", 4)])
def test_while_many_ask_pages_answer_and_messages_and_logins_come_off(
    server: Server, kind: str, clients: int, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source(server.address)
    with Visitor(server.address) as visitor, Flood(server.address, kind, clients) as flood:
        sent = sorted(seconds(lambda: source.send("It gets through.")) for _ in range(10))
        read = seconds(source.replies)
    pages = visitor.times
    with capsys.disabled():
        print(
            f"\n{kind} by {clients} clients, {sum(flood.answers.values())} answers: "
            f"pages, median {pages[len(pages) // 2] * 1e3:.0f} ms, 99th of 100 "
            f"{pages[len(pages) * 99 // 100] * 1e3:.0f} ms; messages {sent[5] * 1e3:.0f} ms, "
            f"slowest {sent[-1] * 1e3:.0f} ms; a login {read * 1e3:.0f} ms"
        )
    assert pages[len(pages) * 99 // 100] < 2
    assert read < PATIENCE
    # Whoever sends does not wait for all those who read.
    if kind == "login":
        assert sent[5] < read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "clients"), [("login", 400), pytest.param("message", 1_300, marks=CAMPAIGN)]
)
def test_who_is_told_that_the_server_is_busy_finds_on_the_page_all_that_was_typed(
    server: Server, kind: str, clients: int
) -> None:
    source = Source(server.address)

    def ask() -> Answer:
        return source.replies() if kind == "login" else source.send("What I have typed.")

    with ExitStack() as running:
        running.enter_context(Flood(server.address, kind, clients))
        answer = until(503, ask)
        page = Page(answer.text)
        assert "The server is busy at the moment" in page.text
        assert page.field("codename") == [source.codename]
        if kind == "message":
            assert "What I have typed." in page.text
    # Nobody is waited for who has gone.
    until(200, ask)
