"""One request at a time acts on an upload, and whoever comes later has the right of way.

Over Tor a circuit may be dead for minutes before our end of it is told. The source has long opened
another, and is not to wait for the one that is dead.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from gevent.event import Event

HangUp = Callable[[], None]


def stay() -> None:
    """Do not hang up: for requests that wait for nothing from the network, and end soon."""


@dataclass
class _Turn:
    hang_up: HangUp
    over: Event = field(default_factory=Event)


class Turns:
    """Who acts on what, in the greenlets of one thread."""

    def __init__(self) -> None:
        self._last: dict[str, _Turn] = {}

    @contextmanager
    def take(self, *names: str, hang_up: HangUp = stay) -> Iterator[None]:
        """Have all these for oneself; whoever has one of them is cut, and waited for.

        Args:
            hang_up: cuts our own connection.
        """
        with ExitStack() as all_of_them:
            # In one order for all, so that no two wait for each other.
            for name in sorted(names):
                all_of_them.enter_context(self._take(name, hang_up))
            yield

    @contextmanager
    def _take(self, name: str, hang_up: HangUp) -> Iterator[None]:
        before = self._last.get(name)
        mine = self._last[name] = _Turn(hang_up)
        try:
            if before is not None:
                before.hang_up()
                before.over.wait()
            yield
        finally:
            if before is None or before.over.is_set():
                self._end(name, mine)
            else:
                # Killed while it waited: who waits for us has to wait for the one before us.
                before.over.rawlink(lambda _: self._end(name, mine))

    def _end(self, name: str, turn: _Turn) -> None:
        turn.over.set()
        if self._last.get(name) is turn:
            del self._last[name]
