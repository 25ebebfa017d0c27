"""``intake send``: sealing beside the bare cipher, and a collection of 269 GB that is simulated.

The collection is made of holes, and what is sent goes into the void. What is measured is all that
grows with it: counting and planning, finding where an earlier try ended, the manifest.
"""

import hashlib
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from intake.days import SECONDS as DAY
from intake.reach.patience import Patience
from intake.reach.place import place_at
from intake.sender.link import Link, Upload
from intake.sender.newsroom import Newsroom
from intake.sender.outbox import Outbox, Stopped
from intake.sender.pacing import Clock, Pace
from intake.sender.planning import START, Mark, Pack, Survey, Tree
from intake.sender.sending import Sender
from intake.sender.walking import Root, roots_of
from intake.wire.codename import derive_source, draw
from intake.wire.envelope import CHUNK, PRIVATE_KEY, Identity
from intake.wire.keyring import Editor, Epoch, Keyring, keyring_of
from intake.wire.layout import Layout
from intake.wire.manifest import Manifest
from intake.wire.record import BLOCK, Header, Kind
from intake.wire.resumable import MAX_BLOCKS, MAX_CONTENT, Resumable
from intake.wire.signing import verify_key_of
from intake.wordlists import words
from tests.bench import servers
from tests.bench.servers import PROJECT, Server
from tests.bench.table import Row, at_least, progress, rate, share
from tests.tor.network import PrivateNetwork

_CORES: Final = len(os.sched_getaffinity(0))
#: Chunks that are sealed at once, as ``intake send`` does.
_CHUNKS: Final = 4
_HEADER: Final = Header(Kind.PACK, bytes(16), bytes(32), bytes(32), 0)
#: Of the collection, how much is known to have arrived when it is gone on with.
_KNOWN: Final = 0.97
_SEVERAL: Final = 4


def measure(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    """Measure.

    Args:
        folder: to be made, on the disk that is measured.
        size: bytes that are sealed in each round; for less than a gigabyte, fewer files are made.
    """
    folder.mkdir()
    yield from _sealing(folder, size, rounds)
    yield from _per_file(folder, (10_000, 100_000, 1_000_000) if size >= 10**9 else (1_000, 10_000))
    yield from _large(folder)


def _sealing(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    packs = max(1, size // MAX_CONTENT // _CORES)
    sealed = packs * _CORES * MAX_BLOCKS * BLOCK
    file = folder / "sealed"
    with file.open("wb") as out:
        for _ in range(packs * _CORES):
            out.write(secrets.token_bytes(MAX_CONTENT))
    tree = Tree(roots_of([str(file)]), lambda _: None)
    bare: list[float] = []
    alone: list[float] = []
    all_of_it: list[float] = []
    for number in range(rounds):
        progress(f"  sealing: round {number + 1} of {rounds}")
        bare.append(_on_all_cores(lambda: _encrypt(packs)))
        alone.append(_on_all_cores(lambda: _seal(packs)))
        all_of_it.append(_send_nowhere(tree))
    file.unlink()
    yield Row(f"ChaCha20-Poly1305 alone, {_CORES} threads", rate(sealed, bare))
    ratio = share(bare, alone)
    yield Row("intake send: sealing what it has read", rate(sealed, alone), *at_least(ratio, 80))
    ratio = share(bare, all_of_it)
    yield Row("  with reading and SHA-256", rate(sealed, all_of_it), f"{ratio:.0f} %")


def _encrypt(packs: int) -> None:
    cipher, room = ChaCha20Poly1305(bytes(32)), memoryview(bytearray(_CHUNKS * CHUNK))
    # As much memory as a pack takes: what is in the cache already is quicker.
    blocks = memoryview(bytearray(MAX_BLOCKS * BLOCK))
    for _ in range(packs):
        for number in range(MAX_BLOCKS):
            at, to = number * BLOCK, number % _CHUNKS * CHUNK
            nonce = number.to_bytes(12, "big")
            cipher.encrypt_into(nonce, blocks[at : at + BLOCK], None, room[to : to + CHUNK])


def _seal(packs: int) -> None:
    layout, room = Layout(_HEADER, MAX_BLOCKS), memoryview(bytearray(_CHUNKS * CHUNK))
    layout.size = MAX_CONTENT
    for number in range(packs):
        _seal_all(Resumable(_HEADER, layout, bytes(32), number.to_bytes(32, "big")), room)


def _seal_all(record: Resumable, room: memoryview) -> None:
    for number in range(0, record.chunks, _CHUNKS):
        record.seal_into(number, room)


class _Nowhere(Outbox):
    """A way out that seals, and sends nothing."""

    def has(self, record: Resumable) -> bool:
        return False

    def put(self, record: Resumable, *, fresh: bool) -> None:
        _seal_all(record, self._room)


def _send_nowhere(tree: Tree) -> float:
    """Return the seconds that it takes to read, hash and seal all of a tree."""
    survey = tree.survey(lambda _: None)
    keyring, codename = _keyring(), draw(words("en"), secrets.randbelow)
    nowhere = partial(_outbox, _Nowhere, Path("/nowhere"), keyring)
    sender = _sender(nowhere, codename, keyring, circuits=_CORES)
    begun = time.perf_counter()
    sender.send_files(tree, survey, lambda _: None)
    return time.perf_counter() - begun


def _on_all_cores(work: Callable[[], None]) -> float:
    """Return the seconds that as many threads take for it as there are cores."""
    threads = [threading.Thread(target=work) for _ in range(_CORES)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _per_file(folder: Path, counts: tuple[int, ...]) -> Iterator[Row]:
    """Count and plan files of a few kilobytes, a thousand in each folder."""
    for count in counts:
        progress(f"  planning {count:,} files ...")
        root = folder / f"files-{count}"
        for number in range(count):
            if number % 1_000 == 0:
                (root / f"{number // 1_000:04}").mkdir(parents=True)
            with open(root / f"{number // 1_000:04}" / f"{number:07}", "wb") as file:
                file.truncate(number * 7_919 % 20_000)
        tree = Tree(roots_of([str(root)]), lambda _: None)
        begun, worked = time.perf_counter(), time.process_time()
        tree.survey(lambda _: None)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
        subprocess.run(["rm", "-rf", str(root)], check=True)
        each = f"{cpu / count * 1e6:.0f} µs of processor each"
        yield Row(f"intake send: planning {count:,} files", f"{seconds:.2f} s", "", each)


def _large(folder: Path) -> Iterator[Row]:
    """Plan, go on with and finish a collection of 269 GB."""
    root = folder / "collection"
    _plant(root)
    tree = _Noting(roots_of([str(root)]))
    begun = time.perf_counter()
    survey = tree.survey(lambda _: None)
    seconds = time.perf_counter() - begun
    what = f"269 GB simulated: planning {survey.files:,} files"
    yield Row(what, f"{seconds:.1f} s", "", "seconds")
    codename = draw(words("en"), secrets.randbelow)
    keyring = _keyring()
    (folder / "keyring").write_bytes(keyring)
    known = _asked_for(tree, survey, codename, keyring)
    (folder / "known").write_text("\n".join(known))
    with servers.void(folder / "keyring", folder / "known") as server:
        yield _resumed(server, root, codename)
    (folder / "known").write_text("")
    with servers.void(folder / "keyring", folder / "known") as server:
        yield _manifest(server, survey, keyring)
    subprocess.run(["rm", "-rf", str(root)], check=True)


def _plant(root: Path) -> None:
    """Make files of such a collection's sizes, all of them holes."""
    sizes = {"image.dd": 150 * 10**9}
    sizes |= {f"mailboxes/{number:02}.pst": 2 * 10**9 for number in range(50)}
    sizes |= {f"files/{n // 500:02}/{n:05}": 50_000 + n * 7_919 % 1_800_000 for n in range(20_000)}
    for name, size in sizes.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)


class _Noting(Tree):
    """A tree that notes where it was last asked for packs."""

    at = START

    def __init__(self, roots: list[Root]) -> None:
        super().__init__(roots, lambda _: None)

    def packs(self, start: Mark = START, end: Mark | None = None) -> Iterator[Pack]:
        self.at = start
        return super().packs(start, end)


class _Asking(Outbox):
    """A way out that knows how much has arrived, and notes what it is asked for of that."""

    tree: _Noting
    most: float
    known: set[str]

    def has(self, record: Resumable) -> bool:
        there = self.tree.at.before < self.most
        if there:
            self.known.add(Upload(record.address, record.size(1)).url)
        return there

    def put(self, record: Resumable, *, fresh: bool) -> None:
        raise Stopped


def _asked_for(
    tree: _Noting, survey: Survey, codename: tuple[str, ...], keyring: bytes
) -> set[str]:
    """Return the uploads that are asked for in looking for the end of what has arrived."""
    asking = _outbox(_Asking, Path("/nowhere"), keyring)
    asking.tree, asking.most, asking.known = tree, _KNOWN * survey.size, set()
    sender = _sender(lambda: asking, codename, keyring, circuits=1)
    with suppress(Stopped):
        sender.send_files(tree, survey, lambda _: None)
    return asking.known


def _resumed(server: Server, root: Path, codename: tuple[str, ...]) -> Row:
    command = [sys.executable, "-m", "intake", "send", f"unix:{server.address}", str(root)]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert server.process.stdout is not None
        process.stdin.write(" ".join(codename) + "\n")
        process.stdin.close()
        server.process.stdout.readline()
        seconds = time.perf_counter() - begun
        process.kill()
    what = "  gone on with at 97 %: until a new byte"
    return Row(what, f"{seconds:.1f} s", "", "seconds")


def _manifest(server: Server, survey: Survey, keyring: bytes) -> Row:
    """Make and send the manifest of so many packs."""
    digests = [secrets.token_bytes(32) for _ in range(survey.packs)]
    outbox = _outbox(Outbox, Path(server.address), keyring)
    begun = time.perf_counter()
    content = Manifest(survey.files, survey.size, tuple(digests)).serialise()
    header = replace(_HEADER, kind=Kind.MANIFEST)
    digest = hashlib.sha256(content).digest()
    outbox.put(Resumable(header, content, digest, secrets.token_bytes(32)), fresh=False)
    seconds = time.perf_counter() - begun
    outbox.link.close()
    return Row(f"  its manifest of {survey.packs:,} packs", f"{seconds:.1f} s", "", "seconds")


def over_onion(
    home: Path, host: str, network: PrivateNetwork, size: int, rounds: int
) -> Iterator[Row]:
    """Send a file through an onion over one circuit, and over several.

    Args:
        home: a folder on the disk.
        host: the newsroom's onion.
    """
    file = home / "to be sent"
    socks = f"{network.client_socks[0]}:{network.client_socks[1]}"

    def send(circuits: int) -> float:
        file.write_bytes(secrets.token_bytes(size))
        codename = " ".join(draw(words("en"), secrets.randbelow))
        begun = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, "-m", "intake", "send", host, str(file)),
                *("--socks", socks, "--circuits", str(circuits)),
            ],
            cwd=PROJECT,
            input=codename,
            text=True,
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - begun

    alone: list[float] = []
    several: list[float] = []
    for number in range(rounds):
        progress(f"  intake send: round {number + 1} of {rounds}")
        alone.append(send(1))
        several.append(send(_SEVERAL))
    file.unlink()
    yield Row("intake send over one circuit", rate(size, alone))
    gain = f"{share(alone, several):.0f} %"
    yield Row(f"intake send over {_SEVERAL} circuits", rate(size, several), gain)


AnyOutbox = TypeVar("AnyOutbox", bound=Outbox)


def _outbox(kind: type[AnyOutbox], address: Path, keyring: bytes) -> AnyOutbox:
    stop = threading.Event()
    clock = Clock(time.monotonic, time.time, stop.wait, secrets.randbelow)
    return kind(
        Link(place_at(f"unix:{address}", ("127.0.0.1", 9_050)), lambda: "bench"),
        Newsroom(lambda: keyring, lambda: int(time.time()) // DAY),
        Pace(clock),
        Patience(60, stop),
        trouble=lambda failure: progress(failure.message),
        stop=stop,
    )


def _sender(
    outbox: Callable[[], Outbox], codename: tuple[str, ...], keyring: bytes, *, circuits: int
) -> Sender:
    return Sender(
        derive_source(codename, Keyring.parse(keyring).salt),
        outbox,
        circuits=circuits,
        fresh=False,
        stop=threading.Event(),
        note=lambda _: None,
    )


def _keyring() -> bytes:
    """Return a newsroom's keyring with one editor, who cannot open anything any more."""
    today = int(time.time()) // DAY
    seed, root = secrets.token_bytes(32), secrets.token_bytes(32)
    epoch = Epoch(today - 1, Identity(secrets.token_bytes(PRIVATE_KEY)).public())
    return keyring_of(
        root,
        [Editor("bench", verify_key_of(seed), (epoch,))],
        sequence=1,
        salt=secrets.token_bytes(16),
        first_day=today - 1,
        last_day=today + 7,
    )
