"""Every input that was kept is read as it should be, at a bounded cost: no fuzzer needed."""

import pytest

from tests.fuzz.corpus import FOLDER, kept
from tests.fuzz.target import Target, load, names
from tests.fuzz.watching import memory_of, steps_of

#: Steps from line to line in our own code, for an input of a few kilobytes; and bytes held at once.
_STEPS = 250_000
_MEMORY = 16 << 20
#: Who reads an answer sets aside what the longest may have.
_MORE_MEMORY = {"answers": 80 << 20}


@pytest.fixture(params=names())
def target(request: pytest.FixtureRequest) -> Target:
    return load(request.param)


def test_every_kept_input_is_read_as_it_should_be(target: Target) -> None:
    for data in [*target.seeds(), *kept(target.name)]:
        assert len(data) <= target.longest
        target.one_input(data)


def test_no_kept_input_costs_much(target: Target) -> None:
    limit = _MORE_MEMORY.get(target.name, _MEMORY)
    for data in [*target.seeds(), *kept(target.name)]:
        assert sum(steps_of(target.one_input, data).values()) < _STEPS
        assert memory_of(target.one_input, data) < limit


def test_every_kept_input_is_of_a_target() -> None:
    assert {path.name for path in FOLDER.iterdir()} <= set(names())


def test_what_is_kept_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000
