"""Through Tor: a folder over four circuits to an onion, on the private network."""

from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator, Server
from tests.sender.arrived import arrived
from tests.sender.conftest import write
from tests.sender.source import Source
from tests.tor import socks
from tests.tor.network import PrivateNetwork


@pytest.mark.slow
def test_a_folder_is_sent_over_four_circuits_and_replies_come_back(
    private_network: PrivateNetwork,
    desk: Desk,
    operator: Operator,
    server: Server,
    source: Source,
    tmp_path: Path,
) -> None:
    write(tmp_path / "leak" / "large", 30_000_000)
    write(tmp_path / "leak" / "small", 1_000)
    host, port = private_network.client_socks
    with private_network.onion(server.address) as onion:
        socks.published(lambda: socks.connect((host, port), onion).close())
        tor = ("--socks", f"{host}:{port}")
        done = source.send(onion, tmp_path / "leak", *tor)
        assert done.returncode == 0, done.stderr
        replies = source.replies(onion, *tor)
    assert replies.stdout == "There are no replies.\n"
    found = arrived(desk, operator, tmp_path)
    assert found.wrong == []
    assert found.files == {"leak/large": 30_000_000, "leak/small": 1_000}


def test_without_tor_it_says_which_port_does_not_answer(source: Source, tmp_path: Path) -> None:
    write(tmp_path / "x", 10)
    onion = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
    with source.saying(onion, tmp_path / "x", "--socks", "127.0.0.1:1") as process:
        assert process.stderr is not None
        said = process.stderr.readline()
    assert "Nothing answers at Tor's SOCKS port 127.0.0.1:1. Start Tor" in said
