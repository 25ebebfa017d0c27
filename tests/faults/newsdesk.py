"""The newsroom at work: it collects, opens, answers, and delivers, again and again."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from intake.wire.dispatch import Receipt
from intake.wire.errors import Truncated, WireError
from tests.faults.judge import Judge
from tests.faults.ledger import Dispatch, Ledger
from tests.faults.machine import Command, Machine
from tests.newsroom import Desk, Source

#: Envelopes that a dispatch has receipts for, of those that have none.
_RECEIPTS = 0.7


@dataclass
class Newsdesk:
    """An operator with a stick, and the desk that it is carried to.

    Args:
        folder: for the stick, and for dispatches.
    """

    folder: Path
    machine: Machine
    desk: Desk
    ledger: Ledger
    judge: Judge
    codenames: list[str]
    chance: random.Random
    waiting: list[Dispatch] = field(default_factory=list)
    last: Dispatch | None = None
    _receipts: dict[str, Receipt] = field(default_factory=dict)
    _texts: int = 0

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    def work(self) -> None:
        """Go there and back once, as far as it can be done now."""
        if self.collect(self.machine.command) and not self.waiting:
            self._write()
        self.deliver(self.machine.command)

    def collect(self, run: Command) -> bool:
        """Collect, and open what is new; return whether all of it could be collected."""
        ended = run("collect", self.machine.home, self.stick)
        self.judge.command("collect", ended)
        for path in sorted(self.stick.glob("*")) if self.stick.exists() else ():
            # What is not whole has another name.
            if not path.name.startswith("."):
                self._open(path)
        return ended.code == 0

    def deliver(self, run: Command) -> bool:
        """Deliver what was not; return whether all of it is."""
        while self.waiting:
            one = self.waiting[0]
            ended = run("deliver", self.machine.home, one.path)
            if ended.code == 0 or "delivered already" in ended.said:
                with self.ledger.lock:
                    self.ledger.delivered |= one.replies
                    self.ledger.gone |= one.receipts
                self.last = self.waiting.pop(0)
                for name in one.receipts:
                    (self.stick / name).unlink(missing_ok=True)
            else:
                self.judge.command("deliver", ended)
                return False
            self.judge.statuses["deliver 0"] += 1
        return True

    def deliver_again(self, run: Command) -> None:
        """Deliver the last dispatch once more, which has to be refused."""
        if self.last is not None:
            ended = run("deliver", self.machine.home, self.last.path)
            if "delivered already" not in ended.said:
                self.judge.accuse(f"a delivery was forgotten: {ended.code}, {ended.said}")
            self.ledger.count("deliveries", 1)

    def _open(self, path: Path) -> None:
        size = path.stat().st_size
        if self.ledger.opened.get(path.name) == size:
            if not any(path.name in one.receipts for one in self.waiting):
                # Perhaps it came once more, after its receipt.
                self._receipts[path.name] = self.desk.receipt(path)
            return
        try:
            opened = self.desk.open(path)
        except Truncated:
            opened = None
        except WireError as error:
            self.ledger.damaged[path.name] = f"an envelope of {size} bytes: {error}"
            self.judge.note(f"damaged: {path.name}, {size} bytes: {error}; {_how(path)}")
            opened = None
        self._receipts[path.name] = self.desk.receipt(path)
        self.ledger.open(path.name, size, opened)

    def _write(self) -> None:
        """Answer every source, and give receipts for most of what was opened."""
        replies, sealed = {}, []
        for codename in self.codenames:
            self._texts += 1
            text = f"Reply {self._texts}."
            replies[text] = codename
            thread = Source("", codename).thread(self.desk.salt)
            sealed.append(self.desk.reply(thread, text, number=self._texts))
        names = sorted(self._receipts)
        receipts = set(self.chance.sample(names, int(_RECEIPTS * len(names))))
        with self.ledger.lock:
            self.ledger.receipted |= receipts
        path = self.folder / f"dispatch-{self._texts}"
        path.write_bytes(
            self.desk.dispatch(replies=sealed, receipts=[self._receipts.pop(n) for n in receipts])
        )
        self.waiting.append(Dispatch(path, replies, receipts))


def _how(path: Path) -> str:
    """Return for each page of a damaged file: m for its magic, 0 for zeros, a dot for others."""
    data = path.read_bytes()
    pages = [data[at : at + 4_096] for at in range(0, len(data), 4_096)]
    kinds = "".join(
        "m" if page.startswith(b"intake") else "0" if not any(page) else "." for page in pages
    )
    return kinds[:300]
