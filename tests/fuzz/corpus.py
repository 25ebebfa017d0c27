"""The kept inputs: a file for each target in ``corpus/``, one input a line, in base64.

Text, so that git and a reviewer see what comes and goes; in one file, so that they stay a few.
"""

import base64
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")


def kept(name: str) -> list[bytes]:
    """Return the inputs that are kept for a target."""
    path = FOLDER / name
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [base64.b64decode(line, validate=True) for line in lines]


def keep(name: str, inputs: Iterable[bytes]) -> None:
    """Keep these inputs and no others, the shortest first."""
    ordered = sorted(set(inputs), key=lambda one: (len(one), one))
    lines = [base64.b64encode(one).decode() + "\n" for one in ordered]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text("".join(lines), "ascii")
