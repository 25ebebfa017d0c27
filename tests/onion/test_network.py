"""The whole way on a private Tor network: pages, couriers, keys, and Tor's death in the middle."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from intake.courier.ticket import Ticket
from intake.tor.keys import VisitorKey
from intake.wire.envelope import ID_BYTES, envelope_id
from intake.wire.record import Ending
from tests.newsroom import Desk, File, Operator, Source
from tests.newsroom.http import form_parts, head, multipart, read_answer
from tests.newsroom.server import ROOT, environment
from tests.onion.commands import Running
from tests.tor.control import Control
from tests.tor.network import PrivateNetwork
from tests.tor.socks import OnionConnection, SocksError, connect, published

pytestmark = pytest.mark.slow

MIB = 1 << 20


@dataclass
class Onions:
    """A newsroom's server behind its two onions."""

    network: PrivateNetwork
    operator: Operator
    server: Running
    sources: str
    couriers: str

    def add(self, name: str) -> tuple[Ticket, Path]:
        """Add a courier."""
        path = self.operator.folder / f"ticket-{name}"
        done = self.operator.run("couriers", "add", self.operator.home, name, "--ticket", path)
        assert done.returncode == 0, done.stderr
        return Ticket.read(path), path

    def control(self) -> Control:
        """Return a connection to the server's tor."""
        address = self.network.service_control
        return Control(address.path, address.cookie)

    def wait_until_published_anew(self, times: int) -> None:
        """Wait until the keeper has said so often that the couriers' onion is published."""
        self.server.hear("^couriers +http", times)


@pytest.fixture(scope="module")
def onions(
    private_network: PrivateNetwork, tmp_path_factory: pytest.TempPathFactory, desk: Desk
) -> Iterator[Onions]:
    """A newsroom behind onions, for all tests of the file."""
    folder = tmp_path_factory.mktemp("onions")
    operator = Operator(folder, desk)
    control = str(private_network.service_control.path)
    with Running(folder, "serve", operator.home, "--control", control) as server:
        sources = server.hear(r"^sources +http://(\S+)")[1]
        couriers = server.hear(r"^couriers +http://(\S+)")[1]
        yield Onions(private_network, operator, server, sources, couriers)


def page(socks: tuple[str, int], host: str, path: str = "/", token: str = "") -> tuple[int, bytes]:
    """Return status and body of a page."""
    connection = OnionConnection(socks, host)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def reached(socks: tuple[str, int], host: str, path: str = "/", token: str = "") -> int:
    """Return the status of a page, however often Tor has to be asked on a busy machine."""
    for _ in range(2):
        with suppress(TimeoutError):
            return published(lambda: page(socks, host, path, token))[0]
    return published(lambda: page(socks, host, path, token))[0]


def opens(socks: tuple[str, int], host: str, path: str, token: str) -> bool:
    """Return whether a tor reaches an onion within some seconds."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        try:
            return page(socks, host, path, token)[0] == 200
        except SocksError:
            time.sleep(0.5)
    return False


def pull(ticket: Path, folder: Path, socks: tuple[str, int], *more: str) -> "subprocess.Popen[str]":
    """Begin a pull."""
    command = [sys.executable, "-m", "intake", "courier", "pull", str(ticket), str(folder)]
    return subprocess.Popen(
        [*command, "--socks", f"{socks[0]}:{socks[1]}", *more],
        cwd=ROOT,
        env=environment(ticket.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fetched(folder: Path) -> int:
    """Return the bytes that have come into a folder."""
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except FileNotFoundError:
        return 0


def test_a_page_comes_through_the_onion_and_says_no_more_than_directly(onions: Onions) -> None:
    status, body = published(lambda: page(onions.network.client_socks, onions.sources))
    assert status == 200
    assert b"The Gazette" in body


def test_the_descriptor_asks_for_proof_of_work(onions: Onions) -> None:
    from stem.descriptor.hidden_service import HiddenServiceDescriptorV3

    with onions.control() as control:
        text = control.info(f"hs/service/desc/id/{onions.sources.removesuffix('.onion')}")
        options = control.ask("GETCONF HiddenServiceOptions")
    inner = HiddenServiceDescriptorV3.from_str(text).decrypt(onions.sources)
    assert "pow-params v1 " in str(inner)
    # Others may publish through the same tor.
    ours = f"HiddenServiceDir={onions.operator.home}/"
    starts = [at for at, line in enumerate(options) if line.startswith("HiddenServiceDir=")]
    groups = [options[at:end] for at, end in zip(starts, [*starts[1:], None], strict=True)]
    mine = [group for group in groups if group[0].startswith(ours)]
    assert len(mine) == 2
    assert all("HiddenServiceEnableIntroDoSDefense=1" in group for group in mine)


def test_only_who_has_a_key_reaches_the_couriers_and_a_revoked_one_does_not(
    onions: Onions,
) -> None:
    (one, _), (other, _) = onions.add("key-one"), onions.add("key-other")
    wrong = VisitorKey(bytes(31) + b"\x01").encoded
    network, host = onions.network, onions.couriers
    with network.visitor("one", {host: one.key.encoded}) as visitor:
        assert reached(visitor.socks, host, "/envelopes", one.token) == 200
        assert page(visitor.socks, host, "/envelopes", "0" * 64)[0] == 401
        done = onions.operator.run("couriers", "revoke", onions.operator.home, "key-one")
        assert done.returncode == 0, done.stderr
        # Its tor still has the descriptor; the token opens nothing, from this moment on.
        assert page(visitor.socks, host, "/envelopes", one.token)[0] == 401
    time.sleep(3)
    for name, keys in [("revoked", one.key.encoded), ("wrong", wrong), ("without", "")]:
        with network.visitor(name, {host: keys} if keys else {}) as visitor:
            assert not opens(visitor.socks, host, "/envelopes", other.token), name
    with network.visitor("other", {host: other.key.encoded}) as visitor:
        assert reached(visitor.socks, host, "/envelopes", other.token) == 200


def test_envelopes_come_and_a_dispatch_goes_through_the_onion(
    onions: Onions, desk: Desk, tmp_path: Path
) -> None:
    _, path = onions.add("carrier")
    source = Source(f"unix:{onions.operator.home / 'run' / 'sources.sock'}")
    assert source.send("Hello.", [File("a file", bytes(300_000))]).status == 200
    time.sleep(1.5)
    control = str(onions.network.client_control.path)
    socks = onions.network.client_socks
    stick = tmp_path / "stick"
    process = pull(path, stick, socks, "--control", control)
    said, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    assert said == "2 envelopes fetched, 0 there already.\n"
    opened = desk.open_all(stick)
    assert sorted(len(one.content) for one in opened) == [6, 300_000]
    dispatch = tmp_path / "dispatch"
    dispatch.write_bytes(desk.dispatch(receipts=sorted(stick.iterdir())))
    done = onions.operator.run(
        *("courier", "push", path, dispatch, "--socks", f"{socks[0]}:{socks[1]}")
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 replies delivered.\n2 envelopes deleted on a receipt.\n"
    again = onions.operator.run(
        *("courier", "push", path, dispatch, "--socks", f"{socks[0]}:{socks[1]}")
    )
    assert (again.returncode, "delivered already" in again.stderr) == (1, True)


def test_an_upload_under_way_survives_a_reload_of_tor_and_a_new_courier(onions: Onions) -> None:
    source = Source("")
    content = File("a file", bytes(3 * MIB))
    headers, body = multipart(form_parts(source.codename, None, [content]))
    headers |= {"Content-Length": str(len(body)), "Host": onions.sources, "Connection": "close"}
    with published(lambda: connect(onions.network.client_socks, onions.sources)) as sock:
        sock.sendall(head("POST", "/submit", headers) + body[:MIB])
        with onions.control() as control:
            control.ask("SIGNAL RELOAD")
        onions.add("while-uploading")
        time.sleep(3)
        sock.sendall(body[MIB : 2 * MIB])
        time.sleep(1)
        sock.sendall(body[2 * MIB :])
        assert read_answer(sock, "POST").status == 200


def as_a_person_tries(socks: tuple[str, int], host: str) -> socket.socket:
    """Return a connection to an onion whose tor was just started again.

    The first circuits still lead nowhere, some without a word: each try has one of its own.
    """
    deadline = time.monotonic() + 300
    number = 0
    while True:
        number += 1
        try:
            return published(partial(connect, socks, host, circuit=f"try {number}"))
        except (SocksError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def test_tor_that_is_killed_in_an_upload_leaves_what_had_come_and_the_source_sends_again(
    onions: Onions,
) -> None:
    source, network = Source(""), onions.network
    content = File("a file", os.urandom(3 * MIB))
    headers, body = multipart(form_parts(source.codename, None, [content]))
    headers |= {"Content-Length": str(len(body)), "Host": onions.sources, "Connection": "close"}
    times = onions.server.said.count("couriers  http")
    with published(lambda: connect(network.client_socks, onions.sources)) as sock:
        sock.sendall(head("POST", "/submit", headers) + body[: 2 * MIB])
        time.sleep(3)
        network.kill_service_tor()
    network.start_service_tor()
    onions.wait_until_published_anew(times + 1)
    with as_a_person_tries(network.client_socks, onions.sources) as sock:
        sock.sendall(head("POST", "/submit", headers) + body)
        assert read_answer(sock, "POST").status == 200
    capability = source.thread(onions.operator.desk.salt).capability
    opened = onions.operator.desk.open_all(onions.operator.collect())
    mine = [one for one in opened if one.header.capability == capability]
    cut, whole = sorted(mine, key=lambda one: len(one.content))
    assert (cut.trailer and cut.trailer.ending, whole.content) == (Ending.CUT, content.content)
    assert content.content.startswith(cut.content)
    assert len(cut.content) > MIB // 2


def test_tor_that_is_killed_in_a_pull_and_started_again_goes_on(
    onions: Onions, tmp_path: Path
) -> None:
    _, path = onions.add("patient")
    shelf = onions.operator.shelf
    for stored in shelf.iterdir():
        stored.unlink()
    content = os.urandom(48 * MIB)
    name = envelope_id(content[:ID_BYTES]).hex()
    (shelf / name).write_bytes(content)
    network, stick = onions.network, tmp_path / "stick"
    times = onions.server.said.count("couriers  http")
    process = pull(path, stick, network.client_socks, "--control", str(network.client_control.path))
    deadline = time.monotonic() + 60
    while fetched(stick) < 8 * MIB:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    network.kill_service_tor()
    onions.server.hear("^onion: (The connection to Tor has ended|Nothing answers)")
    network.start_service_tor()
    onions.wait_until_published_anew(times + 1)
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    assert (stick / name).read_bytes() == content
    assert "Trying again." in errors


def test_a_tor_of_the_servers_own_publishes(
    private_network: PrivateNetwork, desk: Desk, tmp_path: Path
) -> None:
    operator = Operator(tmp_path, desk)
    lines = tmp_path / "lines"
    lines.write_text("\n".join([*private_network.torrc, "ClientOnly 1", ""]))
    arguments = ("serve", operator.home, "--tor", "own", "--own-torrc", lines)
    with Running(tmp_path, *arguments) as server:
        host = server.hear(r"^sources +http://(\S+)")[1]
        assert reached(private_network.client_socks, host) == 200
