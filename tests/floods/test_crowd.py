"""Who has to go when there are too many connections, and who stays."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from intake.crowd import SOME, TOO_SLOW, Crowd, Pace
from tests.floods import holding
from tests.newsroom import Operator, Server, Source, Upload, request

#: So few open files are places for some forty connections.
FEW_FILES = ("sh", "-c", 'ulimit -n 600; exec "$0" "$@"')


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Gone:
    """Takes note of who had to go."""

    def __init__(self, number: int, most: int) -> None:
        self.clock = Clock()
        self.crowd = Crowd(most)
        self.gone: list[int] = []
        self.paces = [self._come(index) for index in range(number)]

    def _come(self, index: int) -> Pace:
        pace = Pace(lambda: self.gone.append(index), self.clock)
        self.crowd.enter(pace)
        self.clock.now += 1
        return pace

    def after_thinning(self) -> list[int]:
        self.crowd.thin_out()
        return sorted(self.gone)


def test_nobody_goes_while_there_is_room() -> None:
    assert Gone(15, 16).after_thinning() == []


def test_who_asks_for_nothing_goes_first_and_the_oldest_of_them_before_others() -> None:
    crowd = Gone(16, 16)
    crowd.paces[0].ask()
    assert crowd.after_thinning() == [1]


def test_a_connection_that_was_answered_lately_is_younger_than_one_that_never_asked() -> None:
    crowd = Gone(16, 16)
    crowd.paces[0].ask()
    crowd.paces[0].rest()
    assert crowd.after_thinning() == [1]


def test_nobody_goes_who_waits_for_us() -> None:
    crowd = Gone(32, 16)
    for pace in crowd.paces:
        pace.ask()
    crowd.clock.now += 3_600
    assert crowd.after_thinning() == []


def test_who_keeps_us_waiting_in_a_request_goes_when_it_is_too_slow() -> None:
    crowd = Gone(16, 16)
    for pace in crowd.paces:
        pace.ask()
    with crowd.paces[5].waiting():
        crowd.clock.now += TOO_SLOW - 1
        assert crowd.after_thinning() == []
        crowd.clock.now += 1
        assert crowd.after_thinning() == [5]


def test_many_short_waits_count_as_one_until_enough_has_come() -> None:
    crowd = Gone(16, 16)
    for pace in crowd.paces:
        pace.ask()
    slow, quick = crowd.paces[:2]
    for _ in range(20):
        for pace, size in ((slow, 100), (quick, SOME)):
            with pace.waiting():
                crowd.clock.now += 1
            pace.moved(size)
    assert crowd.after_thinning() == [0]


def test_no_more_go_than_it_takes() -> None:
    assert len(Gone(100, 64).after_thinning()) == 100 - 60


@pytest.fixture
def server(operator: Operator) -> Iterator[Server]:
    """A server with few places."""
    with operator.serve(within=FEW_FILES) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [holding.IDLE, holding.ASKING])
def test_whatever_is_held_there_is_a_place_for_a_page(
    server: Server, kinds: tuple[Callable[[], bytes], ...]
) -> None:
    """More connections are opened than there are places; those that wait for one are many."""
    with ExitStack() as all_of_them:
        for make in kinds:
            all_of_them.enter_context(holding.held(server.address, make, 80 // len(kinds)))
        assert request(server.address, "GET", "/").status == 200
    assert request(server.address, "GET", "/").status == 200
    assert server.stderr() == ""


@pytest.mark.slow
def test_a_sender_at_the_pace_of_a_bad_line_stays(server: Server) -> None:
    source, stop = Source(server.address), threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            with holding.held(server.address, holding.nothing, 80):
                stop.wait(0.5)

    flood = threading.Thread(target=come_and_go)
    flood.start()
    try:
        with Upload(server.address, source.codename, "slow", 26_000) as upload:
            for _ in range(13):
                upload.send(bytes(2_000))
                time.sleep(1)
            assert upload.finish().status == 200
    finally:
        stop.set()
        flood.join()
