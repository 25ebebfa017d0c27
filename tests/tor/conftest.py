"""What the tests here share."""

from tests.tor.fixtures import private_network

__all__ = ["private_network"]
