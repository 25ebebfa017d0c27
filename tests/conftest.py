"""What all tests share: options, and the newsroom's standing parts."""

import shutil
from collections.abc import Iterator

import pytest

from tests.newsroom import Desk, GnupgHome, Operator, Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills", type=int, default=None, help="how often tests/intake/test_kill.py kills (12)"
    )


@pytest.fixture(scope="session")
def gnupg() -> Iterator[GnupgHome]:
    """An editor's GnuPG with a key."""
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not on PATH")
    home = GnupgHome()
    yield home
    home.close()


@pytest.fixture(scope="module")
def desk() -> Desk:
    """A desk of one editor, for all tests of a file."""
    return Desk()


@pytest.fixture(scope="module")
def operator(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """The desk's operator, with a HOME that all tests of a file share."""
    return Operator(tmp_path_factory.mktemp("operator"), desk)


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Server]:
    """The operator's server, running."""
    with operator.serve() as running:
        yield running
