"""The web processes need no network: they run where there is no interface, on unix sockets."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator, Source
from tests.newsroom.http import File, connect, request
from tests.newsroom.server import ROOT, environment

_PATIENCE = 30.0


@pytest.fixture(scope="module")
def operator(tmp_path_factory) -> Operator:
    """An operator of their own: HOME is served by one server at a time."""
    return Operator(tmp_path_factory.mktemp("operator"), Desk())


@pytest.fixture(scope="module")
def alone(operator) -> Iterator[int]:
    """A server in a network namespace without interfaces; its process's number."""
    # Without root the namespace takes one of users as well.
    into = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*into, "true"], capture_output=True).returncode != 0:
        pytest.skip("may not make a network namespace here")
    serve = [sys.executable, "-m", "intake", "serve", str(operator.home)]
    listen = ["--listen", where(operator, "sources")]
    listen += ["--listen-couriers", where(operator, "couriers")]
    process = subprocess.Popen(
        [*into, *serve, *listen],
        cwd=ROOT,
        env=environment(operator.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        for name in ("sources", "couriers"):
            until_it_listens(process, where(operator, name))
        yield process.pid
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def where(operator: Operator, name: str) -> str:
    return f"unix:{operator.folder / name}.sock"


def until_it_listens(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return connect(address).close()
        except OSError:
            time.sleep(0.02)
    raise AssertionError("the server did not start")


def table(pid: int, name: str) -> list[str]:
    """Return the lines of one of the namespace's tables, without their heads."""
    lines = Path(f"/proc/{pid}/net/{name}").read_text().splitlines()
    return [line.split()[0] for line in lines[2 if name == "dev" else 1 :]]


def test_there_is_no_way_out_where_it_runs(alone):
    assert table(alone, "dev") == ["lo:"]
    assert table(alone, "route") == []


def test_it_holds_no_socket_but_files(alone, operator):
    Source(where(operator, "sources")).send("a message")
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet"):
        assert table(alone, name) == []


def test_a_source_is_served_all_the_same(alone, operator):
    source = Source(where(operator, "sources"))
    assert source.send("a message", [File("a.bin", b"a file")]).status == 200
    contents = [one.content for one in operator.desk.open_all(operator.collect())]
    assert b"a file" in contents


def test_so_is_a_courier(alone, operator):
    assert request(where(operator, "couriers"), "GET", "/envelopes").status == 401
