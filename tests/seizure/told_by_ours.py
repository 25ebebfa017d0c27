"""What the examiner states of a server of ours: by the names, sizes and times of ciphertext alone.

It is known how the server works. So everything is taken that a file system kept of it: each life of
each file, from its birth in the stock to its deletion, in all versions that the journal still has.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from intake.wire.envelope import CHUNK, TAG, header_size
from tests.seizure.alike import alike
from tests.seizure.disk import read_unseen
from tests.seizure.ext4 import Ext4
from tests.seizure.image import PAGE, Image
from tests.seizure.lives import SECOND, Life, lives
from tests.seizure.marks import authors, marks
from tests.seizure.statement import Reply, Statement, Thing

#: Seconds between two files of one submission, and between a delivery and what else it did.
_TOGETHER = 0.06
_DELIVERY = 0.7


def statement(
    home: Path, raw: Ext4, image: Image, editors: Sequence[bytes], tick: int
) -> Statement:
    """Read a server of ours.

    Args:
        home: its folder, mounted.
        image: all that lies on the device.
        editors: their keys, which are public.
        tick: seconds of one.
    """
    envelopes = lives(raw, _inodes(home, "ready", "shelf"))
    replies = lives(raw, _inodes(home, "replies"))
    source_of = alike(_beginnings(home))
    things = _things(envelopes, source_of, tick, len(editors))
    delivered = [time for life in replies if (time := _delivered(life)) is not None]
    delivered += [time for life in envelopes if (time := life.ended) is not None]
    editor_at = _editors_at(_clusters(delivered, _DELIVERY), _deliverers(image, editors))
    return Statement(
        things,
        [_reply(life, source_of, editor_at) for life in replies],
        len(set(source_of.values())) or None,
        _by_tick(things),
        dict(Counter(_deliverers(image, editors))),
    )


def _beginnings(home: Path) -> dict[str, bytes]:
    """Return the name and the first page of all that lies there."""
    store = home / "store"
    found = {}
    for path in (*(store / "shelf").iterdir(), *(store / "replies").iterdir()):
        # One that begins with a point is half-written.
        with suppress(FileNotFoundError, ValueError):
            found[path.name] = bytes.fromhex(path.name) + read_unseen(path, PAGE)
    return found


def _things(
    envelopes: Iterable[Life], source_of: Mapping[str, str], tick: int, editors: int
) -> list[Thing]:
    """Take for one submission what arrived within moments."""
    times = [time for life in envelopes if (time := life.begun) is not None]
    cluster_of = {
        time: number
        for number, cluster in enumerate(_clusters(times, _TOGETHER))
        for time in cluster
    }
    things = []
    for life in envelopes:
        time = life.begun
        # What arrives in a tick is given the beginning of the next.
        shelved = None if life.tick is None else life.tick - tick
        things.append(
            Thing(
                life.name,
                source_of.get(life.name),
                None if time is None else cluster_of[time],
                time,
                shelved if time is None else int(time) // tick * tick,
                _content(life.size, editors),
            )
        )
    return things


def _reply(life: Life, source_of: Mapping[str, Hashable], editor_at: dict[float, int]) -> Reply:
    delivered = _delivered(life)
    begun = [begin for begin in editor_at if delivered is not None and begin <= delivered]
    return Reply(
        source_of.get(life.name),
        editor_at[max(begun)] if begun else None,
        delivered,
        life.read,
        life.ended,
    )


def _delivered(life: Life) -> float | None:
    """Return when a reply was delivered: else its file was made for it, or is older."""
    if life.begun is not None or not life.versions:
        return life.begun
    return life.versions[0].born / SECOND


def _inodes(home: Path, *folders: str) -> set[int]:
    return {(home / "store" / folder).stat().st_ino for folder in folders}


def _content(size: int, editors: int) -> int:
    """Return the most that an envelope of a size can hold: all, if it were not filled up."""
    payload = size - header_size(editors)
    return payload - -(-payload // CHUNK) * TAG


def _by_tick(things: Iterable[Thing]) -> dict[int, float]:
    """Count submissions: what belongs together where that is known, else half of the envelopes."""
    ticks: dict[int, float] = defaultdict(float)
    known = {thing.submission: thing for thing in things if thing.submission is not None}
    for thing in known.values():
        ticks[thing.tick or 0] += 1
    for thing in things:
        if thing.submission is None and thing.tick is not None:
            ticks[thing.tick] += 0.5
    return ticks


def _clusters(times: list[float], gap: float) -> list[list[float]]:
    """Return times in groups between which there is more than a gap."""
    ordered = sorted(times)
    clusters = [ordered[:1]] if ordered else []
    for before, time in pairwise(ordered):
        if time - before > gap:
            clusters.append([])
        clusters[-1].append(time)
    return clusters


def _deliverers(image: Image, editors: Sequence[bytes]) -> list[int]:
    """Return who delivered, each time that is still told of."""
    ordered = sorted(editors)
    return [editors.index(ordered[one]) for one in authors(marks(image, ordered))]


def _editors_at(deliveries: list[list[float]], deliverers: list[int]) -> dict[float, int]:
    """Return who delivered from which moment on, where there are as many of both."""
    if len(deliveries) != len(deliverers):
        return {}
    return {times[0]: editor for times, editor in zip(deliveries, deliverers, strict=True)}
