"""Chance without guidance, where there is no atheris: kept inputs, changed a little.

    python -m tests.fuzz.blind TARGET RUNS SEED

Ends as libFuzzer would: the input that led to a finding is written to ``finding-…`` in the working
folder, and the traceback to stderr.
"""

import random
import signal
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.fuzz.corpus import kept
from tests.fuzz.target import Target, load

#: Seconds for one input, on any machine.
PATIENCE = 20
#: Numbers at the edges of what formats have, in one to eight bytes.
_EDGES = [
    0,
    1,
    0x7F,
    0x80,
    0xFE,
    0xFF,
    0x100,
    0x7FFF,
    0xFFFF,
    1 << 31,
    (1 << 32) - 1,
    (1 << 64) - 1,
]


def changed(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return the input, changed in one place or in some."""
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((0, 1, 1, 2, 4, 16, 64)))
        data = data[:start] + _instead(data[start:end], others, chance) + data[end:]
    return data


def _instead(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return what comes in the place of a few bytes."""
    how = chance.randrange(6)
    if how == 0:
        return b""
    if how == 1:
        return bytes(byte ^ 1 << chance.randrange(8) for byte in data)
    if how == 2:
        edge = chance.choice(_EDGES)
        size = max(chance.choice((1, 2, 4, 8)), (edge.bit_length() + 7) // 8)
        return edge.to_bytes(size, chance.choice(("big", "little")))
    if how == 3:
        return data * chance.choice((2, 3, 40))
    if how == 4:
        other = chance.choice(others)
        start = chance.randint(0, len(other))
        return other[start : start + chance.choice((1, 4, 16, 256))]
    return chance.randbytes(chance.choice((1, 2, 8)))


def inputs(target: Target, seed: int) -> Iterator[bytes]:
    """Yield changed inputs for ever, the same for a seed."""
    chance = random.Random(seed)
    begin = [*target.seeds(), *kept(target.name)]
    while True:
        yield changed(chance.choice(begin), begin, chance)[: target.longest]


def main(name: str, runs: int, seed: int) -> int:
    target = load(name)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for done, data in enumerate(inputs(target, seed)):
        if done == runs:
            break
        signal.alarm(PATIENCE)
        try:
            target.one_input(data)
        except BaseException:
            Path(f"finding-{sha256(data).hexdigest()[:16]}").write_bytes(data)
            raise
        finally:
            signal.alarm(0)
    # As libFuzzer says it.
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
