"""A month in the life of a newsroom, on whatever design: the same events, and a log of them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Protocol

from tests.newsroom import File, Source, Upload
from tests.seizure.disk import Disk
from tests.seizure.ext4 import Ext4
from tests.seizure.image import Image
from tests.seizure.plan import Day, Letter, Plan
from tests.seizure.statement import Statement
from tests.seizure.truth import Answered, Truth, spanning

#: Sources who are there at the same moment.
_AT_ONCE = 3
#: Bytes of an upload whose connection is cut.
_CUT = 400_000
#: Bytes that are left of a disk that is nearly full.
_ROOM = 8 << 20


class Design(Protocol):
    """A server that takes submissions, in processes of its own on a disk of its own."""

    disk: Disk
    address: str
    #: The newsroom's, where codenames are more than compared.
    salt: bytes | None

    def send(self, source: Source, letter: Letter) -> None:
        """Send a letter, by the form or in a way of its own; it is safe then."""

    def sit_down(self, day: Day, truth: Truth) -> None:
        """Have an editor fetch, open and answer; note in the log what became of it."""

    def crash(self) -> None:
        """Kill the server, and start it again."""

    def state(self, raw: Ext4, image: Image, tick: int) -> Statement:
        """Return what an examiner states who knows how it works."""

    def pids(self) -> list[int]:
        """Return the processes that a seizure finds running."""


class Month:
    """A month that is lived through.

    Args:
        seconds: how long a day is.
    """

    def __init__(self, design: Design, plan: Plan, *, tick: int, seconds: float) -> None:
        self.truth = Truth(plan, tick)
        self._design = design
        self._plan = plan
        self._seconds = seconds

    def live(self) -> Truth:
        """Live through it, and return the log."""
        for day in self._plan.days:
            begin = time.time()
            with ExitStack() as stack:
                if day.full:
                    self._fill_disk()
                if day.breaks or day.crash:
                    stack.enter_context(self._cut_upload())
                middle = len(day.letters) // 2 if day.crash else 0
                self._visit(day.letters[:middle], [])
                if day.crash:
                    self._design.crash()
                self._visit(day.letters[middle:], self._unread())
            if day.desk is not None:
                self._design.sit_down(day, self.truth)
            time.sleep(max(0.0, begin + self._seconds - time.time()))
        return self.truth

    def _visit(self, letters: tuple[Letter, ...], answers: list[Answered]) -> None:
        """Have all come that come, several at once, and spread over a good part of the day."""
        visits: list[Callable[[], None]] = [partial(self._send, one) for one in letters]
        visits += [partial(self._read, one) for one in answers]
        pause = self._seconds * 0.7 / max(1, len(visits))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            under_way = []
            for visit in visits:
                under_way.append(pool.submit(visit))
                time.sleep(pause)
            for one in under_way:
                one.result()

    def _send(self, letter: Letter) -> None:
        source = self._source(letter.source)
        with spanning() as span:
            self._design.send(source, letter)
        self.truth.sent[letter.number] = span

    def _read(self, answered: Answered) -> None:
        source = self._source(answered.answer.source)
        with spanning() as span:
            assert answered.answer.text in source.replies().text
        answered.read = span
        if answered.answer.deleted:
            with spanning() as span:
                assert source.delete("all").status == 200
            answered.deleted = span

    def _unread(self) -> list[Answered]:
        return [one for one in self.truth.answered if one.read is None]

    def _source(self, number: int) -> Source:
        return Source(self._design.address, self._plan.codenames[number])

    def _fill_disk(self) -> None:
        """Have somebody send more than there is room for; the others come when there is again."""
        letter = self._plan.letters[0]
        with self._design.disk.nearly_full(_ROOM):
            file = File(letter.name, letter.content[:64] * (2 * _ROOM // 64))
            answer = self._source(len(self._plan.codenames) - 1).send(letter.message, [file])
            assert answer.status >= 400

    def _cut_upload(self) -> Upload:
        """Begin what will not be ended, by a source who does nothing else."""
        letter = self._plan.letters[0]
        upload = Upload(self._design.address, self._plan.codenames[-1], letter.name, 2 * _CUT)
        upload.send(letter.content[:64] * (_CUT // 64))
        return upload


def by_the_form(source: Source, letter: Letter) -> None:
    """Send a letter as a browser without a script does."""
    file = File(letter.name, letter.content, "application/pdf")
    answer = source.send(letter.message, [file])
    assert answer.status == 200, answer.text
