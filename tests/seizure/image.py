"""An image of a process's memory, as an examiner takes it: by gdb's ``gcore``, while it runs.

A core dump rather than ``/proc/PID/mem``, since it has the threads' registers as well: a vector
register holds the last bytes that were copied.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from mmap import mmap
from pathlib import Path

PAGE = 4_096
_PIECE = 1 << 24
#: Where in a page it is told from others: at its beginning, a format may have the same in all.
_MARK = 64


class Image:
    """Memory, in whole pages.

    Args:
        runs: what lay side by side.
    """

    def __init__(self, runs: Iterable[bytes]) -> None:
        self._every = {1: list(runs)}

    def __len__(self) -> int:
        return sum(map(len, self.every(1)))

    def every(self, stride: int) -> list[bytes]:
        """Return of each run only every so many bytes: a text of wide letters is a plain one then.

        It begins at its first byte, as a string of wide letters does at an even place.
        """
        if stride not in self._every:
            self._every[stride] = [run[::stride] for run in self._every[1]]
        return self._every[stride]

    def count(self, text: bytes, stride: int = 1) -> int:
        """Return how often a text lies there, its bytes so far apart."""
        return sum(run.count(text) for run in self.every(stride))

    def since(self, before: "Image") -> "Image":
        """Return the pages that are not as any was before."""
        known = {page for run in before.every(1) for page in _pages(run)}
        return Image(part for run in self.every(1) for part in _parts(run, known.__contains__))


def take(pid: int, folder: Path) -> Image:
    """Take an image of a process, which then goes on; of a server of ours only root may.

    Pages of which every byte is the same are left out.
    """
    done = subprocess.run(
        # All that is mapped, also what the process asks to be left out of a dump.
        ["gcore", "-a", "-o", folder / "core", str(pid)],
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    core = folder / f"core.{pid}"
    try:
        return Image(_parts(core.read_bytes(), _is_blank))
    finally:
        core.unlink()


def of_device(raw: mmap) -> Image:
    """Return what lies on a device, but for its blank pages."""
    pieces = (raw[place : place + _PIECE] for place in range(0, len(raw), _PIECE))
    return Image(part for piece in pieces for part in _parts(piece, _is_blank))


def marks_of_pages(run: bytes) -> list[bytes]:
    """Return some bytes of each page, by which it is known; none of one that is blank there."""
    marks = (page[_MARK : _MARK + 16] for page in _pages(run))
    return [mark for mark in marks if mark.strip(b"\0")]


def _pages(run: bytes) -> Iterator[bytes]:
    return (run[begin : begin + PAGE] for begin in range(0, len(run), PAGE))


def _parts(run: bytes, is_left_out: Callable[[bytes], bool]) -> Iterator[bytes]:
    """Yield what is left of a run where some of its pages are left out."""
    part: list[bytes] = []
    for page in _pages(run):
        if not is_left_out(page):
            part.append(page)
        elif part:
            yield b"".join(part)
            part = []
    yield b"".join(part)


def _is_blank(page: bytes) -> bool:
    return page.count(page[:1]) == len(page)
