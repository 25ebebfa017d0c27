"""The pace: never over the rate, even, varying; and only within the hours."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.sender.pacing import Clock, Closed, Hours, Pace, usual

DAY = 86_400
HOUR = 3_600


class Time:
    """Time that passes when somebody waits, and nothing else."""

    def __init__(self, hour: float = 12, seed: int = 1) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._begin = 20_000 * DAY + hour * HOUR
        self._random = random.Random(seed)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.local, self.wait, self._random.randrange)

    def local(self) -> float:
        return self._begin + self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        self.waits.append(seconds)
        return False

    @property
    def hour(self) -> float:
        return self.local() % DAY / HOUR


@given(rate=st.integers(1, 10**9), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_no_second_has_more_than_the_rate_and_a_piece(rate, seed):
    time = Time(seed=seed)
    pace = Pace(time.clock, rate=rate)
    sent: list[tuple[float, int]] = []
    for _ in range(400):
        pace.take(pace.piece)
        sent.append((time.now, pace.piece))
    for begin, _ in sent[::20]:
        inside = sum(size for at, size in sent if begin <= at < begin + 1)
        assert inside <= rate + pace.piece


@given(seed=st.integers(0, 99))
@settings(max_examples=20)
def test_the_pace_varies_and_keeps_near_to_the_rate(seed):
    time = Time(seed=seed)
    pace = Pace(time.clock, rate=100_000)
    minutes: dict[int, int] = {}
    while time.now < 30 * 60:
        pace.take(pace.piece)
        minutes[int(time.now // 60)] = minutes.get(int(time.now // 60), 0) + pace.piece
    paces = [size / 60 for size in list(minutes.values())[:-1]]
    assert 0.55 * 100_000 <= min(paces) <= max(paces) <= 1.01 * 100_000
    assert max(paces) - min(paces) > 5_000
    assert abs(sum(paces) / len(paces) / usual(100_000, None, 10**9) - 1) < 0.15


def test_pieces_are_small_where_the_rate_is():
    time = Time()
    assert Pace(time.clock).piece == Pace(time.clock, rate=10**7).piece == 65_536
    assert Pace(time.clock, rate=10_000).piece == 2_500
    assert Pace(time.clock, rate=1).piece == 512


def test_without_rate_and_hours_nothing_waits():
    time = Time()
    pace = Pace(time.clock)
    pace.wait_open()
    pace.take(10**9)
    assert time.waits == []


@given(
    first=st.integers(0, 23),
    last=st.integers(0, 23),
    at=st.floats(0, 23.99),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_it_sends_within_the_hours_alone_for_days(first, last, at, seed):
    hours = Hours(first, last)
    if not hours.seconds:
        return
    time = Time(at, seed)
    pace = Pace(time.clock, hours=hours)
    days = []
    for _ in range(4):
        pace.wait_open()
        begun = time.now
        while True:
            try:
                pace.take(1)
            except Closed:
                break
            assert (time.hour - first) % 24 * HOUR < hours.seconds
            time.now += 60
        days.append((begun, time.now))
    for begun, ended in days[1:]:
        # Late and early by some of it, and not by much.
        assert hours.seconds * 0.8 < ended - begun <= hours.seconds + 60
    assert all(later[0] - earlier[1] > 0 for earlier, later in pairwise(days))


def test_no_two_days_begin_and_end_alike():
    time = Time(12, seed=5)
    pace = Pace(time.clock, hours=Hours(22, 6))
    edges = set()
    for _ in range(6):
        pace.wait_open()
        begun = time.local() % DAY
        while not pace.until_open():
            time.now += 5
        edges |= {begun, time.local() % DAY}
    assert len(edges) == 12


def test_a_wait_ends_when_nothing_is_to_be_sent_any_more():
    time = Time(12)
    ended = Clock(time.clock.steady, time.clock.local, lambda _: True, lambda _: 0)
    Pace(ended, hours=Hours(22, 6)).wait_open()
    pace = Pace(ended, rate=1)
    for _ in range(10):
        pace.take(1_000)
    assert time.now == 0


@pytest.mark.parametrize(
    ("rate", "hours", "tor", "expected"),
    [(0, None, 9, 9), (10, None, 99, 8), (10, None, 4, 4), (0, Hours(0, 12), 24, 11)],
)
def test_what_is_usual_is_what_comes_about(rate, hours, tor, expected):
    assert usual(rate, hours, tor) == pytest.approx(expected)
