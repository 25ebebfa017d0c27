"""Rounds of faults in a newsroom at work; after each, all that anybody was told has to be so."""

import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from intake.wire.envelope import ID_BYTES, envelope_id
from tests.faults.disk import Disk
from tests.faults.faults import FAULTS, Failing, restart
from tests.faults.judge import Judge
from tests.faults.ledger import BEGINNING, Ledger
from tests.faults.machine import Clock, Machine, at_once
from tests.faults.newsdesk import Newsdesk
from tests.faults.people import GONE, People
from tests.newsroom import Desk, Operator, Source
from tests.newsroom.source import new_codename
from tests.onion.offline import OfflineTor
from tests.tor.node import TorFailed
from tests.uploads.program import Program

_SOURCES = 3
#: Seconds in which somebody has to get through again. It is far less, but for a busy machine.
_PATIENCE = 60.0
#: Bytes of an envelope that was cut off of which no content can be had: its header, and the chunk
#: in which it was cut.
_SLACK = 2 * 65_536
#: Bytes of disk that files do not get.
_RESERVE = "8M"
#: How often a server publishes its onions.
_WITH_TOR = 0.4
_NAME = re.compile(r"[0-9a-f]{32}")


class Campaign:
    """A newsroom that is failed again and again.

    Args:
        folder: for all of it, but for what is on the disk.
        tor: that publishes its onions, in some of the rounds.
        say: takes what happens, line by line.
    """

    def __init__(
        self,
        folder: Path,
        disk: Disk,
        tor: OfflineTor | None,
        seed: int,
        say: Callable[[str], None],
    ) -> None:
        self._say = say
        self._begun = time.monotonic()
        self.chance = random.Random(seed)
        self.desk = Desk()
        codenames = [new_codename() for _ in range(_SOURCES)]
        home = disk.place / "HOME"
        Operator(folder, self.desk, "--reserve", _RESERVE, tick=2, home=home)
        clock = Clock(folder / "clock")
        self.machine = Machine(folder, home, clock, tor.control if tor else None)
        self.failing = Failing(disk, self.machine, clock, tor)
        self.ledger = Ledger()
        self.judge = Judge(home, codenames, self.say)
        parts = (self.machine, self.desk, self.ledger, self.judge, codenames)
        self.people = People(*parts)
        self.newsdesk = Newsdesk(folder, *parts, random.Random(self.chance.random()))
        self.faults: Counter[str] = Counter()
        self.recoveries: list[float] = []
        self.rounds = 0
        self._deck: list[str] = []
        self._judged = 0
        self._is_repaired = self._is_cleared = False
        self.damaged = 0
        self._address = ""

    def round(self, *names: str) -> None:
        """Work, fail in some ways at once, recover, and see that nothing is lost.

        Args:
            names: of the faults; else they are drawn.
        """
        self.rounds += 1
        drawn = names or self._drawn()
        if "tor killed" in drawn and not self.machine.has_tor:
            self.machine.halt()
            self.recover(with_tor=True)
        self.people.begin(self.chance, self.newsdesk.work)
        with ExitStack() as faults:
            for name in drawn:
                time.sleep(self.chance.random())
                self.say(f"{name}: {faults.enter_context(FAULTS[name](self.failing, self.chance))}")
                self.faults[name] += 1
            time.sleep(0.2 + 1.5 * self.chance.random())
        self.recover()
        self.people.stop()
        self.check()

    def say(self, what: str) -> None:
        """Note what happens."""
        self._say(f"{time.monotonic() - self._begun:8.2f}  {what}")

    def begin(self) -> None:
        """Have the server run, and everybody heard once."""
        self.recover()

    def end(self) -> None:
        """Have the last server end in peace, and hear what it said."""
        self.machine.close(signal.SIGTERM)
        self._lives()

    def close(self) -> None:
        """End all of it at once, whatever happened."""
        self.people.leave()
        self.machine.close()

    def has_had_its_turn(self) -> bool:
        """Return whether there was every fault that can be."""
        return not self._deck and bool(self.faults)

    def _drawn(self) -> list[str]:
        """Deal one to three faults, so that all have their turn."""
        if not self._deck:
            self._deck = [one for one in FAULTS if one != "tor killed" or self.failing.tor]
            self.chance.shuffle(self._deck)
        number = self.chance.choice((1, 2, 2, 3))
        drawn, self._deck = self._deck[:number], self._deck[number:]
        return drawn

    # --- Afterwards -----------------------------------------------------------------------------

    def recover(self, *, with_tor: bool | None = None) -> None:
        """Wait until a source gets through; the machine is started anew only where it has to be."""
        begun = time.monotonic()
        if with_tor is None:
            with_tor = self.failing.tor is not None and self.chance.random() < _WITH_TOR
        last = "nothing was answered"
        deadline = begun + _PATIENCE
        while time.monotonic() < deadline:
            if self.failing.needs_restart or self.failing.disk.is_read_only():
                said = restart(self.failing)
                self._is_repaired |= "FIXED" in said or "WAS MODIFIED" in said
                self._is_cleared |= "Clear? yes" in said or "CLEARED" in said
                (self.failing.disk.place / "filler").unlink(missing_ok=True)
                for amend in reversed(self.failing.amends):
                    # Where it was put right in time, there is nothing to be done.
                    with suppress(FileNotFoundError):
                        amend()
                self.say(f"the machine was started anew. {said}".strip())
                self.machine.run(with_tor=with_tor)
                # How long a machine takes to start is not the server's doing.
                deadline = time.monotonic() + _PATIENCE
            elif self.machine.is_halted():
                self.machine.run(with_tor=with_tor)
            message = f"Once more {time.monotonic()}"
            try:
                answer = Source(self.machine.address, self.people.codenames[0]).send(message)
            except GONE as error:
                last = type(error).__name__
            else:
                if answer.status == 200:
                    self.ledger.store([message.encode()])
                    self.failing.amends.clear()
                    self.recoveries.append(time.monotonic() - begun)
                    self.say(f"somebody gets through after {self.recoveries[-1]:.1f} s")
                    return
                last = str(answer.status)
            time.sleep(0.1)
        self.judge.accuse(f"nobody gets through: {last}; the server said {self.machine.said()}")
        raise NotRecovered(last)

    def check(self) -> None:
        """Look at all that was acknowledged, and at all that can be seen."""
        self._uploads()
        self._arrivals()
        if not self.newsdesk.collect(at_once) or not self.newsdesk.deliver(at_once):
            self.judge.accuse("the operator cannot collect or deliver, although all is well")
        self.newsdesk.deliver_again(at_once)
        self._contents()
        self._damage()
        self._shelf()
        self._replies()
        ended = at_once("status", self.machine.home)
        self.judge.command("status", ended)
        if ended.code or "open" not in ended.said:
            self.judge.accuse(f"the status is not told: {ended.said}")
        self._onions()
        self._lives()

    def _lives(self) -> None:
        for life in self.machine.lives[self._judged :]:
            self._judged += 1
            self.judge.life(life)

    def _onions(self) -> None:
        """The address is what it was, and tor is told to serve it."""
        if self.failing.tor is None or not self.machine.has_tor:
            return
        folder = self.machine.home / "onion" / "sources"
        try:
            self.failing.tor.wait_until_it_serves(folder)
        except TorFailed:
            # It ends over onions whose keys are not to be had. Its service manager starts it again.
            self.failing.tor.start()
            self.failing.tor.wait_until_it_serves(folder)
        address = (folder / "hostname").read_text()
        if self._address not in ("", address):
            self.judge.accuse("the onion has another address")
        self._address = address
        self.ledger.count("addresses", 1)

    def _arrivals(self) -> None:
        """Nobody sends now; what was cut off is put away by the next tick, if not before."""
        deadline = time.monotonic() + _PATIENCE
        while self._is_any_arriving():
            if time.monotonic() > deadline:
                self.judge.accuse("what was cut off is still taken for arriving")
                return
            time.sleep(0.1)

    def _is_any_arriving(self) -> bool:
        """Return whether something is that has no other place.

        A collection that is killed in the middle of a tick's work leaves copies of what is safe;
        they go when the server starts anew.
        """
        store = self.machine.home / "store"
        for path in (store / "arriving").iterdir():
            try:
                with path.open("rb") as file:
                    front = file.read(ID_BYTES)
            except FileNotFoundError:
                continue
            if len(front) < ID_BYTES:
                continue
            name = envelope_id(front).hex()
            places = (store / "ready" / name, store / "shelf" / name)
            if name not in self.ledger.opened and not any(place.exists() for place in places):
                return True
        return False

    def _uploads(self) -> None:
        program = Program(self.machine.address)
        for one in self.ledger.uploads:
            if not one.is_complete:
                self.people.stands_at(program, one)
        self.ledger.count("offsets of uploads", len(self.ledger.uploads))
        self.ledger.uploads = [one for one in self.ledger.uploads if not one.is_complete]

    def _contents(self) -> None:
        """All that somebody has a receipt for is at the desk, or will be asked for again."""
        missing = self.ledger.stored - self.ledger.whole
        self.ledger.count("messages, files, uploads", len(self.ledger.stored))
        if missing:
            self.judge.accuse(f"{len(missing)} acknowledged contents are lost")
        # What is found is found for good.
        self.ledger.stored.clear()
        for sealed, offset in self.ledger.given_up:
            there = self.ledger.cut.get(sealed.content[:BEGINNING], 0)
            whole = self.ledger.is_whole(sealed.content)
            if not whole and there < min(offset, len(sealed.content)) - _SLACK:
                if self._is_cleared:
                    # Where a journal fails while a file is appended to, its last extent goes beyond
                    # its end. e2fsck takes all of that, also what was synced long before, and says
                    # so. The sender is told how much there is now, and has the rest.
                    self.ledger.count("offsets that a repair took back", 1)
                    continue
                now = Program(self.machine.address).offset(sealed.url)
                self.judge.accuse(
                    f"an upload of {sealed.size} stood at {offset}; now it does at {now}, "
                    f"and {there} bytes of it are on the shelf"
                )
        self.ledger.given_up.clear()

    def _damage(self) -> None:
        """What was repaired with the file system may be no envelope; nobody has a receipt for it.

        A disk that has failed in the middle of a write leaves blocks behind the end of a file. The
        check of the file system takes them for its content.
        """
        if self.ledger.damaged and not self._is_repaired:
            self.judge.accuse(f"envelopes are damaged: {self.ledger.damaged}")
        self.damaged += len(self.ledger.damaged)
        self.ledger.damaged.clear()
        self._is_repaired = self._is_cleared = False

    def _shelf(self) -> None:
        shelf = {
            path.name: path.stat().st_size
            for path in (self.machine.home / "store" / "shelf").iterdir()
        }
        odd = [name for name in shelf if not _NAME.fullmatch(name)]
        if odd:
            self.judge.accuse(f"on the shelf is what is no envelope: {odd}")
        back = self.ledger.gone & set(shelf)
        if not all(map(self.ledger.may_come_again, back)):
            self.judge.accuse(f"{len(back)} envelopes are back that were deleted on a receipt")
        lost = set(self.ledger.opened) - self.ledger.receipted - set(shelf)
        if lost:
            self.judge.accuse(f"{len(lost)} envelopes went without a receipt")
        self.ledger.count("receipts", len(self.ledger.gone))
        self.ledger.gone.clear()

    def _replies(self) -> None:
        for codename in self.people.codenames:
            text = Source(self.machine.address, codename).replies().text
            for reply, owner in self.ledger.delivered.items():
                if (f">{reply}<" in text) != (owner == codename):
                    self.judge.accuse(f"a reply that was delivered is not where it was: {reply}")
            for reply in self.ledger.deleted:
                if f">{reply}<" in text:
                    self.judge.accuse(f"a reply is back that was deleted: {reply}")
        self.ledger.count("replies", len(self.ledger.delivered))
        self.ledger.count("deletions of replies", len(self.ledger.deleted))


class NotRecovered(Exception):
    """The server did not recover from what was over."""


def table(campaign: Campaign) -> str:
    """Return what was done, and what came of it."""
    lines = [f"{'fault':<24} {'times':>8}"]
    lines += [f"{name:<24} {number:>8}" for name, number in sorted(campaign.faults.items())]
    lines += ["", f"{'acknowledged':<24} {'checked':>8}"]
    checked = campaign.ledger.checked
    lines += [f"{name:<24} {number:>8}" for name, number in sorted(checked.items())]
    lines += ["", f"{'lost or wrong':<24} {len(campaign.judge.wrong):>8}"]
    lines += [f"{'damaged, never confirmed':<24} {campaign.damaged:>8}"]
    times = sorted(campaign.recoveries)
    lines += ["", f"{'rounds':<24} {campaign.rounds:>8}"]
    lines += [f"{'ends of a server':<24} {len(campaign.machine.lives):>8}"]
    lines += [f"{'recovered, median':<24} {times[len(times) // 2]:>8.1f} s"]
    lines += [f"{'recovered, at most':<24} {times[-1]:>8.1f} s"]
    return "\n".join(lines)
