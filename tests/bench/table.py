"""The table that is printed."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line: what was measured, its figure, its ratio to a floor, and what it must reach."""

    what: str
    measured: str
    ratio: str = ""
    target: str = ""


def show(rows: Iterable[Row]) -> None:
    """Print the table, line by line as it comes about."""
    _print("what", "measured", "ratio", "target")
    for row in rows:
        _print(row.what, row.measured, row.ratio, row.target)


def _print(what: str, measured: str, ratio: str, target: str) -> None:
    print(f"{what:<50}{measured:>14}{ratio:>7}  {target}".rstrip(), flush=True)


def progress(text: str) -> None:
    """Say on stderr what is going on."""
    print(text, file=sys.stderr, flush=True)


def rate(size: int, seconds: list[float]) -> str:
    """Return the median of so many bytes in each of these times."""
    megabytes = size / median(seconds) / 1e6
    return f"{megabytes:,.{1 if megabytes < 20 else 0}f} MB/s"


def share(floor: list[float], seconds: list[float]) -> float:
    """Return the median over the rounds of the floor's time to the time beside it, in percent."""
    return 100 * median(low / high for low, high in zip(floor, seconds, strict=True))


def at_least(percent: float, target: int) -> tuple[str, str]:
    """Return the cells of a ratio that has a target."""
    return f"{percent:.0f} %", f"≥ {target} %" + ("" if percent >= target else ", missed")
