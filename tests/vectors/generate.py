"""Writes every vector anew, the same each time: `python -m tests.vectors.generate [FOLDER]`.

Slots of HPKE cannot be made twice the same, so they are kept in `slots`, one a line; with
`--slots` that file is made anew, which changes every envelope.
"""

import sys
from pathlib import Path

from tests.vectors.makers import (
    codename,
    dispatch,
    envelope,
    keyring,
    labels,
    pack,
    record,
    reply,
    resumable,
)
from tests.vectors.vector import Vector

HERE = Path(__file__).parent
MAKERS = {
    "codename": codename.vectors,
    "dispatch": dispatch.vectors,
    "editor": keyring.editors,
    "envelope": envelope.vectors,
    "keyring": keyring.keyrings,
    "labels": labels.derivations,
    "manifest": pack.manifests,
    "pack": pack.packs,
    "padme": labels.buckets,
    "record": record.vectors,
    "reply": reply.vectors,
    "resumable": resumable.vectors,
    "signature": labels.signatures,
}


def write(folder: Path) -> None:
    """Write every vector into a folder for each kind, and nothing else."""
    for kind, make in MAKERS.items():
        made: dict[str, Vector] = make()
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        for path in place.iterdir():
            path.unlink()
        for name, vector in made.items():
            (place / name).write_text(vector.text(), encoding="ascii")


if __name__ == "__main__":
    if "--slots" in sys.argv:
        envelope.wrap_slots()
    write(Path(sys.argv[1]) if sys.argv[1:] and sys.argv[1] != "--slots" else HERE)
