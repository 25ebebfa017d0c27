"""The roll of couriers, and a token that somebody sends."""

from collections.abc import Iterator

from intake.couriers.roll import RollError, _parse, checked_name, hash_token
from tests.vectors.vector import chance

LONGEST = 1_024
RATE = 7_000


def one_input(data: bytes) -> None:
    assert len(hash_token(data.decode("utf-8", "surrogateescape"))) == 32
    text = data.decode("latin-1")
    try:
        couriers = _parse(text)
    except ValueError:
        couriers = ()
    lines = [f"{one.name} {one.public} {one.token_hash.hex()}" for one in couriers]
    # In another order and with other line ends, perhaps.
    assert not couriers or sorted(lines) == sorted(text.splitlines())
    try:
        assert checked_name(text) == text
    except RollError:
        return
    assert 1 <= len(text) <= 32
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def seeds() -> Iterator[bytes]:
    line = f"first {'A' * 52} {chance('token', 32).hex()}\n".encode()
    yield from (line, line + line.replace(b"first", b"b-2"), line[:-1], b"first", b"-x", b"\xff")
