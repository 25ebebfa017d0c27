"""A newsroom's month, planned: who sends what on which day, who is answered, and what fails."""

import random
from dataclasses import dataclass, field
from itertools import groupby

from intake.wire.codename import draw
from intake.wordlists import words
from tests.seizure.canaries import tile, tiled

DAYS = 30
#: One source in so many begins with ``intake send``; all else comes from the form.
_BY_PROGRAM = 8
#: An editor sits down on one day in so many; they take turns.
_DESK_EVERY = 3
#: Bytes of a file, and of a message.
_FILE_SIZES = (90, 700, 6_000, 40_000, 90_000, 200_000)
_MESSAGE_SIZES = (40, 200, 900, 5_000)
EDITORS = ("Edda", "Max")


@dataclass(frozen=True)
class Letter:
    """One submission: a message and a file."""

    number: int
    source: int
    day: int
    message: str
    name: str
    content: bytes = field(repr=False)
    by_program: bool = False


@dataclass(frozen=True)
class Answer:
    """What an editor writes to a source, and whether it deletes that when it has read it."""

    source: int
    day: int
    editor: int
    text: str
    deleted: bool


@dataclass(frozen=True)
class Day:
    """What happens on a day, besides that whoever was answered the day before reads it.

    Attributes:
        desk: the editor who fetches and opens at the end of it, if any.
        delivers: whether answers and receipts are delivered then: on the last day, nothing is.
        breaks: whether a connection is cut, by a source who is nobody else.
        crash: whether the server is killed in the middle of it.
        full: whether the disk is nearly full.
    """

    letters: tuple[Letter, ...]
    answers: tuple[Answer, ...]
    desk: int | None
    delivers: bool
    breaks: bool
    crash: bool
    full: bool


@dataclass(frozen=True)
class Plan:
    """A month."""

    codenames: tuple[str, ...]
    days: tuple[Day, ...]

    @property
    def letters(self) -> list[Letter]:
        return [letter for day in self.days for letter in day.letters]

    @property
    def answers(self) -> list[Answer]:
        return [answer for day in self.days for answer in day.answers]


def plan(submissions: int, days: int, chance: random.Random) -> Plan:
    """Plan a month of so many submissions, by a third as many sources."""
    sources = max(2, submissions // 3)
    writers = [*range(sources), *(chance.randrange(sources) for _ in range(submissions - sources))]
    chance.shuffle(writers)
    written = sorted((chance.randrange(days), source) for source in writers)
    letters: list[Letter] = []
    for number, (day, source) in enumerate(written):
        # A codename's uploads are one submission for the program: it is given no two here.
        is_first = all(letter.source != source for letter in letters)
        by_program = is_first and source % _BY_PROGRAM == 1
        letters.append(_letter(number, source, day, chance, by_program=by_program))
    by_day = {day: tuple(some) for day, some in groupby(letters, key=lambda letter: letter.day)}
    codenames = tuple(" ".join(draw(words("en"), chance.randrange)) for _ in range(sources + 1))
    made: list[Day] = []
    for number in range(days):
        is_last = number == days - 1
        is_desk_day = number % _DESK_EVERY == _DESK_EVERY - 1
        desk = number // _DESK_EVERY % len(EDITORS) if is_desk_day or is_last else None
        since = [by_day.get(day, ()) for day in range(max(0, number - _DESK_EVERY + 1), number + 1)]
        heard = sorted({letter.source for some in since for letter in some})
        delivers = is_desk_day and not is_last
        made.append(
            Day(
                by_day.get(number, ()),
                _answers(heard, number, desk, chance) if desk is not None and delivers else (),
                desk,
                delivers,
                breaks=number % 5 == 1,
                crash=number == days // 3,
                full=number == days // 2,
            )
        )
    return Plan(codenames, tuple(made))


def _letter(
    number: int, source: int, day: int, chance: random.Random, *, by_program: bool
) -> Letter:
    return Letter(
        number,
        source,
        day,
        tiled(tile(), chance.choice(_MESSAGE_SIZES) + chance.randrange(40)),
        f"{tiled(tile(), 24)}.pdf",
        tiled(tile(), chance.choice(_FILE_SIZES) + chance.randrange(90)).encode(),
        by_program=by_program,
    )


def _answers(heard: list[int], day: int, editor: int, chance: random.Random) -> tuple[Answer, ...]:
    answered = [source for source in heard if chance.random() < 0.5]
    return tuple(
        Answer(source, day, editor, tiled(tile(), 200), deleted=chance.random() < 0.6)
        for source in answered
    )
