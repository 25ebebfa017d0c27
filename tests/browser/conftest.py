"""The browsers, one for the whole run, and the newsrooms that they visit."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.firefox import Firefox
from tests.browser.site import Site, closed, on_loopback, on_onion
from tests.browser.tap import Tap
from tests.tor.fixtures import private_network

__all__ = ["private_network"]

DESKTOP = (1_200, 900)
PACKAGES = Path(__file__).with_name("node_modules")
SCRIPT = "/static/script.js"
#: So that nothing of a few dozen megabytes is taken.
SMALL = ("--max-upload", "1M")


def _firefox(folder_of: pytest.TempPathFactory, *, scripts: bool) -> Firefox:
    if shutil.which("firefox-esr") is None:
        pytest.skip("firefox-esr is not on PATH")
    return Firefox(folder_of.mktemp("firefox"), scripts=scripts)


@pytest.fixture(scope="session")
def _without_scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with _firefox(tmp_path_factory, scripts=False) as browser:
        yield browser


@pytest.fixture(scope="session")
def _with_scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with _firefox(tmp_path_factory, scripts=True) as browser:
        yield browser


@pytest.fixture
def browser(_without_scripts: Firefox) -> Firefox:
    """A Firefox that runs no scripts, as Tor Browser at its safest level."""
    _without_scripts.resize(*DESKTOP)
    return _without_scripts


@pytest.fixture
def scripted(_with_scripts: Firefox) -> Firefox:
    """A Firefox that runs scripts, but whose blocker lets none come from the newsroom."""
    _with_scripts.resize(*DESKTOP)
    _with_scripts.block(SCRIPT)
    return _with_scripts


@pytest.fixture
def sealing(_with_scripts: Firefox) -> Firefox:
    """A Firefox that runs the newsroom's script."""
    _with_scripts.resize(*DESKTOP)
    _with_scripts.block(SCRIPT, blocked=False)
    return _with_scripts


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where npm has put what the pages are held against."""
    if not PACKAGES.is_dir():
        pytest.fail("tests/browser/node_modules is missing; in tests/browser: npm ci")
    return PACKAGES


@pytest.fixture(scope="session")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A newsroom on a port of this machine."""
    with on_loopback(tmp_path_factory.mktemp("loopback")) as site:
        yield site


@pytest.fixture
def line(loopback: Site) -> Iterator[Tap]:
    """A line to that newsroom which is listened to."""
    with Tap(loopback.listens) as tap:
        yield tap


@pytest.fixture(scope="session")
def closed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A newsroom that takes nothing at the moment."""
    with closed(tmp_path_factory.mktemp("closed")) as site:
        yield site


@pytest.fixture(scope="session", params=["loopback", "onion"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A newsroom, once on loopback and once behind an onion of the private network."""
    if request.param == "loopback":
        yield request.getfixturevalue("loopback")
        return
    network = request.getfixturevalue("private_network")
    request.getfixturevalue("_without_scripts").go_through(network.client_socks)
    with on_onion(tmp_path_factory.mktemp("onion"), network) as site:
        yield site


@pytest.fixture(scope="session", params=["loopback", "onion"])
def small_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A newsroom that takes a megabyte at a time."""
    if request.param == "loopback":
        with on_loopback(tmp_path_factory.mktemp("small"), *SMALL) as site:
            yield site
        return
    network = request.getfixturevalue("private_network")
    request.getfixturevalue("_without_scripts").go_through(network.client_socks)
    with on_onion(tmp_path_factory.mktemp("small"), network, *SMALL) as site:
        yield site
