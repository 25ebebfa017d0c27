"""Every vector under tests/vectors/ says the same to the second implementation."""

import subprocess
from pathlib import Path

import pytest

from tests.vectors.vector import Read
from tests.wire.test_vectors import FOLDER, VECTORS


@pytest.fixture(scope="module")
def said(program) -> dict[str, str]:
    """How reading each vector ended, by its name."""
    command = [*program("vectors"), str(FOLDER)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", VECTORS, ids=name_of)
def test_vector(said, path):
    assert said[name_of(path)] == Read(path).expect


def test_it_reads_as_many_vectors_as_there_are(said):
    assert set(said) == {name_of(path) for path in VECTORS}
