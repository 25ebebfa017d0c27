"""Where an earlier try ended is found in few questions; and what fails, fails for all."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.errors import IntakeError
from intake.reach.patience import Patience
from intake.reach.place import place_at
from intake.sender.link import Link
from intake.sender.newsroom import Newsroom
from intake.sender.outbox import Outbox, Stopped
from intake.sender.pacing import Clock, Pace
from intake.sender.planning import START, Mark, Pack, Part, Survey, Tree
from intake.sender.sending import Progress, Sender, Sent
from intake.sender.walking import Found, roots_of
from intake.wire.codename import Source, Thread
from intake.wire.resumable import Resumable
from tests.newsroom import Desk
from tests.newsroom.desk import today
from tests.sender.conftest import write

SOURCE = Source(Thread(b"c" * 32, b"r" * 32), b"u" * 32)
DESK = Desk()


class Kept(Outbox):
    """A way out to a server that keeps what it is given, as long as it is told to.

    Attributes:
        asked: how often it was asked for something.
    """

    def __init__(self, stop: threading.Event) -> None:
        clock = Clock(time.monotonic, time.time, stop.wait, lambda below: 0)
        super().__init__(
            Link(place_at("unix:/no/such/server", ("", 0)), lambda: "circuit"),
            Newsroom(DESK.signed_keyring, today),
            Pace(clock),
            Patience(1, stop),
            trouble=lambda failure: None,
            stop=stop,
        )
        self.there: set[bytes] = set()
        self.order: list[bytes] = []
        self.asked = 0
        self.fails_at = -1

    def has(self, record: Resumable) -> bool:
        self.asked += 1
        return record.address in self.there

    def put(self, record: Resumable, *, fresh: bool) -> None:
        if len(self.order) == self.fails_at:
            raise IntakeError("It fails.")
        self.there.add(record.address)
        self.order.append(record.address)


class Many(Tree):
    """Packs that are not on any disk: one file each, of which only the name is read."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__([], lambda _: None)
        self.count = count
        path = str(folder / "x").encode()
        self._packs = [[Part(Found(0, path, f"{n:06}", 1), 0, 1)] for n in range(count)]

    def packs(self, start: Mark = START, end: Mark | None = None) -> Iterator[Pack]:
        yield from self._packs[start.offset : end.offset if end else None]

    def survey(self, counted: object = None) -> Survey:
        marks = [Mark(0, b"x", n, n) for n in range(0, self.count, 32)]
        return Survey(self.count, 0, self.count, self.count, marks)


def sender(outbox: Outbox, stop: threading.Event, *, circuits: int = 1) -> Sender:
    return Sender(
        SOURCE, lambda: outbox, circuits=circuits, fresh=False, stop=stop, note=lambda _: None
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("many")
    (path / "x").write_text("x")
    return path


@given(count=st.integers(1, 300), share=st.floats(0, 1), holes=st.sets(st.integers(0, 300)))
@settings(max_examples=25)
def test_all_is_sent_once_wherever_it_ended_and_whatever_is_missing(folder, count, share, holes):
    stop, tree = threading.Event(), Many(folder, count)
    whole = Kept(stop)
    sender(whole, stop).send_files(tree, tree.survey(), lambda _: None)
    again = Kept(stop)
    known = [n for n in range(count) if n < share * count and n not in holes]
    again.there = {whole.order[n] for n in known}
    assert sender(again, stop).send_files(tree, tree.survey(), lambda _: None) == Sent(count, count)
    # All is there in the end; each pack and the manifest was sent, or looked at, once.
    assert again.there == whole.there
    assert sorted(again.order) == sorted(whole.order)
    assert again.order[-1] == whole.order[-1]


def test_the_end_of_an_earlier_try_is_found_in_few_questions(folder):
    stop, tree = threading.Event(), Many(folder, 1_500)
    whole = Kept(stop)
    sender(whole, stop).send_files(tree, tree.survey(), lambda _: None)
    assert whole.asked == 1
    for ended in (1, 31, 900, 1_490):
        again = Kept(stop)
        again.there = set(whole.order[:ended])
        seen: list[Progress] = []
        sender(again, stop).send_files(tree, tree.survey(), seen.append)
        assert again.asked <= 2 * 6 + 1
        # First what is new, and then a look at what is not.
        first = whole.order.index(again.order[0])
        assert ended - 64 <= first <= ended
        assert seen[-1].checking == (first > 0)


def test_a_failure_of_one_circuit_ends_the_work_of_all(folder):
    stop, tree = threading.Event(), Many(folder, 500)
    outbox = Kept(stop)
    outbox.fails_at = 20
    with pytest.raises(IntakeError, match="It fails"):
        sender(outbox, stop, circuits=4).send_files(tree, tree.survey(), lambda _: None)
    assert stop.is_set()


def test_what_is_stopped_says_so(folder):
    stop, tree = threading.Event(), Many(folder, 500)

    class Stopping(Kept):
        def put(self, record: Resumable, *, fresh: bool) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        sender(Stopping(stop), stop).send_files(tree, tree.survey(), lambda _: None)


def test_progress_goes_from_nothing_to_all(tmp_path):
    write(tmp_path / "large", 30_000_000)
    stop = threading.Event()
    tree = Tree(roots_of([str(tmp_path / "large")]), lambda _: None)
    seen: list[Progress] = []
    survey = tree.survey(lambda _: None)
    sender(Kept(stop), stop).send_files(tree, survey, seen.append)
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert (seen[-1].done, seen[-1].total) == (30_000_000, 30_000_000)
