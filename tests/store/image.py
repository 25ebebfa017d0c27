"""A disk to be examined: mounted, and then read past the file system."""

import os
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.newsroom.disks import Disk

#: Data lies on the disk in blocks of so many bytes, each at a multiple of it.
BLOCK = 4_096
#: What a block of ext4's journal begins with, and the kind of the last one of a transaction.
_JBD2, _COMMIT = 0xC03B3998, 2


@dataclass(frozen=True)
class Inode:
    """Times in Unix seconds, and where the first block lies."""

    born: float
    modified: float
    changed: float
    block: int


class Image(Disk):
    """A mounted ext4 with blocks of ``BLOCK`` bytes."""

    def __init__(self, folder: Path, megabytes: int, options: str = "noatime") -> None:
        super().__init__(folder, megabytes, "-b", str(BLOCK), options=options)

    def seize(self) -> None:
        """Have everything on the disk, and nobody write to it any more."""
        os.sync()
        subprocess.run(["umount", self.place], check=True)

    def blocks_of(self, content: bytes) -> int:
        """Return how many blocks of this content can be found on the disk, wherever."""
        wanted = {content[at : at + BLOCK] for at in range(0, len(content) - BLOCK + 1, BLOCK)}
        found = set()
        with self.path.open("rb") as file:
            while block := file.read(BLOCK):
                if block in wanted:
                    found.add(block)
        return len(found)

    def debugfs(self, request: str) -> str:
        """Return what ext4's debugger says of a disk that was seized."""
        return subprocess.run(
            ["debugfs", "-R", request, self.path],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        ).stdout

    def inode(self, name: str) -> Inode:
        """Return what the file system has noted of a file on a disk that was seized."""
        said = self.debugfs(f"stat {name}")
        times = {
            found[1]: _time(int(found[2], 16), int(found[3], 16))
            for found in re.finditer(r"(\w+time): 0x([0-9a-f]+):([0-9a-f]+)", said)
        }
        blocks = re.search(r"\(0(?:-\d+)?\):(\d+)", said)
        return Inode(
            times["crtime"], times["mtime"], times["ctime"], int(blocks[1] if blocks else 0)
        )

    def commits(self) -> list[float]:
        """Return the times of what is in the journal of a disk that was seized, Unix seconds."""
        copy = self.path.with_name("journal")
        self.debugfs(f"dump <8> {copy}")
        journal, found = copy.read_bytes(), []
        for at in range(0, len(journal), BLOCK):
            magic, kind = struct.unpack_from(">II", journal, at)
            if (magic, kind) == (_JBD2, _COMMIT):
                seconds, nanoseconds = struct.unpack_from(">QI", journal, at + 48)
                found.append(seconds + nanoseconds / 1e9)
        return sorted(found)


def _time(low: int, high: int) -> float:
    """Return a time as ext4 has it: 32 bits of seconds, two more, and 30 of nanoseconds."""
    return low + ((high & 3) << 32) + (high >> 2) / 1e9
