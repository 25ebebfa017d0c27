"""How fast a real Firefox seals: with machine code made of the script, and without."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from deploy.script import find_node
from intake.wordlists import words
from tests import script
from tests.bench.table import Row, progress, rate
from tests.browser.preferences import SAFER, Preference
from tests.newsroom import Desk
from tests.newsroom.desk import today
from tests.script.page import Page, page

_MIB = 1024 * 1024
_GROWTH = 64


@dataclass(frozen=True)
class _Level:
    """How a browser is set, and what it has to reach.

    Attributes:
        least: MB/s.
        slower: how many times less is sealed, so that it takes about as long.
    """

    name: str
    preferences: Mapping[str, Preference]
    least: int
    slower: int


_LEVELS = (
    _Level("browser: sealing alone", {}, 30, 1),
    _Level('browser at "Safer", no JIT: sealing alone', SAFER, 2, 20),
)


def measure(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    """Yield the rows: how fast each level seals, what it remembers, and a codename's price."""
    folder.mkdir()
    node, made, content = find_node(), folder / "page.js", folder / "content"
    node.install()
    node.bundle(Path(script.__file__).with_name("page.ts"), made)
    with content.open("wb") as file:
        file.truncate(size)
    for level in _LEVELS:
        with ExitStack() as running:
            profile = folder / f"profile-{level.least}"
            profile.mkdir()
            shown = running.enter_context(page(made.read_bytes(), profile, level.preferences))
            shown.choose(content)
            yield from _rows(shown, level, size // level.slower, rounds)


def _rows(shown: Page, level: _Level, size: int, rounds: int) -> Iterator[Row]:
    shown.ask("start", integrity=shown.integrity)
    codename = shown.ask("draw", words=words("en"))
    opened = shown.ask("open", codename=codename, keyring=Desk().signed_keyring(), day=today())
    # Until then the browser may still be making machine code.
    shown.ask("seal", most=size // 10)
    before, after, speeds = shown.memory(), [], []
    for number in range(rounds):
        progress(f"  round {number + 1} of {rounds}")
        sealed = shown.ask("seal", most=size)
        speeds.append(sealed["bytes"] / sealed["seconds"])
        after.append(shown.memory())
    seconds = [size / speed for speed in speeds]
    missed = "" if median(speeds) >= level.least * 1e6 else ", missed"
    yield Row(level.name, rate(size, seconds), "", f"≥ {level.least} MB/s{missed}")
    # The least, since what is not collected yet comes and goes.
    growth = (min(after) - before) / _MIB
    missed = "" if growth <= _GROWTH else ", missed"
    yield Row("  its memory grew by", f"{growth:.0f} MiB", "", f"≤ {_GROWTH} MiB{missed}")
    yield Row("  Argon2id of a codename", f"{opened['seconds']:.1f} s")
