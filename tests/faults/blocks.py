"""The blocks under a file system, which fail when they are told to.

A file system in user space that is one file: a disk's image, which a loop device makes a block
device of. What fails here is to the kernel a failing disk. It is spoken to in lines of JSON on
standard input, and answers each with a line. It uses nothing of the disk that it serves.

Like a disk it has a cache: what was written since it was last flushed, a power cut may take, all of
it or any.
"""

import errno
import json
import os
import random
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# From linux/fuse.h.
_GETATTR, _SETATTR, _OPEN, _READ, _WRITE, _RELEASE, _FSYNC = 3, 4, 14, 15, 16, 18, 20
_FORGET, _STATFS, _FLUSH, _INIT, _INTERRUPT, _BATCH_FORGET = 2, 17, 25, 26, 36, 42
_IN: Final = struct.Struct("<IIQQIIIHH")
_OUT: Final = struct.Struct("<IiQ")
_RANGE: Final = struct.Struct("<QQI")
_RANGE_SIZE: Final = 40
_ANSWERLESS: Final = {_FORGET, _BATCH_FORGET, _INTERRUPT}
_BIG_WRITES, _MAX_PAGES = 1 << 5, 1 << 22
_DIRECT_IO = 1
_MOST: Final = 1 << 20
_PAGE: Final = 4_096
#: Requests that can wait at once.
_THREADS: Final = 8


@dataclass
class Trouble:
    """How the disk fails.

    Attributes:
        reads, writes, flushes: how probably each fails, from 0 to 1.
        stall: seconds for which each write waits.
        hold: seconds for which each flush waits; meanwhile more is written.
        lies: whether a flush is answered, and not done: what no file system can survive.
    """

    reads: float = 0
    writes: float = 0
    flushes: float = 0
    stall: float = 0
    hold: float = 0
    lies: bool = False


@dataclass
class Blocks:
    """An image, and what was written to it since it was last flushed.

    Args:
        chance: draws what fails, and what a power cut takes.
    """

    image: int
    chance: random.Random
    trouble: Trouble = field(default_factory=Trouble)
    #: Of each write since the last flush its number, its place, and what was there before.
    _before: list[tuple[int, int, bytes]] = field(default_factory=list)
    _written: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, offset: int, size: int) -> bytes:
        self._may_fail(self.trouble.reads)
        return os.pread(self.image, size, offset)

    def write(self, offset: int, data: bytes) -> None:
        time.sleep(self.trouble.stall)
        with self._lock:
            # Not before: it may have waited, and the power may have gone meanwhile.
            self._may_fail(self.trouble.writes)
            self._written += 1
            self._before.append((self._written, offset, os.pread(self.image, len(data), offset)))
            os.pwrite(self.image, data, offset)

    def flush(self) -> None:
        covered = self._written
        time.sleep(self.trouble.hold)
        with self._lock:
            self._may_fail(self.trouble.flushes)
            if not self.trouble.lies:
                self._before = [one for one in self._before if one[0] > covered]

    def lose_power(self, kept: float | None = None) -> int:
        """Fail from now on, and lose what was not flushed, page by page; return how many."""
        with self._lock:
            self.trouble = Trouble(1, 1, 1)
            kept = self.chance.random() if kept is None else kept
            after = [(at, os.pread(self.image, len(old), at)) for _, at, old in self._before]
            for _, at, old in reversed(self._before):
                os.pwrite(self.image, old, at)
            lost = 0
            for at, new in after:
                for page in range(0, len(new), _PAGE):
                    if self.chance.random() < kept:
                        os.pwrite(self.image, new[page : page + _PAGE], at + page)
                    else:
                        lost += 1
            self._before.clear()
            return lost

    def _may_fail(self, probability: float) -> None:
        if probability and self.chance.random() < probability:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def serve(device: int, blocks: Blocks, size: int) -> None:
    """Answer the kernel until it has unmounted."""
    while True:
        try:
            request = os.read(device, _MOST + 2 * _PAGE)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return
            # One that was interrupted before we read it.
            continue
        _, code, unique, *_ = _IN.unpack_from(request)
        if code in _ANSWERLESS:
            continue
        failure, answer = _answered(code, request[_IN.size :], blocks, size)
        os.write(device, _OUT.pack(_OUT.size + len(answer), -failure, unique) + answer)


def _answered(code: int, body: bytes, blocks: Blocks, size: int) -> tuple[int, bytes]:
    """Return an error number, 0 for none, and an answer."""
    try:
        if code == _READ:
            _, offset, wanted = _RANGE.unpack_from(body)
            return 0, blocks.read(offset, wanted)
        if code == _WRITE:
            _, offset, given = _RANGE.unpack_from(body)
            blocks.write(offset, body[_RANGE_SIZE : _RANGE_SIZE + given])
            return 0, struct.pack("<II", given, 0)
        if code == _FSYNC:
            blocks.flush()
            return 0, b""
    except OSError as error:
        return error.errno or errno.EIO, b""
    return _formal(code, body, size)


def _formal(code: int, body: bytes, size: int) -> tuple[int, bytes]:
    if code == _INIT:
        readahead, flags = struct.unpack_from("<II", body, 8)
        taken = flags & (_BIG_WRITES | _MAX_PAGES)
        return 0, struct.pack(
            "<IIIIHHIIHH32x", 7, 31, readahead, taken, 64, 48, _MOST, 1, _MOST // _PAGE, 0
        )
    if code in (_GETATTR, _SETATTR):
        times = bytes(36)
        mode = 0o100600
        attributes = struct.pack("<QQQ", 1, size, size // 512) + times
        return 0, struct.pack("<QII", 1, 0, 0) + attributes + struct.pack(
            "<IIIIIII", mode, 1, 0, 0, 0, _PAGE, 0
        )
    if code == _OPEN:
        return 0, struct.pack("<QII", 0, _DIRECT_IO, 0)
    if code in (_FLUSH, _RELEASE):
        return 0, b""
    return errno.ENOSYS, b""


def mounted(place: Path) -> int:
    """Mount a file that we answer for over another; return what the kernel asks by."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=100000,user_id=0,group_id=0"
    subprocess.run(
        ["mount", "-i", "-t", "fuse", "-o", options, "blocks", place],
        check=True,
        pass_fds=[device],
    )
    return device


def main(image: str, place: str, seed: str) -> None:
    """Serve an image as a file, and obey."""
    size = Path(image).stat().st_size
    blocks = Blocks(os.open(image, os.O_RDWR), random.Random(int(seed)))
    device = mounted(Path(place))
    for _ in range(_THREADS):
        threading.Thread(target=serve, args=(device, blocks, size), daemon=True).start()
    orders: dict[str, Callable[..., object]] = {
        "trouble": lambda **how: setattr(blocks, "trouble", Trouble(**how)),
        "lose_power": blocks.lose_power,
    }
    print("null", flush=True)
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(orders[name](**arguments)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
