"""What the tests here share: a service, and two couriers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.courier.ticket import Ticket
from tests.courier.service import CourierService
from tests.newsroom import Operator
from tests.tor.fixtures import private_network

__all__ = ["private_network"]


@pytest.fixture(scope="module")
def service(operator: Operator) -> Iterator[CourierService]:
    """The operator's server with a couriers' service, for all tests of a file."""
    with CourierService(operator) as running:
        yield running


@pytest.fixture(scope="module")
def courier(service: CourierService) -> tuple[Ticket, Path]:
    """A courier's ticket, and a file with the token."""
    return service.add("first")
