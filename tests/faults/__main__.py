"""A long run: `python -m tests.faults`, which `make faults` calls; `--help` says how."""

import argparse
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults.campaign import Campaign, NotRecovered, table
from tests.faults.disk import failing_disk
from tests.faults.faults import FAULTS
from tests.onion.offline import OfflineTor

MEGABYTES = 300
#: Things that are wrong, after which there is enough to do.
_ENOUGH = 20


def main() -> int:
    options = _options()
    print(f"Seed {options.seed}.", flush=True)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)
            )
        )
        disk = stack.enter_context(failing_disk(folder, MEGABYTES, options.seed))
        campaign = Campaign(folder, disk, _tor(folder, stack), options.seed, _say)
        stack.callback(campaign.close)
        begun = time.monotonic()
        try:
            campaign.begin()
            while time.monotonic() < begun + options.time and len(campaign.judge.wrong) < _ENOUGH:
                campaign.round(*options.fault)
            campaign.end()
        except NotRecovered as error:
            print(f"It did not recover: {error}")
        print(f"\n{table(campaign)}")
        if options.verbose:
            for counted in (campaign.judge.statuses, campaign.judge.messages):
                print("", *(f"{n:>8}  {what}" for what, n in sorted(counted.items())), sep="\n")
        for wrong in campaign.judge.wrong:
            print(f"\nWRONG: {wrong}")
    print(f"\nSeed {options.seed}.")
    return 1 if campaign.judge.wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("fault", nargs="*", help="in each round these, and not some at random")
    parser.add_argument("--time", type=int, default=600, help="seconds (%(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--verbose", action="store_true", help="say what all people were told")
    options = parser.parse_args()
    unknown = set(options.fault) - set(FAULTS)
    if unknown:
        parser.error(f"no such fault: {unknown}; there are {', '.join(FAULTS)}")
    return options


def _tor(folder: Path, stack: ExitStack) -> OfflineTor | None:
    if shutil.which("tor") is None:
        return None
    place = folder / "tor"
    place.mkdir()
    tor = OfflineTor(place)
    tor.start()
    stack.callback(tor.stop)
    return tor


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
