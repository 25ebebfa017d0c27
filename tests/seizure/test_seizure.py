"""A newsroom's month, seized: what an examiner states of this server, and of a plain one.

``make seizure`` prints all of it as a table, of as many submissions as one likes.
"""

import random
from functools import partial
from pathlib import Path

import pytest

from tests.seizure.examiner import PLACES, Findings, Make, month_and_seizure
from tests.seizure.ours import Ours
from tests.seizure.plan import plan
from tests.seizure.secrets_of import CODENAME
from tests.seizure.theirs import Theirs

#: A seed by which a month has all sorts of events, however short it is.
SEED = 3
MEGABYTES = 300
TICK = 2

pytestmark = pytest.mark.slow


def seized(make: Make, submissions: int, days: int, folder: Path) -> Findings:
    month = plan(submissions, days, random.Random(SEED))
    return month_and_seizure(make, month, folder, tick=TICK, seconds=1.0, megabytes=MEGABYTES)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Of this server."""
    return seized(partial(Ours, tick=TICK), 25, 5, tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Of the plain one."""
    return seized(Theirs, 9, 4, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("where", PLACES)
def test_no_canary_is_in(here: Findings, where: str) -> None:
    assert here.seized[where] > 10_000
    assert here.hits[where] == 0


def test_the_server_holds_no_file_open_but_its_lock_and_its_table(here: Findings) -> None:
    # The others are where a service manager has its output go.
    assert set(here.open_files) == {"HOME/lock", "HOME/store/remembered", "stdout", "stderr"}


@pytest.mark.parametrize(
    "fact",
    [
        "which things are of one source",
        "the exact size of each",
        "who was answered",
        "when each reply was read",
    ],
)
def test_it_is_not_to_be_told(here: Findings, fact: str) -> None:
    assert here.off[fact].of > 0
    assert here.off[fact].found == 0


@pytest.mark.parametrize(
    "fact",
    [
        "which things are of one submission",
        "when each thing came, exactly",
        "when each reply was deleted",
    ],
)
def test_it_is_not_to_be_told_where_the_journal_is_wiped(here: Findings, fact: str) -> None:
    assert here.off[fact].of > 0
    assert here.wiped[fact].found == 0


def test_the_examiner_finds_everything_on_the_plain_design(plain: Findings) -> None:
    # Of codenames it keeps hashes alone. Some come between two ticks.
    missing = {
        fact: str(score)
        for fact, score in plain.off.items()
        if fact != CODENAME and score.found < 0.8 * score.of
    }
    assert missing == {}
    assert min(plain.hits["the files"], plain.hits["the block image"]) > 1_000


def test_the_examiner_finds_in_the_memory_of_the_plain_design_what_was_sent(
    plain: Findings,
) -> None:
    assert plain.hits["the core dumps"] > 1_000
