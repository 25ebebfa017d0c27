"""The store that is embedded, for its tests."""

import os
from pathlib import Path

from intake.store import DirectoryStore


def directory(folder: Path, reserve: int = 0) -> DirectoryStore:
    """Return the store in a folder, as a process does that starts."""
    return DirectoryStore(folder, reserve=reserve, token=os.urandom)
