"""Newsrooms to test with."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from keys import openpgp
from tests.keys.newsroom import QUIET, Newsroom


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
