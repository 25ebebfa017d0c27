"""Prints what each flood costs, and what others notice of it.

python -m tests.floods [SOURCES]: by so many slow senders at once, 1000 where none are named.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.table import Row, progress, show
from tests.floods import holding, slowly
from tests.floods.flood import Flood
from tests.floods.test_busy import seconds
from tests.floods.test_costs import cost
from tests.floods.test_slow_uploads import flooded
from tests.newsroom import Desk, GnupgHome, Operator, Source
from tests.newsroom.visitor import Visitor

_MIB = 1 << 20
_BUSY = (("page", 50), ("login", 200), ("message", 50), ("file", 4), ("ignored", 4), ("text", 4))


def main() -> None:
    show(_rows(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))


def _rows(sources: int) -> Iterator[Row]:
    for make in (slowly.form, slowly.upload):
        yield from _slow(f"{sources} slow {make.__name__}s", make, Desk(), sources)
    with ExitStack() as until:
        gnupg = GnupgHome()
        until.callback(gnupg.close)
        yield from _slow(
            f"{sources // 5} slow forms, GPG", slowly.form, Desk(gnupg=gnupg), sources // 5
        )
    for kind, clients in _BUSY:
        yield from _busy(kind, clients)
    for holds in (*holding.IDLE, *holding.ASKING):
        progress(f"{holds.__name__} ...")
        with _newsroom(Desk()) as operator:
            each = cost(operator, holds, 300)
        yield Row(f"a connection: {holds.__name__.replace('_', ' ')}", f"{each / 1024:.0f} KiB")


def _slow(what: str, make: slowly.Maker, desk: Desk, number: int) -> Iterator[Row]:
    progress(f"{what} ...")
    with _newsroom(desk) as operator:
        _, times, peak = flooded(operator, make, number)
    used = f"{peak.bytes / _MIB:.0f} MiB"
    yield Row(f"{what}: all complete, memory", used, "", "≤ 1,024 MiB")
    yield _pages(times)


def _busy(kind: str, clients: int) -> Iterator[Row]:
    progress(f"{kind} ...")
    with ExitStack() as until:
        server = until.enter_context(until.enter_context(_newsroom(Desk())).serve())
        source = Source(server.address)
        visitor = until.enter_context(Visitor(server.address))
        with Flood(server.address, kind, clients):
            sent = sorted(seconds(lambda: source.send("It gets through.")) for _ in range(20))
            read = seconds(source.replies)
        until.close()
    yield Row(f"{clients} clients ask for: {kind}; a message", f"{sent[10] * 1e3:,.0f} ms")
    yield Row("  a login", f"{read * 1e3:,.0f} ms")
    yield _pages(visitor.times)


def _pages(times: list[float]) -> Row:
    return Row(
        "  pages, 99th of 100", f"{times[len(times) * 99 // 100] * 1e3:,.0f} ms", "", "≤ 2 s"
    )


@contextmanager
def _newsroom(desk: Desk) -> Iterator[Operator]:
    with tempfile.TemporaryDirectory(prefix="floods-", dir="/var/tmp") as name:
        yield Operator(Path(name), desk, "--reserve", "1M", tick=3_600)


if __name__ == "__main__":
    main()
