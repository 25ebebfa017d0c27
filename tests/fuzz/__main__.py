"""A long run: `python -m tests.fuzz`, which `make fuzz` calls; `--help` says how."""

import argparse
import base64
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.fuzz.corpus import keep, kept
from tests.fuzz.running import Fuzzed, fuzz, is_guided
from tests.fuzz.target import load, names
from tests.fuzz.watching import least


def main() -> int:
    options = _options()
    targets = options.target or names()
    how = "Guided by coverage" if is_guided() else "By chance alone: there is no atheris here"
    print(f"{how}. Seed {options.seed}.")
    print(f"{'target':<14} {'executions':>12} {'a second':>9} {'new':>5}")
    total, findings = 0, []
    for one, seconds in _fuzzed(targets, options):
        total += one.executions
        found = "  a finding" if one.finding is not None else ""
        rate = one.executions / seconds
        line = f"{one.name:<14} {one.executions:>12,} {rate:>9,.0f} {len(one.found):>5}{found}"
        print(line, flush=True)
        if one.finding is not None:
            findings.append((one, one.finding))
        elif options.keep:
            _keep(one)
    print(f"{'all':<14} {total:>12,}")
    for one, finding in findings:
        print(f"\n{one.name}: {one.said}")
        print(f"The input, as a line of tests/fuzz/corpus/{one.name}:")
        print(base64.b64encode(finding).decode())
    return 1 if findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help="all, if none is given")
    parser.add_argument("--time", type=int, default=600, help="seconds in all (%(default)s)")
    parser.add_argument("--runs", type=int, default=0, help="executions of each target, instead")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what leads anew")
    return parser.parse_args()


def _fuzzed(targets: list[str], options: argparse.Namespace) -> Iterator[tuple[Fuzzed, float]]:
    """Yield what came of each target, and the seconds that it took, as they end."""
    seconds = max(1, options.time * options.jobs // len(targets))

    def one(name: str) -> tuple[Fuzzed, float]:
        begun = time.monotonic()
        done = fuzz(load(name), seed=options.seed, runs=options.runs, seconds=seconds)
        return done, time.monotonic() - begun

    with ThreadPoolExecutor(options.jobs) as pool:
        yield from pool.map(one, targets)


def _keep(one: Fuzzed) -> None:
    """Keep the least of what is kept and what is new that leads wherever all of it does."""
    target = load(one.name)
    keep(one.name, least(target.one_input, [*target.seeds(), *kept(one.name), *one.found]))


if __name__ == "__main__":
    sys.exit(main())
