"""The front of an envelope, as a server without keys looks at it (P2.3)."""

from collections.abc import Iterator

from intake.front import check_front, is_size, slots_of
from intake.wire.errors import Malformed, Truncated
from tests.fuzz.recipes import contract, expand
from tests.vectors.makers import envelope as made
from tests.wire import model

LONGEST = 2_048
RATE = 5_000

_SLOTS = [slot for (_, key), slot in sorted(made.slots().items()) if key == "three"]
_ZEROS = bytes(4_096)


def one_input(data: bytes) -> None:
    front = expand(data[8:], [*_SLOTS, _ZEROS])
    size = int.from_bytes(data[:8], "big")
    assert (_outcome(front)) == _modelled(front)
    sizes = {n: (size - -(-(42 + 1168 * n) // 4096) * 4096) for n in (1, 3, 4, 32)}
    for slots, payload in sizes.items():
        chunks, rest = divmod(payload, 65_536)
        # The model's logarithm is exact for as many chunks as a disk takes.
        fits = rest == 0 and chunks >= 1 and (chunks > 1 << 40 or model.padme(chunks) == chunks)
        assert chunks > 1 << 40 or is_size(size, slots) == fits


def _outcome(front: bytes) -> str:
    try:
        check_front(front)
        assert 1 <= slots_of(front) <= 32
    except Malformed:
        return "malformed"
    except Truncated:
        return "truncated"
    return "success"


def _modelled(front: bytes) -> str:
    """Say what the model does of an envelope that goes no further than its header."""
    outcome = model.read_envelope(front, []).outcome
    return "success" if outcome == "not for us" else outcome


def seeds() -> Iterator[bytes]:
    for names in ("a", "abc"):
        for size in (4_096 + 65_536, 4_096 + 10 * 65_536, 0, (1 << 64) - 1):
            head = made.header_of(names, "three")
            yield size.to_bytes(8, "big") + contract(head, _SLOTS).rstrip(b"\0")
            yield size.to_bytes(8, "big") + contract(head, [*_SLOTS, _ZEROS])[: LONGEST - 8]
