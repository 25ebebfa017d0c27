"""What fails. Each fault is a context: it begins on entry, and is over on exit.

A disk that has become read-only over it, or has lost its power, takes a new start of the machine,
which ``Failing.restart`` is; the rest has to heal by itself.
"""

import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.disk import Disk
from tests.faults.machine import Clock, Machine
from tests.onion.offline import OfflineTor

_HOUR, _DAY = 3_600, 86_400
_JUMPS = (-40 * _DAY, -2 * _DAY, -5 * _HOUR, -90, 90, 5 * _HOUR, 2 * _DAY, 8 * _DAY, 40 * _DAY)
#: Fault, from its name in the table.
Fault = Callable[["Failing", random.Random], AbstractContextManager[str]]


@dataclass
class Failing:
    """What can fail.

    Attributes:
        away: where HOME is while it is not at its place.
        needs_restart: whether the machine has to start anew, and has not.
        amends: what puts right again what was done to files in this round. That is a change like
            others, which a power cut may take back.
    """

    disk: Disk
    machine: Machine
    clock: Clock
    tor: OfflineTor | None
    needs_restart: bool = field(default=False)
    amends: list[Callable[[], object]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.machine.home

    def drop_caches(self) -> None:
        """Have files read from the disk again."""
        # A folder that cannot be read any more ends it, and has nothing to be dropped either.
        with suppress(OSError):
            for path in self.home.rglob("*"):
                self._drop(path)

    def _drop(self, path: Path) -> None:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


@contextmanager
def _killed(failing: Failing, _chance: random.Random) -> Iterator[str]:
    failing.machine.end(signal.SIGKILL)
    yield "kill -9"


@contextmanager
def _terminated(failing: Failing, _chance: random.Random) -> Iterator[str]:
    failing.machine.end(signal.SIGTERM)
    yield "SIGTERM"


@contextmanager
def _commands_killed(failing: Failing, _chance: random.Random) -> Iterator[str]:
    yield f"{failing.machine.kill_commands()} commands killed"


@contextmanager
def _frozen(failing: Failing, _chance: random.Random) -> Iterator[str]:
    failing.machine.signal(signal.SIGSTOP)
    try:
        yield "the server stands still"
    finally:
        failing.machine.signal(signal.SIGCONT)


@contextmanager
def _full(failing: Failing, chance: random.Random) -> Iterator[str]:
    filler = failing.disk.place / "filler"
    left = chance.choice((0, 0, 100_000, 3_000_000))
    disk = os.statvfs(failing.disk.place)
    size = max(0, disk.f_bavail * disk.f_frsize - left)
    try:
        with suppress(OSError), filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        with suppress(OSError), filler.open("ab") as file:
            # What the file system keeps for itself it had not counted.
            while not left and file.write(bytes(4_096)):
                file.flush()
        yield f"the disk is full but for {left} bytes"
    finally:
        with suppress(OSError):
            filler.unlink(missing_ok=True)


@contextmanager
def _limited(failing: Failing, chance: random.Random) -> Iterator[str]:
    """No quota can be had on every kernel; to a program it is the same: no more may be written."""
    most = chance.choice((0, 10_000, 300_000))
    failing.machine.limit(resource.RLIMIT_FSIZE, most)
    try:
        yield f"no file may grow beyond {most} bytes"
    finally:
        failing.machine.limit(resource.RLIMIT_FSIZE, None)


@contextmanager
def _no_descriptors(failing: Failing, chance: random.Random) -> Iterator[str]:
    free = chance.choice((-10, 0, 1, 2, 5))
    # Of one that only starts Python itself would fail, which has no words of ours.
    serves = failing.machine.serves()
    if serves:
        failing.machine.limit(resource.RLIMIT_NOFILE, failing.machine.open_files() + free)
    try:
        yield f"{free} more files may be open" if serves else "the server has only begun to start"
    finally:
        failing.machine.limit(resource.RLIMIT_NOFILE, None)


def _bad_blocks(**how: float) -> Fault:
    @contextmanager
    def fault(failing: Failing, chance: random.Random) -> Iterator[str]:
        share = chance.choice((0.1, 0.5, 1))
        if "reads" in how:
            failing.drop_caches()
        trouble = {name: value * share for name, value in how.items()}
        failing.disk.trouble(**trouble)
        try:
            yield f"the disk fails: {trouble}"
        finally:
            failing.disk.trouble()

    return fault


@contextmanager
def _aborted(failing: Failing, _chance: random.Random) -> Iterator[str]:
    """What ext4 does by itself when it cannot write its journal."""
    failing.disk.abort()
    yield "the file system has become read-only"


@contextmanager
def _read_only_start(failing: Failing, _chance: random.Random) -> Iterator[str]:
    """Nothing can be mounted read-only that a server has open; it begins while it is."""
    failing.machine.halt()
    done = failing.disk.remount("ro")
    failing.machine.run(with_tor=failing.machine.has_tor)
    try:
        yield "the server starts on a read-only disk" if done else "it could not be mounted so"
    finally:
        if not failing.disk.remount("rw"):
            failing.needs_restart = True


@contextmanager
def _power_cut(failing: Failing, chance: random.Random) -> Iterator[str]:
    """While flushes wait for the disk, so that there is something to be lost."""
    failing.disk.trouble(hold=0.5 * chance.random())
    time.sleep(chance.random())
    lost = failing.disk.lose_power()
    failing.machine.halt()
    failing.needs_restart = True
    yield f"a power cut, and {lost} pages that were not flushed are lost"


@contextmanager
def _away(failing: Failing, _chance: random.Random) -> Iterator[str]:
    away = failing.home.with_name("elsewhere")
    done = False
    with suppress(OSError):
        failing.amends.append(lambda: away.rename(failing.home))
        failing.home.rename(away)
        done = True
    try:
        yield "HOME has another name"
    finally:
        if done:
            _patiently(lambda: away.rename(failing.home), failing)


@contextmanager
def _forbidden(failing: Failing, chance: random.Random) -> Iterator[str]:
    place = failing.home / chance.choice(("", "store", "store/ready", "store/replies", "keyring"))
    mode = place.stat().st_mode & 0o777 if place.exists() else 0o700
    done = False
    with suppress(OSError):
        failing.amends.append(lambda: place.chmod(mode))
        place.chmod(0)
        done = True
    try:
        yield f"{place.name} may not be used"
    finally:
        if done:
            _patiently(lambda: place.chmod(mode), failing)


@contextmanager
def _clock_jumped(failing: Failing, chance: random.Random) -> Iterator[str]:
    jump = chance.choice(_JUMPS)
    failing.clock.set(jump)
    try:
        yield f"the clock jumps by {jump / _HOUR:+.1f} hours"
    finally:
        failing.clock.set(0)


@contextmanager
def _tor_killed(failing: Failing, chance: random.Random) -> Iterator[str]:
    """Tor ends, and perhaps the keeper of the onions; or that alone."""
    assert failing.tor is not None
    whom = chance.choice(("tor", "the keeper", "tor and the keeper"))
    if "tor" in whom:
        failing.tor.stop()
    if "keeper" in whom:
        for keeper in failing.machine.children():
            with suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGKILL)
    try:
        yield f"{whom} killed"
    finally:
        if "tor" in whom:
            failing.tor.start()


def _patiently(undo: Callable[[], object], failing: Failing) -> None:
    """Undo what was done to HOME; where the disk takes nothing, when it does again."""
    try:
        undo()
    except OSError:
        restart(failing)
        # A power cut may have undone it.
        with suppress(FileNotFoundError):
            undo()


def restart(failing: Failing) -> str:
    """Start the machine anew: check the disk, mount it, and have a server run."""
    failing.machine.halt()
    said = failing.disk.come_back()
    failing.needs_restart = False
    return said


FAULTS: dict[str, Fault] = {
    "kill -9": _killed,
    "SIGTERM": _terminated,
    "a command killed": _commands_killed,
    "server stopped": _frozen,
    "disk full": _full,
    "file size limit": _limited,
    "no descriptors": _no_descriptors,
    "writes fail": _bad_blocks(writes=1),
    "reads fail": _bad_blocks(reads=1),
    "flushes fail": _bad_blocks(flushes=1),
    "all I/O fails": _bad_blocks(reads=1, writes=1, flushes=1),
    "disk stalls": _bad_blocks(stall=0.3),
    "journal aborted": _aborted,
    "read-only start": _read_only_start,
    "power cut": _power_cut,
    "HOME renamed": _away,
    "HOME forbidden": _forbidden,
    "clock jump": _clock_jumped,
    "tor killed": _tor_killed,
}
