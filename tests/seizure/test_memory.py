"""The running server is seized: its memory holds nothing of what it was sent and what it showed.

``SUBMISSIONS=1000`` in the environment for more of them.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.newsroom import Desk, GnupgHome, Operator, Server
from tests.newsroom.operator import is_root
from tests.newsroom.source import new_codename
from tests.seizure import image
from tests.seizure.canaries import Vocabulary
from tests.seizure.visits import Visits

SUBMISSIONS = int(os.environ.get("SUBMISSIONS", "24"))
#: For another suite, and for a server that does not forget.
FEW = 6
#: Images that are taken before it counts as kept; it is forgotten within a second or two.
LOOKS = 5

pytestmark = pytest.mark.skipif(
    not is_root(), reason="the server lets nobody but root look into it"
)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Desk:
    gnupg: GnupgHome | None = None
    if getattr(request, "param", "nacl") == "gpg":
        gnupg = request.getfixturevalue("gnupg")
    return Desk(gnupg=gnupg)


@pytest.fixture
def operator(tmp_path: Path, desk: Desk) -> Operator:
    return Operator(tmp_path, desk)


def seize(operator: Operator, server: Server, submissions: int, looks: int) -> Counter[str]:
    """Have a newsroom visited, and return what of it is in the server's memory then."""
    with Visits(operator, server.address, new_codename) as rehearsal:
        # What Python loads at the first visit of a sort has words in it as well.
        rehearsal.come(FEW)
    before = image.take(server.pid, operator.folder)
    vocabulary = Vocabulary(before)
    with Visits(operator, server.address, vocabulary.codename) as visits:
        visits.come(submissions)
        for _ in range(looks):
            seized = image.take(server.pid, operator.folder)
            found = visits.canaries.found(seized.since(before)) + vocabulary.found(seized)
            if not found:
                break
    print(f"{submissions} submissions, {len(visits.canaries)} canaries, {len(seized)} bytes")
    return found


@pytest.mark.parametrize(
    ("desk", "submissions"),
    [pytest.param("nacl", SUBMISSIONS, id="nacl"), pytest.param("gpg", FEW, id="gpg")],
    indirect=["desk"],
)
def test_nothing_is_left_in_memory(operator: Operator, submissions: int) -> None:
    with operator.serve() as server:
        assert seize(operator, server, submissions, LOOKS) == {}


def test_the_examiner_finds_all_of_it_in_a_server_that_does_not_wipe(operator: Operator) -> None:
    with operator.serve("--without-wiping") as server:
        found = seize(operator, server, FEW, 1)
    assert found["a message"] > 1_000
