"""The vectors of the format as seeds."""

from collections.abc import Iterator
from pathlib import Path

from tests.vectors import generate
from tests.vectors.vector import Read

_FOLDER = Path(generate.__file__).parent


def vectors(kind: str) -> Iterator[Read]:
    """Yield every vector of a kind."""
    return (Read(path) for path in sorted((_FOLDER / kind).iterdir()))
