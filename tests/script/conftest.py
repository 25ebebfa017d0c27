"""The other implementation, made into programs that node runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.script import find_node
from tests.script.other import Other

HERE = Path(__file__).parent
_FOR_NODE = ("--platform=node", "--format=esm")


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Callable[[str], list[str]]:
    """Make a program of a source in this folder, and return the command that runs it."""
    node, folder = find_node(), tmp_path_factory.mktemp("programs")
    node.install()

    def make(name: str) -> list[str]:
        made = folder / f"{name}.mjs"
        if not made.exists():
            node.bundle(HERE / f"{name}.ts", made, *_FOR_NODE)
        return [node.program, str(made)]

    return make


@pytest.fixture(scope="module")
def other(program) -> Iterator[Other]:
    """The other implementation, running."""
    with Other(program("other")) as running:
        yield running
