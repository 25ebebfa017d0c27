"""Memory that is shared by all uploads, and by threads that take from it at once."""

from typing import Any

from intake.sealing import _Buffers


class TakenMeanwhile(list[memoryview]):
    """A list that looks as if it had one more, as it does to a thread that was overtaken."""

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return 1


def test_a_buffer_that_another_thread_took_meanwhile_is_made_anew() -> None:
    buffers: Any = _Buffers()
    buffers._free = TakenMeanwhile()
    assert len(buffers.take(4_096)) == 4_096


def test_a_buffer_comes_back_whole_and_one_too_small_is_left() -> None:
    buffers = _Buffers()
    buffer = buffers.take(8_192)
    buffers.give_back(buffer[:4_096])
    assert len(buffers.take(4_096)) == 8_192
    buffers.give_back(buffer[:4_096])
    assert len(buffers.take(16_384)) == 16_384
