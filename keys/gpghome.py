"""Homes for GnuPG: one in memory that lives as long as it is used, and the editor's own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from keys.edge import Edge

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - memory, and short enough for the agent's socket
_PREFIX: Final = "keys-gpg-"
_AGENT: Final = "disable-scdaemon\nmax-cache-ttl 0\n"


@contextmanager
def temporary_home(edge: Edge) -> Iterator[Path]:
    """Give an empty home; at the end its agent is stopped and the home removed."""
    base = _MEMORY
    if not os.access(base, os.W_OK | os.X_OK):
        base = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - a folder of our own in it
        edge.say(
            f"There is no {_MEMORY}: the OpenPGP key lies under {base} while it is used. "
            "If that is a disk, it may leave traces there."
        )
    _remove_stale(base)
    home = base / f"{_PREFIX}{os.getpid()}-{edge.random(4).hex()}"
    home.mkdir(mode=0o700)
    try:
        (home / "gpg-agent.conf").write_text(_AGENT)
        yield home
    finally:
        _remove(home)


def _remove_stale(base: Path) -> None:
    """Remove what a killed process left."""
    for home in base.glob(f"{_PREFIX}*-*"):
        pid = home.name.removeprefix(_PREFIX).split("-")[0]
        if pid.isdigit() and not home.is_symlink() and home.stat().st_uid == os.getuid():
            try:
                os.kill(int(pid), 0)
            except ProcessLookupError:
                _remove(home)
            except PermissionError:
                continue


def _remove(home: Path) -> None:
    with suppress(FileNotFoundError):
        subprocess.run(
            ["gpgconf", "--homedir", home, "--kill", "all"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    shutil.rmtree(home, ignore_errors=True)
