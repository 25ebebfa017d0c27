"""kill -9 at random moments: nothing acknowledged is lost, and the server starts again.

Twelve kills of the server, and as many of deliveries and collections; ``--kills 100``, or
``KILLS=100`` in the environment, for more. The seed is printed where it fails.
"""

import os
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import pytest

from intake.wire.errors import Truncated
from tests.newsroom import Desk, File, Opened, Operator, Server, Source
from tests.newsroom.source import new_codename

KILLS = 12
SOURCES = 3
GONE = (OSError, HTTPException)


@dataclass
class Known:
    """What people were told.

    Attributes:
        stored: contents that a source has a receipt for.
        delivered: texts of replies in dispatches that were delivered to the end.
        deleted: texts of replies whose deletion was confirmed.
        receipted: names of envelopes in a receipt of any dispatch; they may be gone.
        gone: names in a receipt of a dispatch that was delivered to the end.
    """

    stored: set[bytes] = field(default_factory=set)
    delivered: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    receipted: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


@dataclass
class Waiting:
    """A dispatch until it is delivered to the end."""

    path: Path
    replies: dict[str, str]
    receipts: set[str]


class Trial:
    """A newsroom that is killed again and again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.operator = Operator(folder, Desk(), "--reserve", "1M")
        self.desk = self.operator.desk
        self.stick = folder / "stick"
        self.codenames = [new_codename() for _ in range(SOURCES)]
        self.known = Known()
        self.opened: dict[str, Opened | None] = {}
        self.waiting: list[Waiting] = []
        self.cut_short = 0
        self._texts = 0

    def round(self) -> None:
        """Start, work, and kill; then see that all is there."""
        with self.operator.serve() as server:
            self.check_replies(server)
            workers = [
                threading.Thread(target=self.send_on, args=(server.address, self.chance.random()))
                for _ in range(3)
            ]
            workers.append(threading.Thread(target=self.delete_on, args=(server.address,)))
            for worker in workers:
                worker.start()
            self.carry(self.chance.choice(["deliver", "collect", "deliver"]))
            time.sleep(self.chance.random() * 0.5)
            server.kill()
            for worker in workers:
                worker.join()
        with self.operator.serve():
            arriving = self.operator.home / "store" / "arriving"
            assert list(arriving.iterdir()) == []
            self.deliver_to_the_end()
            self.operator.collect(self.stick)
        self.check_envelopes()

    def send_on(self, address: str, seed: float) -> None:
        """Send until there is nobody to send to."""
        chance = random.Random(seed)
        source = Source(address, chance.choice(self.codenames))
        while True:
            contents = [
                os.urandom(16) + bytes(chance.choice([0, 5_000, 70_000, 900_000, 3_000_000]))
                for _ in range(chance.randrange(1, 4))
            ]
            message = f"Message {os.urandom(8).hex()}"
            try:
                answer = source.send(message, [File("same name", one) for one in contents])
            except GONE:
                return
            assert answer.status == 200
            self.known.stored |= {message.encode(), *contents}

    def delete_on(self, address: str) -> None:
        """Delete replies that are delivered, until there is nobody to ask."""
        for text, codename in list(self.known.delivered.items())[-2:]:
            source = Source(address, codename)
            with suppress(*GONE):
                if source.delete(reply_id(source, text)).status == 200:
                    self.known.deleted.add(text)
            self.known.delivered.pop(text)
            time.sleep(0.05)

    def carry(self, what: str) -> None:
        """Start a delivery or a collection, and kill it sometime."""
        if what == "deliver":
            self.write_dispatch()
            process = self.operator.begin("deliver", self.operator.home, self.waiting[-1].path)
        else:
            process = self.operator.begin("collect", self.operator.home, self.stick)
        time.sleep(0.1 + self.chance.random() * 0.35)
        self.cut_short += process.poll() is None
        process.kill()
        process.wait()

    def write_dispatch(self) -> None:
        """Answer every source, and give receipts for some of what is opened."""
        replies, sealed = {}, []
        for codename in self.codenames:
            self._texts += 1
            text = f"Reply {self._texts}."
            replies[text] = codename
            thread = Source("", codename).thread(self.desk.salt)
            sealed.append(self.desk.reply(thread, text, number=self._texts))
        open_ones = sorted(set(self.opened) - self.known.receipted)
        receipts = set(self.chance.sample(open_ones, min(5, len(open_ones))))
        self.known.receipted |= receipts
        path = self.operator.folder / f"dispatch {self._texts}"
        path.write_bytes(
            self.desk.dispatch(replies=sealed, receipts=[self.stick / name for name in receipts])
        )
        self.waiting.append(Waiting(path, replies, receipts))

    def deliver_to_the_end(self) -> None:
        """Deliver what was not; a second time does no harm."""
        for one in self.waiting:
            done = self.operator.run("deliver", self.operator.home, one.path)
            assert done.returncode == 0 or "delivered already" in done.stderr, done.stderr
            self.known.delivered |= one.replies
            self.known.gone |= one.receipts
        self.waiting = []

    def check_envelopes(self) -> None:
        """All that a source has a receipt for is on the stick, and is on the server until ours."""
        for path in self.stick.iterdir():
            if path.name not in self.opened and not path.name.startswith("."):
                self.opened[path.name] = self.open(path)
        whole = [one for one in self.opened.values() if one is not None and one.trailer is not None]
        assert self.known.stored <= {one.content for one in whole}
        on_the_shelf = {path.name for path in self.operator.shelf.iterdir()}
        assert set(self.opened) - self.known.receipted <= on_the_shelf
        assert not on_the_shelf & self.known.gone
        for name in on_the_shelf:
            assert (self.stick / name).stat().st_size == (self.operator.shelf / name).stat().st_size

    def open(self, path: Path) -> Opened | None:
        """Open an envelope, if enough is there of it."""
        try:
            opened = self.desk.open(path)
        except Truncated:
            return None
        assert opened.trailer is not None or opened.truncated
        return opened

    def check_replies(self, server: Server) -> None:
        """Every source sees what was delivered to it, and nothing that it has deleted."""
        for codename in self.codenames:
            text = Source(server.address, codename).replies().text
            for reply, owner in self.known.delivered.items():
                assert (reply in text) == (owner == codename), reply
            assert not any(reply in text for reply in self.known.deleted)


def reply_id(source: Source, text: str) -> str:
    """Return the id of the reply with this text."""
    page = source.replies().text
    after = page[page.index(f">{text}<") :]
    return after.split('name="reply" value="', 1)[1].split('"', 1)[0]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_by_kills_at_random_moments(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = request.config.getoption("--kills") or int(os.environ.get("KILLS", KILLS))
    seed = int(os.environ.get("SEED", "1"))
    print(f"SEED={seed}")
    trial = Trial(tmp_path, seed)
    for _ in range(kills):
        trial.round()
    cut = sum(one is None or one.truncated for one in trial.opened.values())
    with capsys.disabled():
        print(
            f"\n{kills} kills: {len(trial.known.stored)} records acknowledged and found, "
            f"{cut} cut off by a kill and opened up to the cut, "
            f"{trial.cut_short} deliveries and collections killed, "
            f"{len(trial.known.deleted)} replies deleted, {len(trial.known.gone)} receipts"
        )
    assert trial.known.stored
    assert trial.known.gone or kills < 5
