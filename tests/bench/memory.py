"""What it costs to overwrite the memory that is freed."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench import servers, small, uploads
from tests.bench.servers import Server
from tests.bench.table import Row, at_least, progress, rate, share

_WARM_UP = 1024 * 1024
#: What wiping may not cost more than, in percent.
_HALF = 50


def measure(folder: Path, size: int, rounds: int, seconds: float) -> Iterator[Row]:
    """Yield what a server that wipes takes in, beside one that does not."""
    folder.mkdir()
    with (
        servers.newsroom(folder / "keeping", b"", "--without-wiping") as keeping,
        servers.newsroom(folder / "wiping") as wiping,
    ):
        yield _uploads(keeping, wiping, size, rounds)
        sent = [_messages(server, seconds) for server in (keeping, wiping)]
    yield Row(
        "  messages acknowledged",
        f"{sent[1]:,.0f} a second",
        *at_least(100 * sent[1] / sent[0], _HALF),
    )


def _uploads(keeping: Server, wiping: Server, size: int, rounds: int) -> Row:
    taken: dict[str, list[float]] = {}
    for server in (keeping, wiping):
        uploads.upload(server, _WARM_UP, uploads.codename(server))
    for number in range(rounds):
        progress(f"  round {number + 1} of {rounds}")
        for server in (keeping, wiping):
            name = uploads.codename(server)
            taken.setdefault(server.address, []).append(uploads.upload(server, size, name))
    ratio = share(taken[keeping.address], taken[wiping.address])
    return Row(
        "one upload, freed memory overwritten or not",
        rate(size, taken[wiping.address]),
        *at_least(ratio, _HALF),
    )


def _messages(server: Server, seconds: float) -> float:
    return small.messages(server, uploads.codename(server), seconds)
