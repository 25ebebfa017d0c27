"""Newsrooms to test with."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from keys import openpgp
from tests.keys.newsroom import QUIET, Newsroom
from tests.keys.years import Clock


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """A desk without an OpenPGP key."""
    return Newsroom(tmp_path / "newsroom")


@cache
def colleague() -> bytes:
    """Return another editor's public OpenPGP key."""
    return openpgp.generate("Max", QUIET)[1]


@pytest.fixture(params=["the only editor", "the second editor"])
def gpg_newsroom(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Newsroom]:
    """A desk with an OpenPGP key; nothing of it may stay in memory."""
    others = () if request.param == "the only editor" else (colleague(),)
    yield Newsroom(tmp_path / "newsroom", openpgp=True, colleagues=others)
    assert not list(Path("/dev/shm").glob("keys-gpg-*"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the desk's clock to a day."""
    return lambda day: monkeypatch.setattr(
        "keys.cli.time", SimpleNamespace(time=lambda: day * 86_400.0)
    )


@pytest.fixture
def root(newsroom: Newsroom) -> Path:
    """The newsroom's root."""
    path = newsroom.folder / "newsroom.root"
    ran = newsroom.keys("root", path, "--strength", "light")
    assert ran.code == 0
    assert len(ran.out.strip().split()) == 5
    return path
