"""Turns: one at a time, the last to come cuts all before it, and nobody waits for ever."""

import gevent
import pytest
from gevent.event import Event

from intake.uploads.turns import Turns

PATIENCE = 10


class Request:
    """A request that holds its turn until it is cut, or told to end."""

    def __init__(self, turns: Turns, *names: str, done: list[str], name: str = "") -> None:
        self.cut = Event()
        self.has = Event()
        self._turns, self._names, self._done, self._name = turns, names, done, name
        self.greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        with self._turns.take(*self._names, hang_up=self.cut.set):
            self.has.set()
            assert self.cut.wait(PATIENCE)
            # What is written to a disk at the end takes its time.
            gevent.sleep(0.01)
            self._done.append(self._name)


def test_who_comes_later_cuts_who_is_there_and_waits_for_its_end() -> None:
    turns, done = Turns(), list[str]()
    first = Request(turns, "a", done=done, name="first")
    assert first.has.wait(PATIENCE)
    with turns.take("a"):
        assert done == ["first"]


def test_of_many_that_wait_all_are_cut_by_the_last() -> None:
    turns, done = Turns(), list[str]()
    requests = [Request(turns, "a", done=done, name=str(number)) for number in range(5)]
    gevent.sleep(0)
    with turns.take("a"):
        assert all(one.cut.is_set() for one in requests)
    gevent.joinall([one.greenlet for one in requests], timeout=PATIENCE, raise_error=True)
    assert done == ["0", "1", "2", "3", "4"]


def test_nobody_is_cut_for_the_sake_of_something_else() -> None:
    turns, done = Turns(), list[str]()
    first = Request(turns, "a", done=done)
    assert first.has.wait(PATIENCE)
    with turns.take("b"):
        assert not first.cut.is_set()
    first.cut.set()
    first.greenlet.get(timeout=PATIENCE)


def test_two_that_want_the_same_in_another_order_do_not_wait_for_each_other() -> None:
    turns, done = Turns(), list[str]()
    requests = [
        Request(turns, *names, done=done, name=str(number))
        for number, names in enumerate([("a", "b", "c"), ("c", "b", "a"), ("b", "a"), ("c",)] * 5)
    ]
    for one in requests:
        one.cut.set()
    gevent.joinall([one.greenlet for one in requests], timeout=PATIENCE, raise_error=True)
    assert len(done) == len(requests)


@pytest.mark.parametrize("waiting", [True, False])
def test_one_that_is_killed_leaves_its_turn_to_the_next(waiting: bool) -> None:
    turns, done = Turns(), list[str]()
    first = Request(turns, "a", done=done, name="first")
    assert first.has.wait(PATIENCE)
    second = Request(turns, "a", done=done, name="second")
    gevent.sleep(0)
    killed = second if waiting else first
    killed.greenlet.kill()
    (first if waiting else second).cut.set()
    with gevent.Timeout(PATIENCE), turns.take("a"):
        assert len(done) == 1


def test_nothing_is_held_of_what_is_over() -> None:
    turns, done = Turns(), list[str]()
    one = Request(turns, "a", "b", done=done)
    assert one.has.wait(PATIENCE)
    with turns.take("a"):
        assert list(turns._last) == ["a"]
    assert turns._last == {}


def test_turns_are_taken_in_the_order_of_asking() -> None:
    turns, done = Turns(), list[str]()
    requests = [Request(turns, "a", done=done, name=str(number)) for number in range(9)]
    gevent.sleep(0)
    requests[4].greenlet.kill()
    requests[8].cut.set()
    gevent.joinall([one.greenlet for one in requests], timeout=PATIENCE, raise_error=True)
    assert done == ["0", "1", "2", "3", "5", "6", "7", "8"]
