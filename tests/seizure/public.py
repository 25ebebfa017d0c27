"""What is public: the text of the programs that a server runs, in which any two words may meet."""

import re
import sysconfig
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
#: Of the standard library, what no server imports.
_ELSEWHERE = {"site-packages", "test", "tests", "idlelib", "lib2to3", "ensurepip", "turtledemo"}


def programs() -> Iterator[bytes]:
    """Yield the sources of Python's library, of the packages that are pinned, and our own."""
    library = Path(sysconfig.get_path("stdlib"))
    for path in library.rglob("*.py"):
        if not _ELSEWHERE.intersection(path.relative_to(library).parts):
            yield path.read_bytes()
    for name in _PINNED.findall((ROOT / "requirements" / "intake.txt").read_text()):
        for file in files(name) or ():
            if file.suffix == ".py":
                yield Path(file.locate()).read_bytes()
    for path in (ROOT / "intake").rglob("*.py"):
        yield path.read_bytes()
