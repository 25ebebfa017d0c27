"""The table: what is found, in numbers of how many there are."""

from collections.abc import Iterable, Mapping, Sequence

from tests.seizure.examiner import DEVICE, FILES, Findings

_STATES = ("disk", "journal wiped", "running")


def table(columns: Mapping[str, Findings]) -> str:
    """Return a table of facts, three columns for each design: its disk twice, and its processes."""
    heads = [f"{name}: {state}" for name in columns for state in _STATES]
    facts = list(dict.fromkeys(fact for one in columns.values() for fact in one.off))
    rows = [["", *heads]]
    for fact in facts:
        rows.append([fact])
        for one in columns.values():
            rows[-1] += [str(state.get(fact, "-")) for state in (one.off, one.wiped, one.running)]
    for where in next(iter(columns.values())).hits:
        rows.append([f"places of secrets in {where}"])
        for one in columns.values():
            hits = f"{one.hits[where]:,} in {_megabytes(one.seized[where])}"
            is_off = where in (FILES, DEVICE)
            rows[-1] += [hits, "-", "-"] if is_off else ["-", "-", hits]
    held = [f"{name} holds open: {', '.join(one.open_files)}" for name, one in columns.items()]
    around = [
        f"{name} had in memory {text}" for name, one in columns.items() for text in one.around
    ]
    return "\n".join([*_lines(rows), "", *held, *around])


def _lines(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
