"""What the tests here share: a tor without a network, and the private network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.onion.offline import OfflineTor
from tests.tor.fixtures import private_network

__all__ = ["private_network"]


@pytest.fixture
def offline_tor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineTor]:
    """A tor that takes every command and connects to nothing."""
    tor = OfflineTor(tmp_path_factory.mktemp("tor"))
    tor.start()
    yield tor
    tor.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A HOME, as far as its onions are concerned."""
    folder = tmp_path / "a home"
    folder.mkdir(mode=0o700)
    return folder
