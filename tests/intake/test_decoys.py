"""Decoys: made by chance alone, sealed as all others are, and told apart by the editors alone."""

import os
import secrets
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import gevent
import pytest

from intake.chance import Chance
from intake.decoys import Decoys, blocks, number
from intake.errors import SealingFailed
from intake.home import Config, Home
from intake.newsroom import Newsroom
from intake.wire.envelope import CHUNK, PAGE
from intake.wire.record import Kind
from tests.newsroom import Desk, GnupgHome, Operator

CHANCE = Chance(os.urandom, secrets.randbelow, SystemRandom().shuffle)
TICK = 3_600


class Clock:
    """A clock that only sleeping moves.

    Attributes:
        slept: how long each time.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Place:
    """A newsroom that makes decoys, on a clock that only they move."""

    def __init__(
        self, folder: Path, *options: str, desk: Desk | None = None, chance: Chance = CHANCE
    ) -> None:
        self.desk = desk or Desk()
        self.operator = Operator(folder, self.desk, *options, tick=TICK)
        day = self.desk.keyring.first_day + 1
        self.clock = Clock(day * 86_400 + 900.5)
        self.newsroom = Newsroom(Home(self.operator.home), chance, lambda: self.clock.now)
        self.decoys = Decoys(self.newsroom, self.clock.sleep)

    def shelf(self) -> list[Path]:
        self.newsroom.shelve()
        return sorted(self.operator.shelf.iterdir())


def the_same_chance() -> Chance:
    """Return chance that draws the same numbers each time, and tokens that no two have."""
    return Chance(os.urandom, Random(b"the same").randrange, SystemRandom().shuffle)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, "--decoys", "4")


def test_each_tick_has_at_least_so_many(place: Place) -> None:
    seen = 0
    for _ in range(4):
        place.decoys.one_tick()
        now = len(place.shelf())
        assert now - seen >= 4
        seen = now


def test_an_editor_finds_that_it_is_a_decoy_and_nothing_else_does(place: Place) -> None:
    place.decoys.one_tick()
    opened = [place.desk.open(path) for path in place.shelf()]
    assert {one.header.kind for one in opened} == {Kind.DECOY}
    assert [(one.header.name, one.header.media_type, one.header.position) for one in opened] == [
        ("", "", 0)
    ] * len(opened)
    for one in opened:
        assert not one.truncated
        assert one.content.strip(b"\0") == b""
    told = [(one.header.submission, one.header.capability, one.header.reply_key) for one in opened]
    assert len({part for parts in told for part in parts}) == 3 * len(opened)
    first = opened[0].path.read_bytes()
    assert first[:PAGE] != opened[1].path.read_bytes()[:PAGE]


def test_half_of_them_are_as_long_as_a_message_and_none_is_longer_than_a_pack() -> None:
    drawn = Counter(blocks(CHANCE) for _ in range(40_000))
    assert (min(drawn), max(drawn)) == (1, 128)
    assert abs(drawn[1] - 20_000) < 1_000
    # Of each size up to twice another there are half as many: 40,000 / 128 are packs.
    assert abs(drawn[128] - 312) < 180


def test_a_decoys_size_is_a_size_of_other_envelopes(place: Place) -> None:
    for _ in range(3):
        place.decoys.one_tick()
    sizes = {path.stat().st_size for path in place.shelf()}
    assert PAGE + CHUNK in sizes
    assert {(size - PAGE) % CHUNK for size in sizes} == {0}


def test_no_number_is_much_likelier_than_the_next() -> None:
    drawn = Counter(number(4, CHANCE) for _ in range(20_000))
    assert min(drawn) == 4
    for one in range(4, 10):
        expected = drawn[one] * 4 / 5
        assert abs(drawn[one + 1] - expected) < 10 * (2 * expected) ** 0.5


def test_they_are_made_at_any_moment_of_what_is_left_of_the_tick(place: Place) -> None:
    moments = []
    for _ in range(20):
        place.clock.now = place.clock.now // TICK * TICK + 1_000
        place.clock.slept.clear()
        place.decoys.one_tick()
        passed = 1_000.0
        *pauses, _rest = place.clock.slept
        for pause in pauses:
            passed += pause
            moments.append(passed)
        assert place.clock.now % TICK == 0
    assert len(moments) >= 80
    assert 1_000 < min(moments) < 1_800
    assert 2_800 < max(moments) < TICK
    assert abs(sum(moments) / len(moments) - 2_300) < 500


def test_what_arrives_changes_nothing_of_when_and_how_many(tmp_path: Path) -> None:
    courses = []
    for arrivals in (0, 5):
        folder = tmp_path / str(arrivals)
        folder.mkdir()
        place = Place(folder, "--decoys", "4", chance=the_same_chance())
        for _ in range(arrivals):
            arrival = place.newsroom.store.arrive(for_message=True)
            arrival.write([os.urandom(PAGE + CHUNK)])
            arrival.commit()
        place.decoys.one_tick()
        courses.append((place.clock.slept, len(place.shelf()) - arrivals))
    assert courses[0] == courses[1]


@pytest.mark.parametrize("part", [1, 0.9])
def test_sleep_that_ends_early_makes_no_second_row(tmp_path: Path, part: float) -> None:
    place = Place(tmp_path, "--decoys", "4", chance=the_same_chance())

    def sleep(seconds: float) -> None:
        place.clock.sleep(seconds * part if seconds > 1e-3 else seconds)

    decoys, tick = Decoys(place.newsroom, sleep), place.newsroom.tick
    while place.newsroom.tick == tick:
        decoys.one_tick()
    assert len(place.shelf()) == number(4, the_same_chance())


def test_none_are_made_where_they_are_switched_off(tmp_path: Path) -> None:
    place = Place(tmp_path, "--decoys", "0")
    place.decoys.one_tick()
    assert place.shelf() == []
    assert place.clock.now % TICK == 0
    assert (
        "none, so envelopes can be counted"
        in place.operator.run("status", place.operator.home).stdout
    )


def test_none_are_made_while_the_intake_is_closed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Place(tmp_path, "--decoys", "4")
    place.clock.now = (place.desk.keyring.last_day + 1) * 86_400.0
    place.decoys.one_tick()
    assert place.shelf() == []
    assert capsys.readouterr().err == ""


def test_where_nobody_collects_they_fill_no_more_than_half_of_the_disk(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.decoys.one_tick()
    before = place.shelf()
    held = place.newsroom.store.used()
    monkeypatch.setattr(place.newsroom.store, "room", lambda **_: held - 1)
    place.decoys.one_tick()
    assert place.shelf() == before
    monkeypatch.setattr(place.newsroom.store, "room", lambda **_: held)
    place.decoys.one_tick()
    assert len(place.shelf()) >= len(before) + 4


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (SealingFailed, ("GnuPG could not seal.",), "GnuPG could not seal."),
        (OSError, (5, "Input/output error"), "Input/output error"),
    ],
)
def test_what_fails_is_said_once_and_is_tried_again(
    place: Place,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Exception],
    given: tuple[Any, ...],
    said: str,
) -> None:
    """And the name of what failed is not: whoever has the log could tell a decoy by it."""

    def fails(*_: Any, **__: Any) -> None:
        # Each has a name of its own.
        name = () if kind is SealingFailed else (f"ready/{secrets.token_hex(16)}",)
        raise kind(*given, *name)

    with monkeypatch.context() as patch:
        patch.setattr(place.newsroom.store, "arrive", fails)
        # As the server has it: what fails in a thread is raised where it is asked for.
        patch.setattr(gevent.get_hub(), "exception_stream", None)
        for _ in range(2):
            place.decoys.one_tick()
    assert capsys.readouterr().err == f"No decoy could be made: {said}\n"
    place.decoys.one_tick()
    assert len(place.shelf()) >= 4


def test_decoys_of_the_gpg_suite_are_of_that_suite(tmp_path: Path, gnupg: GnupgHome) -> None:
    place = Place(tmp_path, "--decoys", "1", desk=Desk(gnupg=gnupg))
    place.decoys.one_tick()
    opened = [place.desk.open(path) for path in place.shelf()]
    assert {one.header.kind for one in opened} == {Kind.DECOY}


def test_they_are_deleted_on_a_receipt_as_all_others(place: Place) -> None:
    place.decoys.one_tick()
    done = place.operator.deliver(place.desk.dispatch(receipts=place.shelf()))
    assert done.returncode == 0, done.stderr
    assert place.shelf() == []


def test_the_server_makes_them_by_itself(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(), "--decoys", "2", tick=1)
    with operator.serve() as server:
        while len(list(operator.shelf.iterdir())) < 6:
            assert server.process.poll() is None
    assert server.stderr() == ""


def test_a_folder_from_before_there_were_decoys_is_opened(place: Place) -> None:
    path = place.operator.home / "config.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("decoys")]
    path.write_text("\n".join(lines))
    assert Home(place.operator.home).config.decoys == Config.decoys > 0
    assert "at least 4 in each tick" in place.operator.run("status", place.operator.home).stdout
