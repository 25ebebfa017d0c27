"""The newsroom's online half: what the pages, the tick and the commands act on."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from intake.chance import Chance
from intake.days import day_of
from intake.derivations import Derivations, HasGone, Purpose
from intake.home import Config, Home
from intake.leftovers import Threads
from intake.problems import Busy, Closed, Slip
from intake.sealing import Suite, suite_for
from intake.store import Store
from intake.wire.codename import MAX_CODENAME, WORDS, Thread, draw, passes, split
from intake.wire.errors import Refused, WireError
from intake.wire.keyring import Keyring
from intake.wire.reply import Reply, SealedReply, is_for, open_reply
from intake.wordlists import slips, words

#: Threads that seal and write. More than processors, since writing waits for the disk.
_SEALING_THREADS = 8
#: Derivations at once: each takes 19 MiB and a processor.
_DERIVATIONS = 2


@dataclass(frozen=True)
class Found:
    """A reply that the source can read: its name in the store in hex, and what it says."""

    name: str
    reply: Reply


class Newsroom:
    """A HOME in service.

    Args:
        now: the Unix time; all that is ever stored of it is the tick.
    """

    def __init__(self, home: Home, chance: Chance, now: Callable[[], float]) -> None:
        self.home = home
        self.chance = chance
        self.now = now
        self.store: Store = home.store(chance.token)
        self.threads = Threads(_SEALING_THREADS)
        self._derivations = Derivations(Threads(_DERIVATIONS))
        self._suite: tuple[tuple[Keyring, int], Suite] | None = None

    @property
    def config(self) -> Config:
        """What the operator set."""
        return self.home.config

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return day_of(self.now())

    @property
    def tick(self) -> int:
        """The beginning of the present tick, Unix seconds."""
        return self.config.tick_at(self.now())

    def seconds_to_tick(self) -> float:
        """Return how long the present tick still is."""
        return self.config.tick - self.now() % self.config.tick

    def shelve(self) -> None:
        """Do what a tick does."""
        self.store.uploads.retire(self.tick)
        self.store.shelve(self.tick, self.chance.shuffle)

    def is_open(self) -> bool:
        """Return whether the keyring is in force."""
        try:
            self.home.keyring.check_day(self.day)
        except Refused:
            return False
        return True

    def suite(self) -> Suite:
        """Return how to seal now.

        Raises:
            Closed: nobody could open it.
        """
        asked = (self.home.keyring, self.day)
        if self._suite is None or self._suite[0] != asked:
            try:
                made = suite_for(*asked, gnupg=self.home.gnupg, token=self.chance.token)
            except Refused as error:
                raise Closed from error
            self._suite = (asked, made)
        return self._suite[1]

    def new_codename(self, language: str) -> str:
        """Draw a codename from the language's list; nothing is stored."""
        return " ".join(draw(words(language), self.chance.below))

    def thread_of(self, untrusted_codename: str, purpose: Purpose, has_gone: HasGone) -> Thread:
        """Return what a codename stands for.

        Raises:
            Slip: it is none; told from the words alone.
            Busy, Interrupted: as ``Derivations.derive``.
        """
        typed = split(untrusted_codename)
        unknown = slips(typed[:WORDS])
        if unknown or not passes(typed):
            slip = Slip(unknown, len(typed), WORDS)
            slip.codename = untrusted_codename[:MAX_CODENAME]
            raise slip
        try:
            return self._derivations.derive(typed, self.home.keyring.salt, purpose, has_gone)
        except Busy as busy:
            busy.codename = untrusted_codename
            raise

    def replies(self, thread: Thread) -> list[Found]:
        """Return the replies to a thread, the newest first.

        One that cannot be opened is left out: it is nobody's who has the reply key.
        """
        found: list[Found] = self.threads.apply(self._find, (thread,))
        return found

    def _find(self, thread: Thread) -> list[Found]:
        found = []
        for one in self._sealed(thread.capability):
            with suppress(WireError):
                found.append(Found(one.name.hex(), open_reply(one.sealed, thread.reply_key)))
        return sorted(found, key=lambda one: (one.reply.day, one.reply.number), reverse=True)

    def sealed_replies(self, capability: bytes) -> list[SealedReply]:
        """Return what a mailbox holds, for somebody who opens it elsewhere; in no order."""
        sealed: list[SealedReply] = self.threads.apply(self._sealed, (capability,))
        return sealed

    def _sealed(self, capability: bytes) -> list[SealedReply]:
        sealed = []
        for name in self._names(capability):
            # One that is deleted meanwhile is not to be found anyway.
            with suppress(KeyError):
                sealed.append(SealedReply(bytes.fromhex(name), self.store.reply(name)))
        return sealed

    def _names(self, capability: bytes) -> list[str]:
        """Return the names of a mailbox's replies; all that are stored are looked at."""
        names = self.store.reply_names()
        return sorted(name for name in names if is_for(bytes.fromhex(name), capability))

    def delete_replies(self, thread: Thread, which: str) -> int:
        """Delete one reply by its name, or ``all``; return how many there were."""
        named = None if which == "all" else {which}
        deleted: int = self.threads.apply(self._delete, (thread.capability, named))
        return deleted

    def delete_named(self, capability: bytes, named: set[str]) -> None:
        """Delete those of the named replies that are in a mailbox."""
        self.threads.apply(self._delete, (capability, named))

    def _delete(self, capability: bytes, named: set[str] | None) -> int:
        names = [name for name in self._names(capability) if named is None or name in named]
        for name in names:
            self.store.delete_reply(name, self.tick)
        return len(names)
