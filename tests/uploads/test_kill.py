"""kill -9, and power cuts, at random moments while uploads are sent: no offset named is lost.

Four of each; ``KILLS=100`` in the environment for more. The seed is printed where it fails, and
``SEED=...`` takes it again.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest

from intake.wire.envelope import ID_BYTES, envelope_id
from tests.newsroom import Answer, Desk, Operator, Server
from tests.uploads.power import Disk
from tests.uploads.program import Program, Sealed, seal

KILLS = 4
SENDERS = 4
GONE = (OSError, HTTPException)
SIZES = (1_000, 60_000, 400_000, 3_000_000)
PATCHES = (4_096, 5_000, 65_536, 300_000, 10**7)


@dataclass
class Known:
    """An upload, and the last offset that the server named for it."""

    sealed: Sealed
    offset: int = 0

    @property
    def is_complete(self) -> bool:
        return self.offset == self.sealed.size


class Trial:
    """A newsroom that is stopped again and again, without warning.

    Args:
        home: its HOME.
    """

    def __init__(self, folder: Path, home: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.operator = Operator(folder, Desk(), "--reserve", "1M", home=home)
        self.uploads: list[Known] = []
        self.cut_short = 0
        self.forgotten = 0

    def round(self, stop: Callable[[Server], None]) -> None:
        """Start, see that all is there, send, and stop."""
        with self.operator.serve() as server:
            program = Program(server.address)
            self.check(program)
            seeds = [self.chance.random() for _ in range(SENDERS)]
            senders = [threading.Thread(target=self.send_on, args=(program, s)) for s in seeds]
            for sender in senders:
                sender.start()
            time.sleep(0.1 + self.chance.random() * 0.6)
            stop(server)
            for sender in senders:
                sender.join()
            self.cut_short += sum(not one.is_complete for one in self.uploads)

    def check(self, program: Program) -> None:
        """No upload stands before the last offset that was named, and what is complete is there."""
        for one in self.uploads:
            offset = program.offset(one.sealed.url)
            if one.is_complete and not offset:
                # Entries are put over others at random: seldom, on a table of this size.
                self.forgotten += 1
                offset = one.sealed.size
            assert offset >= one.offset, f"{offset} of {one.sealed.size}, and was {one.offset}"
            one.offset = offset
            assert not one.is_complete or self.is_kept(one)

    def is_kept(self, one: Known) -> bool:
        """Return whether the whole envelope waits for the tick, or is on the shelf."""
        name = envelope_id(one.sealed.envelope[:ID_BYTES]).hex()
        places = [self.operator.home / "store" / folder / name for folder in ("ready", "shelf")]
        return any(path.exists() and path.stat().st_size == one.sealed.size for path in places)

    def send_on(self, program: Program, seed: float) -> None:
        """Send new uploads, and go on with old ones, until there is nobody to send to."""
        chance = random.Random(seed)
        with suppress(*GONE):
            while True:
                one = Known(seal(self.operator.desk, chance.choice(SIZES)))
                self.uploads.append(one)
                self.send(program, one, chance)

    def send(self, program: Program, one: Known, chance: random.Random) -> None:
        while not one.is_complete:
            piece = one.sealed.envelope[one.offset :][: chance.choice(PATCHES)]
            one.offset = named(program.patch(one.sealed.url, one.offset, piece))
            if chance.random() < 0.1:
                assert named(program.head(one.sealed.url)) == one.offset

    def end(self) -> None:
        """Send what is missing, and see that everything is there once, and whole."""
        with self.operator.serve() as server:
            program = Program(server.address)
            self.check(program)
            for one in self.uploads:
                program.send(one.sealed)
            assert list((self.operator.home / "store" / "uploads").iterdir()) == []
        opened = self.operator.desk.open_all(self.operator.collect())
        sent = [one.sealed.content for one in self.uploads]
        assert sorted(one.content for one in opened) == sorted(sent)
        assert not any(one.truncated for one in opened)
        assert self.cut_short
        assert self.forgotten <= 2 + len(self.uploads) // 50


def named(answer: Answer) -> int:
    """Return the offset that an answer names."""
    if answer.status == 500:
        # The disk has gone before the server.
        raise ConnectionError
    assert answer.status in (200, 204), answer
    return int(answer.header("Upload-Offset") or "")


def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills") or os.environ.get("KILLS", KILLS))


@pytest.fixture
def seed() -> int:
    number = int(os.environ.get("SEED", "1"))
    print(f"SEED={number}")
    return number


@pytest.mark.slow
def test_no_offset_that_was_named_is_lost_by_kills(
    tmp_path: Path, request: pytest.FixtureRequest, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = Trial(tmp_path, tmp_path / "HOME", seed)
    for _ in range(kills(request)):
        trial.round(Server.kill)
    trial.end()
    with capsys.disabled():
        print(
            f"\n{len(trial.uploads)} uploads whole, {trial.cut_short} times one was cut by a kill"
        )


@pytest.mark.slow
def test_no_offset_that_was_named_is_lost_with_the_power(
    tmp_path: Path, request: pytest.FixtureRequest, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with Disk(tmp_path, 1_000) as disk:
        trial = Trial(tmp_path, disk.place / "HOME", seed)
        for _ in range(kills(request)):

            def pull_the_plug(server: Server) -> None:
                disk.lose_power()
                server.kill()

            trial.round(pull_the_plug)
            disk.come_back()
        trial.end()
    with capsys.disabled():
        print(f"\n{len(trial.uploads)} uploads whole, {trial.cut_short} times one lost its power")


@pytest.mark.slow
def test_parts_outlive_a_kill_while_they_are_joined(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    operator = Operator(tmp_path, Desk(), "--reserve", "1M")
    sealed = seal(operator.desk, 8_000_000)
    with operator.serve() as server:
        cuts = sorted(chance.sample(range(sealed.size), 3))
        parts = Program(server.address).parts(sealed.envelope, *cuts)
    for _ in range(3):
        with operator.serve() as server:
            joining = threading.Thread(target=join, args=(Program(server.address), parts))
            joining.start()
            time.sleep(chance.random() * 0.04)
            server.kill()
            joining.join()
    with operator.serve() as server:
        assert Program(server.address).join(parts).status == 201
        assert list((operator.home / "store" / "uploads").iterdir()) == []
    [opened] = operator.desk.open_all(operator.collect())
    assert (opened.content == sealed.content, opened.truncated) == (True, False)


def join(program: Program, parts: list[str]) -> None:
    with suppress(*GONE):
        program.join(parts)
