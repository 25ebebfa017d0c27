"""GnuPG: an editor's key for the bench, and what ``gpg`` alone does through a pipe."""

import os
import subprocess
import time
from pathlib import Path

from intake.gpg import SEALING

_PIECE = 1024 * 1024


def make_key(home: Path) -> bytes:
    """Make an editor's key in a GnuPG home of its own, and return its public half."""
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet"]
    made = [*gpg, "--passphrase", "", "--quick-generate-key", "bench", "future-default", "-", "1d"]
    subprocess.run(made, check=True, capture_output=True)
    exported = subprocess.run([*gpg, "--export", "bench"], check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    return exported.stdout


def seal_through_pipe(home: Path, out: Path, size: int) -> float:
    """Return the seconds in which ``gpg`` takes so many bytes from a pipe and they are on the disk.

    Args:
        home: from ``make_key``.
        out: made anew, and deleted at the end.
    """
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--trust-model", "always"]
    command += [*SEALING, "--encrypt", "--recipient", "bench"]
    noise = memoryview(os.urandom(_PIECE))
    begun = time.perf_counter()
    with out.open("wb", buffering=0) as file:
        gpg = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, bufsize=0)
        assert gpg.stdin is not None
        with gpg.stdin as feed:
            left = size
            while left:
                left -= feed.write(noise[: min(left, _PIECE)]) or 0
        if gpg.wait():
            raise RuntimeError(f"gpg ended with {gpg.returncode}")
        os.fsync(file.fileno())
    seconds = time.perf_counter() - begun
    out.unlink()
    return seconds
