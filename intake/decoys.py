"""Decoys: envelopes with nothing in them, so that the number of the others cannot be counted.

They are made at random moments of each tick, as a source's message would come in: so neither
whoever takes the machine before its end, nor who sees where on the disk they lie, tells them apart.
How many there are depends on chance alone, and never on what arrives. With one envelope more or
less, any number that somebody counts is nearly as likely. Of many ticks together, it is less so.
"""

import sys
from collections.abc import Callable
from typing import Final, NoReturn

import gevent

from intake.chance import Chance
from intake.errors import DiskFull, IntakeError, reason
from intake.newsroom import Newsroom
from intake.problems import Closed
from intake.sealing import PORTION, SealedArrival
from intake.wire.record import CAPACITY, TRAILER, Header, Kind
from intake.wire.resumable import MAX_BLOCKS

#: Draws of a moment are so fine.
_FINE: Final = 1 << 32
_NOTHING: Final = bytes(PORTION)


def number(least: int, chance: Chance) -> int:
    """Return how many decoys a tick has: ``least``, and as many again on average.

    What comes on top is geometric: each one more is ``least`` / (``least`` + 1) times as likely.
    """
    if not least:
        return 0
    drawn = least
    while chance.below(least + 1):
        drawn += 1
    return drawn


def blocks(chance: Chance) -> int:
    """Return how many blocks a decoy has: 1, as a message, for every second one.

    Of twice the length there are half as many, up to one in 128 that is as long as a whole pack.
    """
    least = 1
    while least < MAX_BLOCKS and chance.below(2):
        least *= 2
    return min(least + chance.below(least), MAX_BLOCKS)


class Decoys:
    """Makes a newsroom's decoys.

    Args:
        sleep: waits for so many seconds.
    """

    def __init__(self, newsroom: Newsroom, sleep: Callable[[float], None] = gevent.sleep) -> None:
        self._newsroom = newsroom
        self._sleep = sleep
        self._told = ""

    def run(self) -> NoReturn:
        """Make them, for as long as it is let."""
        while True:
            self.one_tick()

    def one_tick(self) -> None:
        """Make those of the tick that is running, in what is left of it."""
        newsroom, chance = self._newsroom, self._newsroom.chance
        tick = newsroom.tick
        left = newsroom.seconds_to_tick()
        due = number(newsroom.config.decoys, chance) if self._is_room() else 0
        passed = 0.0
        for moment in sorted(chance.below(_FINE) / _FINE * left for _ in range(due)):
            self._sleep(moment - passed)
            passed = moment
            self._make()
        # A clock that is set, or sleep that ends early, makes no second row of them.
        while newsroom.tick == tick:
            self._sleep(newsroom.seconds_to_tick())

    def _is_room(self) -> bool:
        """Return whether half of the room is left: where nobody collects, they do not fill it."""
        store = self._newsroom.store
        try:
            used: int = self._newsroom.threads.apply(store.used)
            return used <= store.room(for_message=False)
        except OSError as error:
            self._tell(error)
            return False

    def _make(self) -> None:
        try:
            self._seal()
        except (Closed, DiskFull):
            # Then nothing comes in that could be counted.
            return
        except (IntakeError, OSError) as error:
            self._tell(error)

    def _tell(self, error: OSError | IntakeError) -> None:
        """Say what failed, once, until something else fails."""
        if reason(error) != self._told:
            self._told = reason(error)
            sys.stderr.write(f"No decoy could be made: {self._told}\n")

    def _seal(self) -> None:
        newsroom, token = self._newsroom, self._newsroom.chance.token
        header = Header(Kind.DECOY, token(16), token(32), token(32), 0)
        left = blocks(newsroom.chance) * CAPACITY - TRAILER - len(header.serialise())
        arrival = SealedArrival(header, newsroom.suite(), newsroom.store, newsroom.threads)
        try:
            while left:
                piece = _NOTHING[:left]
                arrival.write(piece)
                left -= len(piece)
            arrival.finish()
        finally:
            arrival.give_up()
