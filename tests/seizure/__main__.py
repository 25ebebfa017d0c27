"""``python -m tests.seizure``: the examiner's table, for this server beside a plain one.

``SUBMISSIONS=1000`` in the environment for more of them, ``SUITE=gpg`` for the other suite,
``ONLY=here`` for this server alone.
"""

import os
import random
import secrets
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest

from tests.seizure.examiner import Make, month_and_seizure
from tests.seizure.ours import Ours
from tests.seizure.plan import DAYS, plan
from tests.seizure.table import table
from tests.seizure.theirs import Theirs

_SUBMISSIONS = 100
_TICK = 4
#: Seconds that a submission takes of a day, and megabytes of the disk, both with room to spare.
_SECONDS_EACH = 0.2
_MEGABYTES_EACH = 1.5
_LEAST_MEGABYTES = 700


def main() -> None:
    """Print the table."""
    submissions = int(os.environ.get("SUBMISSIONS") or _SUBMISSIONS)
    seed = int(os.environ.get("SEED") or secrets.randbits(32))
    month = plan(submissions, DAYS, random.Random(seed))
    ours: Make = partial(Ours, tick=_TICK, openpgp=os.environ.get("SUITE") == "gpg")
    columns = {}
    designs: dict[str, Make] = {"plain": Theirs, "here": ours}
    only = os.environ.get("ONLY")
    for name, make in designs.items():
        if only and name != only:
            continue
        print(f"{submissions} submissions: {name} (SEED={seed})", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            columns[name] = month_and_seizure(
                make,
                month,
                Path(folder),
                tick=_TICK,
                seconds=max(float(_TICK), submissions / DAYS * _SECONDS_EACH),
                megabytes=_LEAST_MEGABYTES + int(submissions * _MEGABYTES_EACH),
            )
    print(table(columns))


if __name__ == "__main__":
    try:
        main()
    except pytest.skip.Exception as error:
        sys.exit(f"It takes root, and loop devices: {error}")
