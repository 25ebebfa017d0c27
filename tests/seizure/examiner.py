"""The examiner: a month is lived on a design, then all of it is taken, running and off."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from mmap import mmap
from pathlib import Path

from tests.newsroom import File, Source
from tests.newsroom.source import new_codename
from tests.seizure import image, running
from tests.seizure.disk import Disk, read_unseen
from tests.seizure.ext4 import Ext4
from tests.seizure.image import Image, marks_of_pages
from tests.seizure.month import Design, Month
from tests.seizure.plan import Plan
from tests.seizure.public import programs
from tests.seizure.score import Score, scores
from tests.seizure.secrets_of import CODENAME, Secrets
from tests.seizure.truth import Truth

FILES, DEVICE, MEMORY = "the files", "the block image", "the core dumps"
PROCESSES = "what the kernel says of processes"
PLACES = (FILES, DEVICE, MEMORY, PROCESSES)
SOURCES = "how many sources there are"
TIMES = "when each thing came, exactly"
LEFT = "deleted ciphertext that is still there"
#: Seconds after the last request, besides a tick, in which the server forgets it.
_REST = 3.0
#: Images that are taken before something counts as kept: a busy machine takes longer.
_LOOKS = 3
#: Megabytes of a disk on which nothing but a rehearsal takes place.
_REHEARSAL = 300
#: Finds that are shown with what lay around them.
_SHOWN = 8

#: Makes a design on a disk; its folder beside that is not seized.
Make = Callable[[Disk, Path], AbstractContextManager[Design]]


@dataclass(frozen=True)
class Findings:
    """What the examiner found.

    Attributes:
        hits: places in which a secret lies, by where that was: 0 is what is promised.
        off: facts that the disk tells.
        wiped: facts that it tells when the kernel has written zeros over the file system's
            journal at the last tick.
        running: facts that the processes tell.
        open_files: what they hold open below the disk's root.
        seized: bytes that were looked through, by where they were.
        around: the first secrets that lay in memory, and what lay around them.
    """

    hits: dict[str, int]
    off: dict[str, Score]
    wiped: dict[str, Score]
    running: dict[str, Score]
    seized: dict[str, int]
    open_files: list[str]
    around: list[str]


def month_and_seizure(
    make: Make,
    plan: Plan,
    folder: Path,
    *,
    tick: int,
    seconds: float,
    megabytes: int,
) -> Findings:
    """Have a month lived on a design, seize it, and return what was found.

    Args:
        seconds: how long a day is.
        megabytes: of the disk.
    """
    before = _rehearsal(make, folder)
    with ExitStack() as stack:
        place = stack.enter_context(Disk(folder / "month", megabytes))
        design = stack.enter_context(make(place, folder / "month"))
        truth = Month(design, plan, tick=tick, seconds=seconds).live()
        time.sleep(tick + _REST)
        public = [*before, Image(programs())]
        return _seize(design, truth, Secrets(plan, design.salt, public), folder)


def _rehearsal(make: Make, folder: Path) -> list[Image]:
    """Return the memory of a server to which other things were sent: what lies there is public."""
    beside = folder / "rehearsal"
    with Disk(beside, _REHEARSAL) as place, make(place, beside) as design:
        source = Source(design.address, new_codename())
        source.send("A rehearsal.", [File("a-rehearsal.pdf", bytes(300_000))])
        source.replies()
        return [image.take(pid, folder) for pid in design.pids()]


def _seize(design: Design, truth: Truth, secrets: Secrets, folder: Path) -> Findings:
    pids = design.pids()
    memory = _memory(pids, secrets, folder)
    told = Image(run for pid in pids for run in running.told(pid).every(1))
    with design.disk.seized() as raw:
        device = image.of_device(raw)
        off = _told(design, raw, device, truth)
    files = Image(_files(design.disk.place))
    design.disk.forget_journal()
    with design.disk.seized() as raw:
        wiped = _told(design, raw, image.of_device(raw), truth)
    places = dict(zip(PLACES, (files, device, memory, told), strict=True))
    found = {where: secrets.found(what) for where, what in places.items()}
    on_disk, alive = found[FILES] + found[DEVICE], found[MEMORY] + found[PROCESSES]
    return Findings(
        {where: one.total() for where, one in found.items()},
        {**secrets.scores(on_disk), **off},
        wiped,
        {
            **secrets.scores(alive),
            SOURCES: secrets.scores(alive)[CODENAME],
            TIMES: running.times_in([memory, told], truth),
        },
        {where: len(what) for where, what in places.items()},
        [str(path) for pid in pids for path in running.open_files(pid, design.disk.place)],
        list(islice(secrets.canaries.around(memory), _SHOWN)),
    )


def _memory(pids: list[int], secrets: Secrets, folder: Path) -> Image:
    """Return the memory of processes, when it is clean; else the last of some looks at it."""
    for _ in range(_LOOKS):
        memory = Image(run for pid in pids for run in image.take(pid, folder).every(1))
        if not secrets.found(memory):
            break
    return memory


def _told(design: Design, raw: mmap, device: Image, truth: Truth) -> dict[str, Score]:
    """Return what a disk tells of the facts that are no secrets in its bytes."""
    stated = design.state(Ext4(raw), device, truth.tick)
    return {**scores(stated, truth), LEFT: _left(device, truth)}


def _files(folder: Path) -> Iterator[bytes]:
    """Yield the name and the content of everything below a folder."""
    for parent, folders, files in os.walk(folder):
        yield from (os.fsencode(name) for name in (*folders, *files))
        for name in files:
            path = Path(parent, name)
            # The server goes on meanwhile, and takes some away.
            with suppress(FileNotFoundError):
                if path.is_file():
                    yield read_unseen(path)


def _left(device: Image, truth: Truth) -> Score:
    """Return of how many deleted envelopes a page is found."""
    pages = {mark for run in device.every(1) for mark in marks_of_pages(run)}
    found = sum(not pages.isdisjoint(of_one) for of_one in truth.deleted.values())
    return Score(found, len(truth.deleted))
