"""A disk that loses power: what was not synced is gone, as if the plug had been pulled.

ext4 can be told to stop in the middle of everything, without writing its journal or anything else
that is still in memory.
"""

import fcntl
import os
import struct
import subprocess

from tests.newsroom import disks

#: From linux/ext4.h: EXT4_IOC_SHUTDOWN, and to flush nothing when it is done.
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


class Disk(disks.Disk):
    """A disk with a plug."""

    def lose_power(self) -> None:
        """Stop: from now on everything fails, and what was not on the disk never will be."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def come_back(self) -> None:
        """Mount again, when nobody uses it any more."""
        subprocess.run(["umount", self.place], check=True)
        self.mount()
