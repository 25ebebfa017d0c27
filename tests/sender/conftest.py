"""What the tests here share: somebody with a codename, and a folder to send."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.sender.arrived import wait_for_the_tick
from tests.sender.source import Source
from tests.tor.fixtures import private_network

__all__ = ["private_network"]

settings.register_profile("sender", deadline=None)
settings.load_profile("sender")


@pytest.fixture(autouse=True)
def empty_shelf(request: pytest.FixtureRequest) -> None:
    """What arrives is all that the test has sent, though the newsroom is there for a whole file."""
    if "server" in request.fixturenames:
        request.getfixturevalue("server")
        operator = request.getfixturevalue("operator")
        wait_for_the_tick(operator)
        for path in operator.shelf.iterdir():
            path.unlink()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Somebody with a codename, and nothing else."""
    (tmp_path / "source").mkdir()
    return Source(tmp_path / "source")


@pytest.fixture
def leak(tmp_path: Path) -> Path:
    """A folder with files large and small, of names and places of all kinds."""
    root = tmp_path / "leak"
    for folder in ("empty", "deep/er/and/deeper", "Ordner mit Umlauten äöü", "多くの文書"):
        (root / folder).mkdir(parents=True)
    write(root / "large.bin", 21_000_000)
    write(root / "deep" / "er" / "two packs.bin", 8_400_000)
    write(root / "exactly one.bin", 8_385_910 - 23 - len("leak/exactly one.bin"))
    for number in range(40):
        write(root / "多くの文書" / f"{number}.txt", number * 3_000)
    for name in ("nothing", "Ordner mit Umlauten äöü/ß", "deep/er/and/deeper/x"):
        write(root / name, 0 if name == "nothing" else 100)
    return root


def write(path: Path, size: int) -> None:
    """Make a file of so many random bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
        file.write(os.urandom(size & (1 << 20) - 1))
