"""What a running process tells: its memory, its environment, its arguments, what it holds open."""

import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.seizure.image import Image
from tests.seizure.score import Score
from tests.seizure.truth import Truth

_TOLD = ("environ", "cmdline", "maps", "status", "net/unix", "net/tcp", "stack", "comm", "mounts")


def told(pid: int) -> Image:
    """Return what the kernel says of a process and of its threads, and the names that it holds."""
    proc = Path(f"/proc/{pid}")
    texts = [_read(proc / name) for name in _TOLD]
    texts += [_read(path) for path in proc.glob("task/*/comm")]
    for link in (*proc.glob("fd/*"), proc / "cwd", proc / "exe"):
        with suppress(OSError):
            texts.append(os.fsencode(link.readlink()))
    return Image(texts)


def open_files(pid: int, below: Path) -> list[Path]:
    """Return the files below a folder that a process holds open, deleted ones as well."""
    files = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            path = link.readlink()
            if path.is_relative_to(below) and stat.S_ISREG(link.stat().st_mode):
                files.append(path.relative_to(below))
    return sorted(files)


def times_in(images: Iterable[Image], truth: Truth) -> Score:
    """Return of how many submissions the time lies in memory, as programs and kernels write it."""
    begin = min(span.begin for span in truth.sent.values())
    end = max(span.end for span in truth.sent.values())
    times = {
        time
        for image in images
        for run in image.every(1)
        for time in (*_doubles(run, begin, end), *_timespecs(run, begin, end))
        if time % truth.tick
    }
    spans = truth.sent.values()
    found = sum(any(span.begin <= time <= span.end for time in times) for span in spans)
    wrong = sum(not any(span.begin <= time <= span.end for span in spans) for time in times)
    return Score(found, len(spans), wrong)


def _doubles(run: bytes, begin: float, end: float) -> Iterator[float]:
    """Yield the floating-point numbers of a period that lie anywhere."""
    for suffix in {struct.pack("<d", time)[4:] for time in _steps(begin, end, 256)}:
        for place in _places(run, suffix, 4):
            (time,) = struct.unpack_from("<d", run, place)
            if begin <= time <= end:
                yield time


def _timespecs(run: bytes, begin: float, end: float) -> Iterator[float]:
    """Yield the pairs of seconds and nanoseconds of a period."""
    for suffix in {struct.pack("<q", int(time))[2:] for time in _steps(begin, end, 4_096)}:
        for place in _places(run[:-8], suffix, 2):
            seconds, nanoseconds = struct.unpack_from("<qq", run, place)
            if begin <= seconds <= end and 0 < nanoseconds < 10**9:
                yield seconds + nanoseconds / 10**9


def _steps(begin: float, end: float, step: int) -> Iterator[float]:
    yield from (float(time) for time in range(int(begin), int(end), step))
    yield end


def _places(run: bytes, suffix: bytes, before: int) -> Iterator[int]:
    """Yield where something begins that ends with a suffix, so many bytes before that."""
    place = run.find(suffix, before)
    while place >= 0:
        yield place - before
        place = run.find(suffix, place + 1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
