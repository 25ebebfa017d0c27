"""Programs that are not ours, and know nothing of us: tuspy, and tus-js-client in Node."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.uploader.uploader import Uploader

from intake.wire.envelope import PAGE
from tests.newsroom import Desk, Operator, Server
from tests.newsroom.http import free_port
from tests.uploads.program import Program, Sealed, seal

SCRIPT = Path(__file__).with_name("client.mjs")
PACKAGES = Path(__file__).resolve().parents[1] / "browser" / "node_modules"
PATIENCE = 60


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path, Desk())


@pytest.fixture
def listen() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def sealed(operator: Operator) -> Sealed:
    return seal(operator.desk, 3_000_000)


@pytest.fixture
def file(tmp_path: Path, sealed: Sealed) -> Path:
    path = tmp_path / "plan.pdf"
    path.write_bytes(sealed.envelope)
    return path


def check(operator: Operator, sealed: Sealed) -> None:
    """The desk has what was sealed, once, and nothing is left of the sending."""
    [opened] = operator.desk.open_all(operator.collect())
    assert (opened.content == sealed.content, opened.truncated) == (True, False)
    assert list((operator.home / "store" / "uploads").iterdir()) == []


# --- tuspy ------------------------------------------------------------------------------------


@contextmanager
def tuspy(listen: str, file: Path, **options: Any) -> Iterator[Uploader]:
    """Return tuspy's uploader of a file; it leaves what it opens itself open."""
    client = TusClient(f"http://{listen}/uploads")
    with file.open("rb") as stream:
        yield client.uploader(file_stream=stream, metadata={"filename": file.name}, **options)


@pytest.mark.parametrize("chunk", [300_001, 10**8])
def test_tuspy_uploads(
    operator: Operator, sealed: Sealed, file: Path, listen: str, chunk: int
) -> None:
    with operator.serve(listen=listen), tuspy(listen, file, chunk_size=chunk) as uploader:
        uploader.upload()
        assert uploader.get_offset() == sealed.size
    check(operator, sealed)


def test_tuspy_goes_on_after_the_server_was_killed(
    operator: Operator, sealed: Sealed, file: Path, listen: str
) -> None:
    with operator.serve(listen=listen) as server, tuspy(listen, file, chunk_size=70_000) as first:
        first.upload(stop_at=500 * PAGE)
        server.kill()
    with operator.serve(listen=listen), tuspy(listen, file, url=first.url) as again:
        assert again.offset == first.offset == 500 * PAGE
        again.upload()
    check(operator, sealed)


# --- tus-js-client ----------------------------------------------------------------------------


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not on PATH")
    if not (PACKAGES / "tus-js-client").is_dir():
        pytest.fail("tests/browser/node_modules is missing; in tests/browser: npm ci")
    return found


def start(node: str, file: Path, listen: str, options: dict[str, Any]) -> subprocess.Popen[str]:
    command = [node, SCRIPT, PACKAGES, file, f"http://{listen}/uploads", json.dumps(options)]
    return subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(client: subprocess.Popen[str]) -> str:
    """Return the last line that the client prints."""
    output, errors = client.communicate(timeout=PATIENCE)
    assert (client.returncode, errors) == (0, "")
    return output.splitlines()[-1]


OPTIONS: dict[str, dict[str, Any]] = {
    "in one request": {},
    "in chunks": {"chunkSize": 300_001},
    "beginning with the creation": {"uploadDataDuringCreation": True, "chunkSize": 300_001},
    "with POST alone": {"overridePatchMethod": True},
    "with metadata": {"metadata": {"filename": "plan.pdf"}},
    "on three connections": {"parallelUploads": 3},
    "on three connections, in chunks": {"parallelUploads": 3, "chunkSize": 100_000},
}


@pytest.mark.parametrize("how", OPTIONS)
def test_tus_js_client_uploads(
    operator: Operator, sealed: Sealed, file: Path, listen: str, node: str, how: str
) -> None:
    with operator.serve(listen=listen):
        url = end(start(node, file, listen, OPTIONS[how]))
        assert Program(listen).offset(url.removeprefix(f"http://{listen}")) == sealed.size
    check(operator, sealed)


@pytest.mark.parametrize("how", ["in chunks", "on three connections, in chunks"])
def test_tus_js_client_goes_on_after_the_server_was_killed(
    operator: Operator, sealed: Sealed, file: Path, listen: str, node: str, how: str
) -> None:
    with operator.serve(listen=listen) as server:
        client = start(node, file, listen, OPTIONS[how])
        killed_at = kill_in_the_middle(client, server, sealed.size)
    assert 0 < killed_at < sealed.size
    with operator.serve(listen=listen):
        end(client)
    check(operator, sealed)


def kill_in_the_middle(client: subprocess.Popen[str], server: Server, size: int) -> int:
    """Kill the server when a third has been sent, and return how much it was then."""
    assert client.stdout is not None
    for line in client.stdout:
        if int(line) > size / 3:
            server.kill()
            return int(line)
    raise AssertionError("nothing was sent")
