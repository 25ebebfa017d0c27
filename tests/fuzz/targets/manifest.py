"""The manifest (F3.6)."""

from collections.abc import Iterator

from intake.wire.errors import WireError
from intake.wire.manifest import Manifest
from tests.fuzz.vectors import vectors

LONGEST = 2_048
RATE = 30_000


def one_input(data: bytes) -> None:
    try:
        manifest = Manifest.parse(data)
    except WireError:
        return
    assert manifest.serialise() == data


def seeds() -> Iterator[bytes]:
    return (vector.input() for vector in vectors("manifest") if len(vector.input()) <= LONGEST)
