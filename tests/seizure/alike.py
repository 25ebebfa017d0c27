"""Which files have bytes in common that the others have not: whatever is of one source might."""

from collections import Counter, defaultdict
from collections.abc import Mapping

#: Bytes in a row that two have in common only if they were put there: longer than what is the
#: same in all, and a number that grows.
WINDOW = 16


def alike(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return for each file that is like others the first of them, by their names.

    Bytes that half of them have, of those with names of a length, are the format's, as zeros are.
    """
    having: dict[bytes, list[str]] = defaultdict(list)
    for name, content in files.items():
        for window in {content[at : at + WINDOW] for at in range(len(content) - WINDOW + 1)}:
            if window.count(0) < WINDOW // 2:
                having[window].append(name)
    first = {name: name for name in files}
    of_length = Counter(map(len, files))
    for names in having.values():
        lengths = Counter(map(len, names))
        if all(2 * count <= of_length[length] for length, count in lengths.items()):
            _join(first, names)
    groups = {name: _first(first, name) for name in files}
    sizes = list(groups.values())
    return {name: group for name, group in groups.items() if sizes.count(group) > 1}


def _join(first: dict[str, str], names: list[str]) -> None:
    least = _first(first, names[0])
    for name in names[1:]:
        first[_first(first, name)] = least


def _first(first: dict[str, str], name: str) -> str:
    while first[name] != name:
        name = first[name]
    return name
