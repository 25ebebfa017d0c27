"""A newsroom that is failed in every way once: what was acknowledged is there, and all is clear.

`make faults TIME=3600` goes on for an hour. The seed is printed, and ``SEED=...`` takes it again.
"""

import os
from pathlib import Path
from time import sleep

import pytest

from tests.faults.campaign import Campaign, table
from tests.faults.disk import failing_disk
from tests.onion.offline import OfflineTor
from tests.uploads.program import wait_until

MEGABYTES = 300


@pytest.fixture
def seed() -> int:
    number = int(os.environ.get("SEED", "1"))
    print(f"SEED={number}")
    return number


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_whatever_fails(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "tor"
    place.mkdir()
    tor = OfflineTor(place)
    tor.start()
    with failing_disk(tmp_path, MEGABYTES, seed) as disk:
        campaign = Campaign(tmp_path, disk, tor, seed, print)
        try:
            campaign.begin()
            while not campaign.has_had_its_turn():
                campaign.round()
            campaign.end()
        finally:
            campaign.close()
            tor.stop()
    with capsys.disabled():
        print(f"\n{table(campaign)}")
    assert campaign.judge.wrong == []


@pytest.mark.slow
def test_a_disk_that_lies_is_found_out(tmp_path: Path, seed: int) -> None:
    """The looking itself: where flushed blocks are lost, as a cheap disk may do, it is noticed."""
    with failing_disk(tmp_path, MEGABYTES, seed) as disk:
        campaign = Campaign(tmp_path, disk, None, seed, print)
        try:
            campaign.begin()
            disk.trouble(lies=True)
            before = len(campaign.ledger.stored)
            campaign.people.begin(campaign.chance, lambda: sleep(0.1))
            wait_until(lambda: len(campaign.ledger.stored) > before)
            campaign.people.stop()
            campaign.machine.halt()
            disk.lose_power(kept=0)
            campaign.failing.needs_restart = True
            campaign.recover()
            campaign.check()
        finally:
            campaign.close()
    assert any("acknowledged contents are lost" in wrong for wrong in campaign.judge.wrong)
