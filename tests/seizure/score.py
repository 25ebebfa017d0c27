"""What was stated, held against the truth: one line for each fact, right or wrong alike."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import combinations

from tests.seizure.statement import Reply, Statement, Thing
from tests.seizure.truth import Answered, Span, Truth

#: Seconds by which a time may be off that counts as exact: the kernel's clock has such steps.
_EXACT = 0.02
#: Bytes by which a size may be off: names and hashes are sealed beside what was sent.
_BESIDE = 1_024


@dataclass(frozen=True)
class Score:
    """How much of a fact was found.

    Attributes:
        found: what is stated and true.
        of: what is true.
        wrong: what is stated and not true.
    """

    found: float
    of: float
    wrong: float = 0

    def __str__(self) -> str:
        wrong = f", {self.wrong:g} wrong" if self.wrong else ""
        return f"{self.found:g} of {self.of:g}{wrong}"


def scores(stated: Statement, truth: Truth) -> dict[str, Score]:
    """Return for each fact how much of it the examiner can state."""
    things = [thing for thing in stated.things if thing.name in truth.things]
    letters = truth.plan.letters
    writers = len({letter.source for letter in letters})
    return {
        "how many sources there are": Score(writers if stated.sources == writers else 0, writers),
        "which things are of one source": _pairs(
            things,
            lambda thing: thing.source,
            lambda thing: letters[truth.things[thing.name][0]].source,
        ),
        "which things are of one submission": _pairs(
            things, lambda thing: thing.submission, lambda thing: truth.things[thing.name][0]
        ),
        "when each thing came, exactly": _times(things, truth),
        "in which tick each thing came": _ticks(things, truth),
        "how many submissions a tick": _by_tick(stated, truth),
        "the exact size of each": _sizes(things, truth),
        "who was answered": _answers(stated, truth, lambda one: one.source),
        "when each reply was delivered": _moments(
            [one.delivered for one in stated.replies], [one.delivered for one in truth.answered]
        ),
        "when each reply was read": _moments(
            [one.read for one in stated.replies], [one.read for one in truth.answered]
        ),
        "when each reply was deleted": _moments(
            [one.deleted for one in stated.replies], [one.deleted for one in truth.answered]
        ),
        "how often each editor delivered": Score(
            sum(min(stated.dispatches.get(one, 0), true) for one, true in truth.dispatches.items()),
            sum(truth.dispatches.values()),
            sum(
                max(0, stated.dispatches.get(one, 0) - true)
                for one, true in truth.dispatches.items()
            ),
        ),
        "which editor wrote each reply": _editors(stated, truth),
    }


def _pairs(
    things: Iterable[Thing],
    stated: Callable[[Thing], Hashable],
    true: Callable[[Thing], Hashable],
) -> Score:
    found = of = wrong = 0
    for one, other in combinations(list(things), 2):
        says = stated(one) is not None and stated(one) == stated(other)
        holds = true(one) == true(other)
        found, of, wrong = found + (says and holds), of + holds, wrong + (says and not holds)
    return Score(found, of, wrong)


def _times(things: Iterable[Thing], truth: Truth) -> Score:
    found = wrong = 0
    for thing in things:
        if thing.time is not None:
            is_right = _within(thing.time, truth.sent[truth.things[thing.name][0]])
            found, wrong = found + is_right, wrong + (not is_right)
    return Score(found, len(truth.things), wrong)


def _ticks(things: Iterable[Thing], truth: Truth) -> Score:
    found = wrong = 0
    for thing in things:
        if thing.tick is not None:
            span = truth.sent[truth.things[thing.name][0]]
            is_right = _tick(span.begin, truth) <= thing.tick <= _tick(span.end, truth)
            found, wrong = found + is_right, wrong + (not is_right)
    return Score(found, len(truth.things), wrong)


def _by_tick(stated: Statement, truth: Truth) -> Score:
    """Return how many submissions were put into the right tick, and how many were not there."""
    true = Counter(_tick(span.end, truth) for span in truth.sent.values())
    said: dict[int, float] = defaultdict(float, stated.ticks)
    every = set(true) | set(said)
    return Score(
        sum(min(true[tick], said[tick]) for tick in every),
        sum(true.values()),
        sum(max(0, said[tick] - true[tick]) for tick in every),
    )


def _sizes(things: Iterable[Thing], truth: Truth) -> Score:
    stated = [thing for thing in things if thing.size is not None]
    sizes = [(thing.size or 0, truth.things[thing.name][1]) for thing in stated]
    found = sum(abs(size - true) <= _BESIDE for size, true in sizes)
    return Score(found, len(truth.things), len(stated) - found)


def _answers(stated: Statement, truth: Truth, whom: Callable[[Reply], Hashable]) -> Score:
    """Return of how many replies it is known which things came from the same source."""
    of_source = {
        thing.source: truth.plan.letters[truth.things[thing.name][0]].source
        for thing in stated.things
        if thing.source is not None and thing.name in truth.things
    }
    said = Counter(of_source.get(whom(one)) for one in stated.replies if whom(one) is not None)
    true = Counter(one.answer.source for one in truth.answered)
    found = sum(min(said[source], count) for source, count in true.items())
    return Score(found, len(truth.answered), said.total() - found)


def _editors(stated: Statement, truth: Truth) -> Score:
    said = [one for one in stated.replies if one.editor is not None and one.delivered is not None]
    found = sum(any(_is(one, true) for true in truth.answered) for one in said)
    return Score(found, len(truth.answered), len(said) - found)


def _is(stated: Reply, true: Answered) -> bool:
    at = stated.delivered
    return at is not None and stated.editor == true.answer.editor and _within(at, true.delivered)


def _moments(stated: Iterable[float | None], true: Iterable[Span | None]) -> Score:
    spans = [span for span in true if span is not None]
    moments = [moment for moment in stated if moment is not None]
    found = sum(any(_within(moment, span) for moment in moments) for span in spans)
    wrong = sum(not any(_within(moment, span) for span in spans) for moment in moments)
    return Score(found, len(spans), wrong)


def _within(time: float, span: Span) -> bool:
    return span.begin - _EXACT <= time <= span.end + _EXACT


def _tick(time: float, truth: Truth) -> int:
    return int(time) // truth.tick * truth.tick
