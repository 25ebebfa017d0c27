"""What the tests here share: somebody's program, at the server of the test and at a small one."""

from collections.abc import Iterator

import pytest

from tests.newsroom import Desk, Operator, Server
from tests.uploads.program import Program


@pytest.fixture
def program(server: Server) -> Program:
    """A program at the server."""
    return Program(server.address)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program at a newsroom that takes a megabyte at a time."""
    operator = Operator(tmp_path_factory.mktemp("small"), Desk(), "--max-upload", "1M")
    with operator.serve() as server:
        yield Program(server.address)
