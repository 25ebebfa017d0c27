"""Crashes between the steps of finishing: each state that one leaves ends in one whole envelope.

The steps are: the last page is on the disk; the envelope has its name in ``ready/``; the table
remembers it; the upload's own name is gone. The states are made here as a crash would leave them.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from intake.uploads.remembered import Remembered
from intake.uploads.tus import Upload
from intake.wire.envelope import ID_BYTES, PAGE, envelope_id
from tests.uploads.inside import DAY, Inside
from tests.uploads.program import Sealed, seal


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    return Inside(tmp_path)


@pytest.fixture
def sealed(inside: Inside) -> Sealed:
    return seal(inside.desk)


def last_page_is_there(inside: Inside, sealed: Sealed) -> None:
    assert inside.patch(sealed, upto=-PAGE) == 204
    [path] = inside.unfinished()
    with path.open("ab") as file:
        file.write(sealed.envelope[-PAGE:])


def name_is_in_ready(inside: Inside, sealed: Sealed) -> None:
    last_page_is_there(inside, sealed)
    name = envelope_id(sealed.envelope[:ID_BYTES]).hex()
    os.link(inside.unfinished()[0], inside.store / "ready" / name)


def table_remembers(inside: Inside, sealed: Sealed) -> None:
    name_is_in_ready(inside, sealed)
    upload = Upload.parse(sealed.url.rpartition("/")[2])
    Remembered(inside.store / "remembered", os.urandom).add(upload.digest)


Crash = Callable[[Inside, Sealed], None]
each_crash = pytest.mark.parametrize(
    "crash", [last_page_is_there, name_is_in_ready, table_remembers]
)


@each_crash
def test_who_asks_after_the_crash_is_told_that_it_is_complete(
    inside: Inside, sealed: Sealed, crash: Crash
) -> None:
    crash(inside, sealed)
    inside.restart()
    assert inside.offset(sealed) == sealed.size
    assert inside.unfinished() == []
    assert inside.offset(sealed) == sealed.size
    assert inside.contents() == [sealed.content]


@each_crash
def test_who_asks_hours_after_the_crash_is_told_as_well(
    inside: Inside, sealed: Sealed, crash: Crash
) -> None:
    crash(inside, sealed)
    for _ in range(5):
        inside.restart()
        inside.now += 3_600
        inside.tick()
    assert inside.offset(sealed) == sealed.size
    assert inside.contents() == [sealed.content]
    assert inside.unfinished() == []


@each_crash
def test_if_nobody_asks_it_is_on_the_shelf_after_a_day(
    inside: Inside, sealed: Sealed, crash: Crash
) -> None:
    crash(inside, sealed)
    inside.restart()
    inside.now += DAY - 3_600
    inside.tick()
    assert len(inside.unfinished()) == 1
    inside.now += 3_600
    inside.tick()
    assert inside.unfinished() == []
    assert inside.contents() == [sealed.content]


@each_crash
def test_it_can_be_deleted_no_more(inside: Inside, sealed: Sealed, crash: Crash) -> None:
    crash(inside, sealed)
    inside.restart()
    assert inside.ask("DELETE", sealed.url).status_code == 404
    assert inside.contents() == [sealed.content]


def test_what_is_forgotten_is_sent_again_and_there_is_one_envelope(
    inside: Inside, sealed: Sealed
) -> None:
    """This program keeps its header. One that does not makes a second envelope of the same."""
    for _ in range(2):
        assert inside.offset(sealed) == 0
        assert inside.patch(sealed) == 204
        assert inside.offset(sealed) == sealed.size
        assert inside.contents() == [sealed.content]
        (inside.store / "remembered").unlink()
        inside.restart()


def test_another_envelope_with_the_same_first_page_is_refused(
    inside: Inside, sealed: Sealed
) -> None:
    """It is not acknowledged, since it could not be kept: nothing is lost that was promised."""
    other = seal(inside.desk)
    forged = Sealed(b"", sealed.envelope[:ID_BYTES] + other.envelope[ID_BYTES:], other.url)
    assert inside.patch(sealed) == 204
    assert inside.patch(forged) == 422
    assert inside.offset(other) == 0
    assert inside.contents() == [sealed.content]


# --- Joining ----------------------------------------------------------------------------------


def test_a_crash_while_parts_are_joined_leaves_the_parts(inside: Inside, sealed: Sealed) -> None:
    parts = inside.parts(sealed.envelope, 100_000)
    half = inside.store / "uploads" / f"{'0' * 32}.{sealed.size}.joining"
    half.write_bytes(sealed.envelope[:150_000])
    inside.restart()
    assert len(inside.unfinished()) == 2
    assert inside.join(parts).status_code == 201
    assert inside.unfinished() == []
    assert inside.contents() == [sealed.content]


def test_joining_again_after_a_lost_answer_is_answered_as_before(
    inside: Inside, sealed: Sealed
) -> None:
    parts = inside.parts(sealed.envelope, 100_000)
    locations = {inside.join(parts).location for _ in range(3)}
    inside.restart()
    locations.add(inside.join(parts).location)
    assert len(locations) == 1
    assert inside.contents() == [sealed.content]


def test_parts_that_a_crash_left_beside_the_whole_go_when_it_is_asked_for_again(
    inside: Inside, sealed: Sealed
) -> None:
    parts = inside.parts(sealed.envelope, 100_000)
    inside.join(parts)
    [first, second] = sealed.envelope[:100_000], sealed.envelope[100_000:]
    for url, piece in zip(parts, (first, second), strict=True):
        assert inside.patch(Sealed(b"", piece, url)) == 204
    assert len(inside.unfinished()) == 2
    assert inside.join(parts).status_code == 201
    assert inside.unfinished() == []
    assert inside.contents() == [sealed.content]
