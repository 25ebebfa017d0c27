"""An editor's own GnuPG: a home in memory with one key pair, as on the offline machine."""

import io
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO


class GnupgHome:
    """A home with a new key in it. ``close`` it, so that no agent and no key stays behind."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        # The agent's socket lies in there: its path has to be short.
        self.path = Path(tempfile.mkdtemp(prefix="desk", dir=memory if memory.is_dir() else None))
        self.run("--quick-generate-key", "Editor <editor@localhost>", "future-default", "default")
        self.public = self.run("--export")

    def run(self, *arguments: str | Path) -> bytes:
        """Run gpg and return what it prints."""
        return subprocess.run(
            ["gpg", *self._options(), *map(str, arguments)],
            env=self._env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        ).stdout

    def decrypt(self, path: Path) -> BinaryIO:
        """Return the plaintext as far as it goes: an envelope that was cut off gives the rest."""
        done = subprocess.run(
            ["gpg", *self._options(), "--decrypt", str(path)],
            env=self._env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return io.BytesIO(done.stdout)

    def close(self) -> None:
        """Stop the agent and forget the key."""
        subprocess.run(["gpgconf", "--kill", "all"], env=self._env(), check=False, timeout=20)
        shutil.rmtree(self.path, ignore_errors=True)

    def _options(self) -> list[str]:
        return ["--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]

    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.path), "LC_ALL": "C"}
