"""What the commands say of themselves."""

import os
from pathlib import Path

import pytest

from tests.newsroom.operator import python_m_intake

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize("command", ["send", "replies"])
def test_help_says_what_it_did_when_it_was_last_looked_at(command: str, tmp_path: Path) -> None:
    """After a change that is meant: ``UPDATE_GOLDEN=1``."""
    done = python_m_intake(command, "--help", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    golden = GOLDEN / f"help-{command}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(done.stdout, "utf-8")
    assert done.stdout == golden.read_text("utf-8")
