"""A short run against every parser, and what finds faults finds one. SEED=... makes another run."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fuzz.running import Fuzzed, fuzz, is_guided
from tests.fuzz.target import load, names

_SEED = int(os.environ.get("SEED", "1"))
#: Executions, as many as a slow machine does in so many seconds.
_SECONDS = 3


@pytest.mark.slow
def test_nothing_is_read_wrongly_by_chance() -> None:
    def short(name: str) -> Fuzzed:
        target = load(name)
        return fuzz(target, seed=_SEED, runs=_SECONDS * target.rate)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(short, names()))
    assert [(one.name, one.finding, one.said) for one in done if one.finding is not None] == []
    assert all(one.executions >= _SECONDS * load(one.name).rate for one in done)


@pytest.mark.parametrize("guided", [pytest.param(True, id="with-atheris"), False])
def test_a_fault_is_found_and_told(guided: bool) -> None:
    if guided and not is_guided():
        pytest.skip("atheris has wheels for x86-64 alone")
    done = fuzz(load("_planted"), seed=_SEED, runs=200_000, guided=guided)
    assert done.finding is not None
    assert "ZeroDivisionError: a part of three bytes" in done.said
    with pytest.raises(ZeroDivisionError):
        load("_planted").one_input(done.finding)


def test_the_same_seed_makes_the_same_run() -> None:
    runs = [fuzz(load("_planted"), seed=7, runs=200_000, guided=False) for _ in range(2)]
    assert runs[0].finding == runs[1].finding
