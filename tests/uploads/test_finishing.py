"""Crashes between the steps of finishing: each state that one leaves ends in one whole envelope.

The steps are: the last page is on the disk; the envelope has its name in ``ready/``; the table
remembers it; the upload's own name is gone. The states are made here as a crash would leave them.
"""

import os
import time
from pathlib import Path

import pytest

from intake.store import DirectoryStore
from intake.uploads.remembered import Remembered
from intake.uploads.tus import Upload
from intake.wire.envelope import ID_BYTES, PAGE, envelope_id
from tests.newsroom import Desk, Operator
from tests.store.contract import shuffle
from tests.uploads.program import Program, Sealed, seal

DAY = 86_400


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path, Desk(), tick=1)


@pytest.fixture
def sealed(operator: Operator) -> Sealed:
    return seal(operator.desk)


def store_of(operator: Operator) -> DirectoryStore:
    return DirectoryStore(operator.home / "store", reserve=0, token=os.urandom)


def last_page_is_there(operator: Operator, sealed: Sealed) -> Path:
    """Leave what a crash leaves that comes before anything is done with a whole upload."""
    with operator.serve() as server:
        Program(server.address).patch(sealed.url, 0, sealed.envelope[:-PAGE])
        server.kill()
    [path] = (operator.home / "store" / "uploads").iterdir()
    with path.open("ab") as file:
        file.write(sealed.envelope[-PAGE:])
    return path


def name_is_in_ready(operator: Operator, sealed: Sealed) -> Path:
    path = last_page_is_there(operator, sealed)
    name = envelope_id(sealed.envelope[:ID_BYTES]).hex()
    os.link(path, operator.home / "store" / "ready" / name)
    return path


def table_remembers(operator: Operator, sealed: Sealed) -> Path:
    path = name_is_in_ready(operator, sealed)
    table = Remembered(operator.home / "store" / "remembered", os.urandom)
    table.add(Upload.parse(sealed.url.rpartition("/")[2]).digest)
    return path


STATES = [last_page_is_there, name_is_in_ready, table_remembers]


def contents(operator: Operator) -> list[bytes]:
    return [one.content for one in operator.desk.open_all(operator.collect())]


@pytest.mark.parametrize("crash", STATES)
def test_who_asks_after_the_crash_is_told_that_it_is_complete(
    operator: Operator, sealed: Sealed, crash: type
) -> None:
    path = crash(operator, sealed)
    with operator.serve() as server:
        assert Program(server.address).offset(sealed.url) == sealed.size
        assert not path.exists()
        assert Program(server.address).offset(sealed.url) == sealed.size
    assert contents(operator) == [sealed.content]


@pytest.mark.parametrize("crash", STATES)
def test_who_asks_after_a_tick_is_told_as_well(
    operator: Operator, sealed: Sealed, crash: type
) -> None:
    crash(operator, sealed)
    store_of(operator).shelve(int(time.time()), shuffle)
    with operator.serve() as server:
        assert Program(server.address).offset(sealed.url) == sealed.size
    assert contents(operator) == [sealed.content]
    assert list((operator.home / "store" / "uploads").iterdir()) == []


@pytest.mark.parametrize("crash", STATES)
def test_if_nobody_asks_it_is_put_on_the_shelf_after_a_day(
    operator: Operator, sealed: Sealed, crash: type
) -> None:
    path = crash(operator, sealed)
    store = store_of(operator)
    store.recover()
    store.shelve(DAY, shuffle)
    store.uploads.retire(DAY + DAY - 1)
    assert path.exists()
    store.uploads.retire(DAY + DAY)
    assert not path.exists()
    store.shelve(DAY + DAY, shuffle)
    assert contents(operator) == [sealed.content]


@pytest.mark.parametrize("crash", STATES)
def test_it_can_be_deleted_no_more(operator: Operator, sealed: Sealed, crash: type) -> None:
    crash(operator, sealed)
    with operator.serve() as server:
        assert Program(server.address).delete(sealed.url).status == 404
    assert contents(operator) == [sealed.content]


def test_what_is_forgotten_is_sent_again_and_there_is_one_envelope(
    operator: Operator, sealed: Sealed
) -> None:
    """This program keeps its header. One that does not makes a second envelope of the same."""
    for _ in range(2):
        with operator.serve() as server:
            Program(server.address).send(sealed)
            assert Program(server.address).offset(sealed.url) == sealed.size
        assert contents(operator) == [sealed.content]
        (operator.home / "store" / "remembered").unlink()


def test_another_envelope_with_the_same_first_page_is_refused(
    operator: Operator, sealed: Sealed
) -> None:
    """It is not acknowledged, since it could not be kept: nothing is lost that was promised."""
    other = seal(operator.desk)
    forged = sealed.envelope[:ID_BYTES] + other.envelope[ID_BYTES:]
    with operator.serve() as server:
        program = Program(server.address)
        program.send(sealed)
        answer = program.patch(other.url, 0, forged)
        assert (answer.status, "begins in the same way" in answer.text) == (422, True)
        assert program.offset(other.url) == 0
    assert contents(operator) == [sealed.content]


# --- Joining ----------------------------------------------------------------------------------


def test_a_crash_while_parts_are_joined_leaves_the_parts(
    operator: Operator, sealed: Sealed
) -> None:
    uploads = operator.home / "store" / "uploads"
    with operator.serve() as server:
        parts = Program(server.address).parts(sealed.envelope, 100_000, 200_000)
        server.kill()
    (uploads / f"{'0' * 32}.{sealed.size}.joining").write_bytes(sealed.envelope[:150_000])
    with operator.serve() as server:
        program = Program(server.address)
        assert len(list(uploads.iterdir())) == 3
        assert program.join(parts).status == 201
        assert list(uploads.iterdir()) == []
    assert contents(operator) == [sealed.content]


def test_joining_again_after_a_lost_answer_is_answered_as_before(
    operator: Operator, sealed: Sealed
) -> None:
    with operator.serve() as server:
        program = Program(server.address)
        parts = program.parts(sealed.envelope, 100_000, 200_000)
        locations = {program.join(parts).header("Location") for _ in range(3)}
        assert len(locations) == 1
    with operator.serve() as server:
        assert program.join(parts).header("Location") in locations
    assert contents(operator) == [sealed.content]


def test_parts_that_a_crash_left_beside_the_whole_are_deleted_when_it_is_asked_for_again(
    operator: Operator, sealed: Sealed
) -> None:
    with operator.serve() as server:
        program = Program(server.address)
        parts = program.parts(sealed.envelope, 100_000)
        program.join(parts)
        for url, piece in zip(
            parts, (sealed.envelope[:100_000], sealed.envelope[100_000:]), strict=True
        ):
            program.patch(url, 0, piece)
        assert program.join(parts).status == 201
        assert list((operator.home / "store" / "uploads").iterdir()) == []
    assert contents(operator) == [sealed.content]
