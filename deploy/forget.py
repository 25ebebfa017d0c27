"""Has the file system forget when things came: ``forget.py FOLDER`` wipes the journal of its ext4.

ext4 notes each change in a journal before it makes it, with the time to a millisecond and less,
and keeps that until the journal comes round: for weeks on a quiet server. This has the kernel
(Linux 5.14 or later) finish what is in it, and write zeros over it; nothing else. It takes
CAP_SYS_ADMIN, which no process that speaks with anybody should have; hence a timer of its own.
"""

import errno
import fcntl
import os
import struct
import sys

#: From linux/ext4.h: EXT4_IOC_CHECKPOINT, and its flag to write zeros.
_CHECKPOINT = 0x4004662B
_ZEROOUT = 2
#: What another file system says, and an older kernel.
_UNKNOWN = (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL)


def forget(folder: str) -> None:
    """Wipe the journal of the file system that a folder is in; raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
        fcntl.ioctl(descriptor, _CHECKPOINT, struct.pack("I", _ZEROOUT))
    finally:
        os.close(descriptor)


def main() -> int:
    """Run it; 1 where nothing was forgotten."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: forget.py FOLDER\n")
        return 2
    try:
        forget(sys.argv[1])
    except OSError as error:
        sys.stderr.write(f"{sys.argv[1]}: {error.strerror}\n")
        if error.errno in _UNKNOWN:
            sys.stderr.write("Only ext4, under Linux 5.14 or later, can be made to forget.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
