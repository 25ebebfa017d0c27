"""A source's machine has nothing but what ``requirements/send.txt`` pins."""

import subprocess
import venv
from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator
from tests.newsroom.server import ROOT
from tests.sender.source import Source


@pytest.mark.slow
def test_files_are_sent_and_replies_read_with_its_own_lock_alone(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    lock = ROOT / "requirements" / "send.txt"
    subprocess.run([*pip, "--only-binary", ":all:", "--require-hashes", "-r", lock], check=True)
    document = tmp_path / "document"
    document.write_bytes(b"The minutes of the meeting.")
    source = Source(tmp_path, python)
    operator = Operator(tmp_path, Desk())
    with operator.serve() as server:
        sent = source.send(server.address, document)
        assert sent.returncode == 0, sent.stderr
        read = source.replies(server.address)
        assert read.returncode == 0, read.stderr
    records = operator.desk.open_all(operator.collect())
    assert any(document.read_bytes() in record.content for record in records)
