"""What is told of a form while it arrives, by a clock of the test's own."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest

from intake.arriving import Arrivals, Arriving
from intake.body import Body
from intake.course import EVERY, LIFE, PATIENCE, STALLED, Course, State, Told, watch

TOTAL = 1_000_000
NAME = "5" * 32


class Line:
    """A request's body that comes when the test says so."""

    def __init__(self, total: int = TOTAL) -> None:
        self.body = Body({"wsgi.input": BytesIO(), "CONTENT_LENGTH": str(total)})

    def come(self, size: int) -> None:
        self.body.left = max(0, (self.body.left or 0) - size)


class Clock:
    """A clock that goes on when somebody sleeps; ``meanwhile`` is what happens then."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.now = 1_000.0
        self.meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()

    def watch(self, find: Callable[[], Arriving | None]) -> Iterator[State]:
        return watch(find, lambda: self.now, self.sleep)


def told(states: Iterator[State]) -> list[Told]:
    return [state.told for state in states]


def test_a_name_that_nothing_arrives_under_is_waited_for_a_while():
    clock = Clock()

    assert told(clock.watch(lambda: None)) == [Told.WAITING, Told.NOTHING]

    assert PATIENCE <= clock.now - 1_000 < PATIENCE + EVERY


def test_a_form_is_told_of_from_the_first_byte_to_the_last():
    line = Line()
    arriving = Arriving(line.body)
    clock = Clock(lambda: line.come(250_000))

    states = clock.watch(lambda: arriving)
    figures = [next(states) for _ in range(6)]
    arriving.end()
    assert told(states) == [Told.ALL_HERE]

    assert [state.told for state in figures] == [
        Told.WAITING,
        *[Told.FIGURES] * 4,
        Told.ALL_HERE,
    ]
    assert [state.figures and state.figures.percent for state in figures[1:]] == [
        0,
        25,
        50,
        75,
        100,
    ]


def test_a_form_that_begins_later_is_found():
    line, arrivals = Line(), Arrivals()
    states = Clock(lambda: arrivals.begin(NAME, line.body)).watch(lambda: arrivals.find(NAME))

    assert [next(states).told, next(states).told] == [Told.WAITING, Told.FIGURES]


def test_a_form_that_ends_too_early_is_told_as_broken_off():
    line = Line()
    arriving = Arriving(line.body)
    states = Clock(lambda: line.come(250_000)).watch(lambda: arriving)
    assert [next(states).told for _ in range(3)] == [Told.WAITING, Told.FIGURES, Told.FIGURES]

    arriving.end()
    last = list(states)

    assert [state.told for state in last] == [Told.BROKEN]
    assert last[0].figures is not None
    assert last[0].figures.arrived == 250_000


def test_what_is_wrong_with_a_form_is_told_before_it_has_arrived():
    line = Line()
    arriving = Arriving(line.body)
    arriving.refused = ("A title", "A message.")

    states = list(Clock().watch(lambda: arriving))

    assert [state.told for state in states] == [Told.WAITING, Told.REFUSED]
    assert states[-1].refused == ("A title", "A message.")


def test_a_watcher_does_not_live_for_ever():
    line = Line()
    arriving = Arriving(line.body)
    clock = Clock()

    states = told(clock.watch(lambda: arriving))

    assert states[-1] is Told.AGAIN
    assert set(states[1:-1]) == {Told.FIGURES}
    assert LIFE <= clock.now - 1_000 <= LIFE + EVERY


def test_only_what_is_new_and_every_tenth_is_for_the_ear():
    line = Line()
    arriving = Arriving(line.body)
    states = Clock(lambda: line.come(20_000)).watch(lambda: arriving)

    aloud = [
        state.figures and state.figures.percent
        for state in (next(states) for _ in range(50))
        if state.aloud
    ]

    assert aloud == [None, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90]


def test_the_rate_is_that_of_the_last_half_minute():
    course = Course(100_000_000)
    for second in range(0, 60, 2):
        course.figures(second, 50_000 * second)
    for second in range(60, 92, 2):
        figures = course.figures(second, 3_000_000 + 10_000 * (second - 60))

    assert figures.rate == 10_000
    assert figures.seconds == (100_000_000 - figures.arrived) // 10_000


def test_there_is_no_rate_at_the_beginning_and_none_while_nothing_comes():
    course = Course(TOTAL)
    assert [course.figures(at, at * 10).rate for at in (0, 2)] == [None, None]
    assert course.figures(4.0, 40).rate == 10
    silent = [course.figures(4.0 + at, 40) for at in (STALLED - 1, STALLED)]
    assert [figures.stalled for figures in silent] == [False, True]
    assert silent[1].rate is silent[1].seconds is None


def test_a_clock_that_is_set_back_does_no_harm():
    course = Course(TOTAL)
    course.figures(1_000.0, 10)

    assert course.figures(10.0, 20).rate is None


@pytest.mark.parametrize(("arrived", "percent"), [(0, 0), (TOTAL - 1, 99), (TOTAL, 100)])
def test_a_hundred_percent_means_all(arrived: int, percent: int):
    assert Course(TOTAL).figures(0.0, arrived).percent == percent


@pytest.mark.parametrize(
    "name", ["", "5" * 31, "5" * 33, "5" * 31 + "g", "A" * 32, "5" * 32 + "\n", "../../" + "5" * 26]
)
def test_nothing_is_kept_under_what_is_no_name_of_ours(name: str):
    arrivals = Arrivals()

    assert arrivals.begin(name, Line().body) is None
    assert arrivals.find(name) is None


def test_a_form_without_a_length_is_not_kept():
    body = Body({"wsgi.input": BytesIO(), "HTTP_TRANSFER_ENCODING": "chunked"})

    assert Arrivals().begin(NAME, body) is None


def test_of_two_forms_under_one_name_the_last_counts():
    arrivals = Arrivals()
    first = arrivals.begin(NAME, Line().body)
    second = arrivals.begin(NAME, Line().body)
    assert first is not None
    assert second is not None

    arrivals.end(NAME, first)
    assert arrivals.find(NAME) is second
    assert (first.over, second.over) == (True, False)

    arrivals.end(NAME, second)
    assert arrivals.find(NAME) is None
