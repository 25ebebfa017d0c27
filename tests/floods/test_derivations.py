"""The two lines in which codenames wait to be worked with."""

import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from flask.testing import FlaskClient
from gevent.threadpool import ThreadPool

from intake.app import create_app
from intake.chance import Chance
from intake.derivations import MOST_WAITING, Derivations, Purpose, stays
from intake.home import Home
from intake.newsroom import Newsroom
from intake.problems import Busy, Interrupted
from intake.wire.codename import derive_thread, split
from tests.newsroom import Desk, Operator
from tests.newsroom.source import Page, new_codename

SALT = bytes(16)
WORDS = split(new_codename())


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    operator = Operator(tmp_path, Desk())
    chance = Chance(os.urandom, secrets.randbelow, random.SystemRandom().shuffle)
    return Newsroom(Home(operator.home), chance, time.time)


@pytest.fixture
def client(newsroom: Newsroom) -> Iterator[FlaskClient]:
    with create_app(newsroom).test_client() as client:
        yield client


@pytest.fixture
def derivations(client: FlaskClient) -> Iterator[Derivations]:
    """One at a time, in a request: what is told is in its language."""
    with client.application.test_request_context():
        yield Derivations(ThreadPool(1))


def begin(
    derivations: Derivations, *purposes: Purpose
) -> tuple[list[Purpose], list[gevent.Greenlet]]:
    """Have some asked for in this order; return whose turn was over when, as that comes about."""
    order: list[Purpose] = []

    def ask(purpose: Purpose) -> None:
        derivations.derive(WORDS, SALT, purpose, stays)
        order.append(purpose)

    asked = [gevent.spawn(ask, purpose) for purpose in purposes]
    gevent.sleep(0)
    return order, asked


def test_it_derives_what_the_format_says(derivations: Derivations) -> None:
    thread = derivations.derive(WORDS, SALT, Purpose.READING, stays)
    assert thread == derive_thread(WORDS, SALT)


def test_who_sends_and_who_reads_have_every_second_turn(derivations: Derivations) -> None:
    reading, sending = Purpose.READING, Purpose.SENDING
    order, asked = begin(derivations, *[reading] * 6, *[sending] * 2)
    gevent.joinall(asked)
    assert order.index(sending) <= 2
    assert order[order.index(sending) + 1 :].index(sending) == 1
    assert order.count(reading) == 6


def test_a_line_that_is_full_says_so_and_the_other_goes_on(
    derivations: Derivations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST_WAITING, Purpose.READING, 2)
    _, asked = begin(derivations, *[Purpose.READING] * 3)
    with pytest.raises(Busy):
        derivations.derive(WORDS, SALT, Purpose.READING, stays)
    derivations.derive(WORDS, SALT, Purpose.SENDING, stays)
    gevent.joinall(asked)
    derivations.derive(WORDS, SALT, Purpose.READING, stays)


def test_who_has_gone_is_not_worked_for(derivations: Derivations) -> None:
    order, asked = begin(derivations, Purpose.READING)
    with pytest.raises(Interrupted):
        derivations.derive(WORDS, SALT, Purpose.READING, lambda: True)
    gevent.joinall(asked)
    assert order == [Purpose.READING]
    derivations.derive(WORDS, SALT, Purpose.READING, stays)


def test_who_is_killed_while_waiting_leaves_the_turn_to_the_next(derivations: Derivations) -> None:
    order, asked = begin(derivations, *[Purpose.READING] * 3)
    asked[1].kill()
    gevent.joinall(asked)
    assert len(order) == 2
    derivations.derive(WORDS, SALT, Purpose.READING, stays)


def test_a_busy_server_gives_back_all_that_was_typed(
    client: FlaskClient, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for purpose in Purpose:
        monkeypatch.setitem(MOST_WAITING, purpose, 0)
    at_work = [
        gevent.spawn(newsroom.thread_of, new_codename(), Purpose.SENDING, stays) for _ in range(2)
    ]
    gevent.sleep(0)
    codename = new_codename()
    fields = {"codename": codename, "message": "Typed for an hour.", "files": (os.devnull, "x")}
    letter = client.post("/submit", data=fields, content_type="multipart/form-data")
    login = client.post("/replies", data={"codename": codename})
    gevent.joinall(at_work)
    for answer in (letter, login):
        page = Page(answer.text)
        assert answer.status_code == 503
        assert "The server is busy at the moment" in page.text
        assert page.field("codename") == [codename]
    assert "Typed for an hour." in Page(letter.text).text
