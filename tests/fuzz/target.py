"""What is fuzzed: a module in ``targets`` for each parser, found there without a list."""

import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).with_name("targets")


@dataclass(frozen=True)
class Target:
    """One parser.

    Attributes:
        one_input: reads one input; whatever it raises is a finding.
        seeds: inputs to begin with.
        longest: bytes of the longest input that is tried.
        rate: executions that a slow machine does in a second.
    """

    name: str
    one_input: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    longest: int
    rate: int


@cache
def names() -> list[str]:
    """Return the names of all targets."""
    found = (module.name for module in pkgutil.iter_modules([str(FOLDER)]))
    return sorted(name for name in found if not name.startswith("_"))


def load(name: str) -> Target:
    """Import a target, and what it reads."""
    module = import_module(f"{__package__}.targets.{name}")
    return Target(name, module.one_input, module.seeds, module.LONGEST, module.RATE)
