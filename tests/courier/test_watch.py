"""Watching: what is said, and when, tells nothing but whether something came."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.courier.cli import _say
from intake.courier.watching import DAY, LEAD, Watch, Word, next_at
from intake.reach.errors import NotReached

SIX = 6 * 3_600


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self, now: float) -> None:
        self.time = now
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wait_until(self, moment: float) -> None:
        self.waits.append(moment)
        self.time = moment


@given(now=st.floats(0, 4e9), at=st.integers(0, DAY - 1))
def test_the_next_time_is_within_a_day_and_at_that_second(now: float, at: int) -> None:
    moment = next_at(now, at)
    assert now < moment <= now + DAY
    assert moment % DAY == at


@given(took=st.lists(st.floats(0, 3 * DAY), min_size=1, max_size=8), at=st.integers(0, DAY - 1))
def test_the_pull_begins_at_a_fixed_time_however_long_it_takes(took: list[float], at: int) -> None:
    clock = Clock(1_000_000_000.0)
    durations = iter(took)

    def pull() -> tuple[int, None]:
        clock.time += next(durations)
        return 1, None

    watch = Watch(pull, at=at, now=clock.now, wait_until=clock.wait_until)
    for _ in took:
        watch.pull_once()
    assert {moment % DAY for moment in clock.waits} == {(at - LEAD) % DAY}


def test_word_is_given_every_day_on_the_hour_whatever_came() -> None:
    clock = Clock(1_000_000_000.0)
    results = [(3, None), (0, None), (0, NotReached("away")), (2, NotReached("cut"))]
    pulls = iter(results)
    watch = Watch(lambda: next(pulls), at=SIX, now=clock.now, wait_until=clock.wait_until)
    words = []
    for _ in results:
        watch.pull_once()
        words.append(watch.word_once())
    assert [word.arrived for word in words] == [True, False, False, True]
    assert [word.failure and word.failure.message for word in words] == [None, None, "away", "cut"]
    assert [moment % DAY for moment in clock.waits] == [SIX - LEAD, SIX] * 4


def test_what_comes_after_the_hour_is_told_a_day_later() -> None:
    clock = Clock(1_000_000_000.0)
    watch = Watch(lambda: (1, None), at=SIX, now=clock.now, wait_until=clock.wait_until)
    assert watch.word_once() == Word(arrived=False)
    watch.pull_once()
    assert watch.word_once() == Word(arrived=True)
    assert watch.word_once() == Word(arrived=False)


def test_the_word_has_neither_number_nor_time(capsys: pytest.CaptureFixture[str]) -> None:
    _say(None, Word(arrived=True))
    _say(None, Word(arrived=False))
    assert capsys.readouterr() == ("Something arrived.\nNothing new.\n", "")


def test_the_command_is_run_every_day_with_one_word(tmp_path: Path) -> None:
    said = tmp_path / "said"
    script = tmp_path / "notify me"
    script.write_text(f'#!/bin/sh\necho "$*" >> "{said}"\n')
    script.chmod(0o755)
    for word in (
        Word(True),
        Word(False),
        Word(False, NotReached("away")),
        Word(True, NotReached("x")),
    ):
        _say(f"'{script}' always", word)
    assert said.read_text() == "always arrived\nalways nothing\nalways failed\nalways arrived\n"


def test_a_command_that_cannot_be_run_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _say("/nowhere/to/be/found", Word(arrived=True))
    assert "cannot be run" in capsys.readouterr().err


def test_watching_ends_on_a_signal(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0" * 64)
    command = [sys.executable, "-m", "intake", "courier", "watch", f"unix:{tmp_path / 'nobody'}"]
    command += [str(tmp_path / "stick"), "--token-file", str(token), "--at", "00:00"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    timer = threading.Timer(1.0, process.terminate)
    timer.start()
    said, _ = process.communicate(timeout=30)
    timer.join()
    assert (process.returncode, said) == (1, "")
