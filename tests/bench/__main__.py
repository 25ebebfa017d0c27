"""Runs the bench and prints its table."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.bench import browser, memory, onion, openpgp, packs, servers, small, source, uploads
from tests.bench.desk import Desk
from tests.bench.servers import Server
from tests.bench.table import Row, at_least, progress, rate, share, show

_PARTS = ("nacl", "gpg", "memory", "small", "open", "packs", "browser", "source", "onion")
_MIB = 1024 * 1024
#: Bytes that are sent before anything is measured.
_WARM_UP = 1 * _MIB
_CHUNK = 64 * 1024


def main() -> None:
    options = _options()
    size = 64_000_000 if options.quick else int(options.size * 1e9)
    rounds = 1 if options.quick else options.rounds
    seconds = 1.0 if options.quick else 5.0
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        folder = Path(name)
        show(_rows(options.only or list(_PARTS), folder, size, rounds, seconds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--size", type=float, default=1.0, help="GB of an upload (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--quick", action="store_true", help="64 MB, one round: a smoke test")
    parser.add_argument("--only", action="append", choices=_PARTS, help="one part; repeatable")
    parser.add_argument(
        "--folder", type=Path, default=Path("/var/tmp"), help="on the disk to measure (%(default)s)"
    )
    return parser.parse_args()


def _rows(parts: list[str], folder: Path, size: int, rounds: int, seconds: float) -> Iterator[Row]:
    if "nacl" in parts:
        progress("NaCl suite ...")
        yield from _nacl(folder, size, rounds)
    if "gpg" in parts:
        progress("GPG suite ...")
        yield from _gpg(folder, size, rounds)
    if "memory" in parts:
        progress("memory that is overwritten ...")
        yield from memory.measure(folder / "memory", size, rounds, seconds)
    if "small" in parts:
        progress("messages and logins ...")
        yield from _small(folder, seconds)
    if "open" in parts:
        progress("keys open ...")
        yield from _open(folder, size, rounds)
    if "packs" in parts:
        progress("keys open, packs ...")
        yield from packs.measure(folder, size, rounds)
    if "browser" in parts:
        progress("sealing in a browser ...")
        yield from browser.measure(folder / "browser", size, rounds)
    if "source" in parts:
        progress("intake send ...")
        yield from source.measure(folder / "source", size, rounds)
    if "onion" in parts:
        progress("through Tor ...")
        # It is so much slower that a twentieth takes as long.
        yield from onion.measure(folder / "onion", size // 20, rounds)


def _nacl(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    floor: list[float] = []
    sealed: list[float] = []
    cipher: list[float] = []
    with ExitStack() as running:
        plain = running.enter_context(servers.floor(folder / "floor"))
        server = running.enter_context(servers.newsroom(folder / "nacl"))
        name = uploads.codename(server)
        uploads.upload(plain, _WARM_UP, "")
        before = _warm(server, name)
        for number in range(rounds):
            progress(f"  round {number + 1} of {rounds}")
            floor.append(uploads.upload(plain, size, ""))
            sealed.append(uploads.upload(server, size, name))
            cipher.append(_seal_alone(size))
        growth = server.memory("VmHWM") - before
    yield Row("floor: one upload stored as it is, synced", rate(size, floor))
    ratio = share(floor, sealed)
    yield Row("NaCl suite: the same, sealed on arrival", rate(size, sealed), *at_least(ratio, 70))
    yield Row("its cipher alone, in memory", rate(size, cipher), f"{share(cipher, sealed):.0f} %")
    yield _growth(growth)


def _gpg(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    alone: list[float] = []
    sealed: list[float] = []
    with ExitStack() as running:
        # A home's path is short too, since GnuPG puts sockets there; and its key is nobody's.
        keys = running.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        home = Path(keys) / "gnupg"
        server = running.enter_context(servers.newsroom(folder / "gpg", openpgp.make_key(home)))
        name = uploads.codename(server)
        before = _warm(server, name)
        for number in range(rounds):
            progress(f"  round {number + 1} of {rounds}")
            alone.append(openpgp.seal_through_pipe(home, folder / "alone.gpg", size))
            sealed.append(uploads.upload(server, size, name))
        growth = server.memory("VmHWM") - before
    yield Row("floor: gpg alone, from a pipe to a file, synced", rate(size, alone))
    ratio = share(alone, sealed)
    yield Row("GPG suite: one upload sealed on arrival", rate(size, sealed), *at_least(ratio, 50))
    yield _growth(growth)


def _small(folder: Path, seconds: float) -> Iterator[Row]:
    with servers.newsroom(folder / "small") as server:
        name = uploads.codename(server)
        _warm(server, name)
        sent = small.messages(server, name, seconds)
        read = small.logins(server, name, seconds)
    yield Row(f"messages acknowledged to {small.CLIENTS} clients", f"{sent:,.0f} a second")
    yield Row(f"logins of {small.CLIENTS} clients", f"{read:,.0f} a second")
    cost = small.argon2id(name, times=20)
    yield Row("  of it Argon2id", f"{cost * 1e3:.0f} ms", "", "≤ 50 ms")


def _open(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    opened = []
    for number in range(rounds):
        progress(f"  round {number + 1} of {rounds}")
        with tempfile.TemporaryDirectory(dir=folder) as name:
            desk = Desk(Path(name))
            desk.fill_stick(size)
            opened.append(desk.open())
    yield Row("keys open: one file from a stick", rate(size, opened))


def _warm(server: Server, name: str) -> int:
    """Send a little, and return the bytes that the server has in memory then."""
    uploads.upload(server, _WARM_UP, name)
    server.forget_peak()
    return server.memory("VmRSS")


def _growth(growth: int) -> Row:
    mib = growth / _MIB
    missed = ", missed" if mib > 32 else ""
    return Row("  the server's memory grew by", f"{mib:.0f} MiB", "", f"≤ 32 MiB{missed}")


def _seal_alone(size: int) -> float:
    """Return the seconds that the cipher takes for so many bytes, of which it does a tenth."""
    block, cipher, count = bytes(_CHUNK), ChaCha20Poly1305(bytes(32)), size // _CHUNK // 10 + 1
    begun = time.perf_counter()
    for number in range(count):
        cipher.encrypt(number.to_bytes(12, "big"), block, None)
    return (time.perf_counter() - begun) * size / (count * _CHUNK)


if __name__ == "__main__":
    main()
