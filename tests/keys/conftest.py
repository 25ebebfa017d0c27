"""Newsrooms to test with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keys.newsroom import Newsroom


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """A desk without an OpenPGP key."""
    return Newsroom(tmp_path / "newsroom")


@pytest.fixture
def gpg_newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    """A desk with an OpenPGP key; nothing of it may stay in memory."""
    yield Newsroom(tmp_path / "newsroom", openpgp=True)
    assert not list(Path("/dev/shm").glob("keys-gpg-*"))
