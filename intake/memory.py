"""A process whose freed memory is overwritten, and whose memory never reaches a disk.

Python gives memory back as it is, and a name or a word may lie in it for weeks. So the server
starts itself anew, in an environment in which two allocators overwrite what they take back:

- Python's, by its hooks for debugging: they overwrite all of an object. Under them lies the C
  library's allocator, and no pool of Python's own.
- glibc's, by its tunables, for Python and for every library in the process: it fills what is
  freed, but for the last eight bytes of a block. That is a word of a codename, and why this alone
  is not enough. Blocks that it would put into its caches are not filled, so it is to have none.

What the environment asks for is then tried out. Where it does nothing (musl), nothing is served.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from intake.errors import IntakeError

_TUNABLES: Final = "GLIBC_TUNABLES"
#: What is freed is filled with 255, and what is taken then with its complement, zero. What it costs
#: is less where the heap is not given back and taken anew for each piece of an upload.
_WIPING: Final = {
    "PYTHONMALLOC": "malloc_debug",
    _TUNABLES: "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0:"
    "glibc.malloc.trim_threshold=16777216:glibc.malloc.mmap_threshold=4194304",
}

_MARK: Final = b"freed, and still to be read here"
#: Marks in the blocks that are tried out: of sizes for Python's pools, for a cache, for neither.
_TRIED: Final = (4, 12, 60, 2_000)
#: Where a ``bytes`` object of CPython's has its content.
_CONTENT: Final = bytes.__basicsize__ - 1

_PR_SET_DUMPABLE: Final = 4
_MCL_CURRENT_FUTURE_ONFAULT: Final = 1 | 2 | 4


class MemoryUnsafe(IntakeError):
    """This system would keep, or write down, what the server has forgotten."""


def start_anew() -> None:
    """Become a process that overwrites what it frees; returns where we are one already.

    Raises:
        MemoryUnsafe: there is no such process to be had here.
    """
    wiping = environment(os.environ)
    if wiping != dict(os.environ):
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, wiping)  # noqa: S606 - no shell is meant
    if not is_wiped():
        raise MemoryUnsafe(
            "This system does not overwrite the memory that is freed.",
            "It takes glibc 2.31 or later, as on Debian, and a Python that heeds PYTHONMALLOC. "
            "With --without-wiping the server runs all the same, and leaves remnants in memory.",
        )


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with our settings in it; other tunables stay as they were given."""
    names = {setting.partition("=")[0] for setting in _WIPING[_TUNABLES].split(":")}
    others = [s for s in given.get(_TUNABLES, "").split(":") if s.partition("=")[0] not in names]
    tunables = ":".join(filter(None, [_WIPING[_TUNABLES], *others]))
    return {**given, **_WIPING, _TUNABLES: tunables}


def is_wiped() -> bool:
    """Return whether freed memory is overwritten, tried out on Python's and on C's."""
    # By this file, what is no longer mapped is an error; by a pointer it would be our end.
    memory = os.open("/proc/self/mem", os.O_RDONLY)
    try:
        tried = (free(count) for count in _TRIED for free in (_freed_by_python, _freed_by_c))
        return not any(_is_marked(memory, address) for address in tried)
    finally:
        os.close(memory)


def keep_off_disks() -> bool:
    """Have no core dumped of us and no process of our user look into us; and try not to be swapped.

    Returns:
        whether nothing of us is swapped out.

    Raises:
        MemoryUnsafe: the first two are not to be had here.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    except OSError as error:
        raise MemoryUnsafe(
            f"This process could be written to a disk: {error.strerror}.",
            "What runs it forbids it to switch off core dumps; let it set RLIMIT_CORE and prctl.",
        ) from error
    return _lock(libc) or not _system_swaps()


def _freed_by_python(count: int) -> int:
    """Return where an object with so many marks was."""
    return id(_MARK * count) + _CONTENT


def _freed_by_c(count: int) -> int:
    """Return where a block of C's with so many marks was."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = (ctypes.c_size_t,)
    libc.free.argtypes = (ctypes.c_void_p,)
    marks = _MARK * count
    address: int = libc.malloc(len(marks))
    ctypes.memmove(address, marks, len(marks))
    libc.free(address)
    return address


def _is_marked(memory: int, address: int) -> bool:
    """Return whether a mark lies behind the first: its place the allocator uses for itself."""
    try:
        return os.pread(memory, len(_MARK), address + len(_MARK)) == _MARK
    except OSError:
        return False


def _lock(libc: ctypes.CDLL) -> bool:
    """Have all of our memory, also what we take later, stay in memory; return whether it does."""
    everything = resource.RLIM_INFINITY
    try:
        # Under any limit, memory that is taken later could be refused.
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (everything, everything))
    except (OSError, ValueError):
        return False
    return bool(libc.mlockall(_MCL_CURRENT_FUTURE_ONFAULT) == 0)


def _system_swaps() -> bool:
    """Return whether the system has swap, or does not let us know."""
    try:
        return len(Path("/proc/swaps").read_text().splitlines()) > 1
    except OSError:
        return True
