"""A desk over the years: what its keys are, and what it does on a day."""

import time
from collections.abc import Callable
from pathlib import Path

from keys.desk import unlock
from keys.desk_keys import DeskKeys
from keys.vault import Passphrase
from tests.keys.newsroom import PASSPHRASE, Newsroom, Ran, keys

TODAY = int(time.time()) // 86_400
EPOCH, GRACE = 28, 14
OVER = TODAY + EPOCH
GONE = OVER + GRACE

Clock = Callable[[int], None]


def keyring(newsroom: Newsroom, root: Path, name: str = "keyring") -> Path:
    public = newsroom.folder / "edda.public"
    public.write_text(keys("public", newsroom.desk).out)
    out = newsroom.folder / name
    ran = newsroom.keys("keyring", out, "--root", root, "--editor", public)
    assert ran.code == 0, ran.err
    return out


def private(desk: Path) -> DeskKeys:
    return unlock(desk, Passphrase(PASSPHRASE))


def first_days(newsroom: Newsroom) -> list[int]:
    return [epoch.first_day for epoch in private(newsroom.desk).epochs]


def opened(newsroom: Newsroom, clock: Clock, day: int, stick: Path | None = None) -> Ran:
    """Open a stick on a day; without one an empty one."""
    clock(day)
    if stick is None:
        stick = newsroom.folder / "empty"
        stick.mkdir(exist_ok=True)
    ran = newsroom.keys("open", newsroom.desk, stick, "--json")
    assert ran.code == 0, ran.err
    return ran
