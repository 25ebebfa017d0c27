"""The network as a pytest fixture: one for the whole run, whichever folders ask for it.

A ``conftest.py`` that imports it makes it known to its folder.
"""

import pytest

from tests.tor.network import PrivateNetwork

_NETWORK = pytest.StashKey[PrivateNetwork]()


@pytest.fixture(scope="session")
def private_network(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> PrivateNetwork:
    """A private Tor network that is up; ends with the run."""
    if _NETWORK not in pytestconfig.stash:
        network = PrivateNetwork(tmp_path_factory.mktemp("tor"))
        network.__enter__()
        pytestconfig.add_cleanup(lambda: network.__exit__(None, None, None))
        pytestconfig.stash[_NETWORK] = network
    return pytestconfig.stash[_NETWORK]
