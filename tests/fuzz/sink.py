"""A newsroom whose submissions come to nothing: what would be sealed is noted instead."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from gevent.lock import DummySemaphore

from intake import i18n
from intake.chance import Chance
from intake.newsroom import Newsroom
from intake.problems import Slip
from intake.sealing import Place, Sealing
from intake.store import Arrival
from intake.wire.codename import WORDS, Thread, passes, split
from intake.wire.record import Ending, Header
from tests.fuzz.vectors import vectors
from tests.vectors.vector import chance

#: One that passes its check.
CODENAME: str = next(
    json.loads(one.one("typed")) for one in vectors("codename") if one.path.name == "plain"
)


@dataclass
class Noted:
    """A record as it was to be sealed; without an ending it was given up."""

    header: Header
    content: bytes = b""
    ending: Ending | None = None


class _Sealing:
    """Takes note of a record; see ``Sealing``."""

    digest = bytes(32)

    def __init__(self, noted: Noted) -> None:
        self._noted = noted

    @property
    def size(self) -> int:
        return len(self._noted.content)

    def place(self, *, is_all: bool) -> Place:
        return DummySemaphore()

    def count(self, data: bytes | bytearray) -> None:
        """Hashes nothing."""

    def seal(self, data: bytes | bytearray) -> Sequence[bytes]:
        self._noted.content += data
        return ()

    def written(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Holds no memory."""

    def finish(self, ending: Ending) -> Iterator[bytes]:
        self._noted.ending = ending
        return iter(())

    def abandon(self) -> None:
        """Holds nothing."""


class _Nowhere:
    """A store that keeps nothing, and one arrival in it."""

    def arrive(self, **_: object) -> Arrival:
        return self  # type: ignore[return-value]

    def write(self, pieces: object) -> None:
        """Keep nothing."""

    def commit(self) -> None:
        """Keep nothing."""

    def keep_truncated(self) -> None:
        """Keep nothing."""


@dataclass
class _Done:
    value: Any

    def get(self) -> Any:
        return self.value

    def wait(self) -> None:
        """It is done."""


class _AtOnce:
    """Threads that are none: what is given to them is done before they return."""

    def apply(self, work: Callable[..., Any], args: Any = (), kwds: Any = None) -> Any:
        return work(*args, **(kwds or {}))

    def spawn(self, work: Callable[..., Any], *args: Any) -> _Done:
        return _Done(work(*args))


class Sink(Newsroom):
    """A newsroom for one submission.

    Attributes:
        noted: what would have been sealed, in order.
    """

    def __init__(self) -> None:
        # Nothing of a real one: no folder, no threads.
        self.noted: list[Noted] = []
        self.chance = Chance(bytes, lambda _: 0, lambda _: None)
        self.store = _Nowhere()  # type: ignore[assignment]
        self.threads = _AtOnce()  # type: ignore[assignment]

    def suite(self) -> Callable[[Header], Sealing]:
        """Return how to take note."""

        def begin(header: Header) -> Sealing:
            self.noted.append(Noted(header))
            return _Sealing(self.noted[-1])

        return begin

    def thread_of(self, untrusted_codename: str, *_: object) -> Thread:
        """Return always the same: what it costs to derive one, and near words, are elsewhere."""
        typed = split(untrusted_codename)
        if not passes(typed):
            raise Slip([], len(typed), WORDS)
        return Thread(chance("capability", 32), chance("reply key", 32))


class Stream:
    """A body as a network brings it."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size, self._at = data, size, 0

    def read1(self, size: int) -> bytes:
        """Return a piece."""
        piece = self._data[self._at : self._at + min(size, self._size)]
        self._at += len(piece)
        return piece

    read = read1


def speak_english() -> None:
    """Let problems be told as in a request; once a process."""
    app = Flask(__name__)
    i18n.init(app)
    app.test_request_context().push()
