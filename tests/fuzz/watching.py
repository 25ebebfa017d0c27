"""Where an input leads in our own code, and what it costs: counted, not timed."""

import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import multipart

_ROOT = Path(__file__).resolve().parents[2]
_WATCHED = (f"{_ROOT / 'intake'}/", f"{_ROOT / 'keys'}/", str(multipart.__file__))

#: A step: the code, the line that was left, and the line that was come to.
Step = tuple[CodeType, int, int]


def steps_of(read: Callable[[bytes], None], data: bytes) -> Counter[Step]:
    """Return how often each step was taken while an input was read."""
    steps: Counter[Step] = Counter()
    last: dict[FrameType, int] = {}

    def in_frame(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            steps[frame.f_code, last.get(frame, 0), frame.f_lineno] += 1
            last[frame] = frame.f_lineno
        elif event == "return":
            last.pop(frame, None)
        return in_frame

    def at_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return in_frame if frame.f_code.co_filename.startswith(_WATCHED) else None

    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        read(data)
    finally:
        sys.settrace(before)
    return steps


def memory_of(read: Callable[[bytes], None], data: bytes) -> int:
    """Return the most bytes that were held at once while an input was read."""
    tracemalloc.start()
    try:
        read(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def least(read: Callable[[bytes], None], inputs: list[bytes]) -> list[bytes]:
    """Return few inputs, and short ones, that together lead wherever all of them do."""
    seen: set[tuple[Step, int]] = set()
    chosen = []
    for one in sorted(inputs, key=lambda data: (len(data), data)):
        # A loop that is gone round twice as often is somewhere else.
        found = {(step, count.bit_length()) for step, count in steps_of(read, one).items()}
        if not found <= seen:
            seen |= found
            chosen.append(one)
    return chosen
