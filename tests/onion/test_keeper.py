"""The keeper: what it says of a tor that is not as it should be, and how it recovers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.newsroom import Desk, Operator, Source, Upload
from tests.newsroom.http import connect
from tests.newsroom.operator import is_root
from tests.newsroom.server import ROOT, environment
from tests.onion.commands import Running, children, gone
from tests.onion.offline import OfflineTor
from tests.tor.control import Control


@pytest.fixture
def offline(tmp_path: Path) -> Path:
    """More lines of a torrc, for a tor that is to connect to nothing."""
    path = tmp_path / "offline"
    path.write_text("DisableNetwork 1\n")
    return path


def own_control(home: Path) -> Control:
    """Return a connection to the tor of a HOME's own."""
    return Control(home / "tor" / "control", home / "tor" / "data" / "control_auth_cookie")


def wait_for_own(home: Path, *, other_than: int = 0) -> int:
    """Wait until a HOME's own tor is told to serve its onions; return its process."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with own_control(home) as control:
                pid = int(control.info("process/pid"))
                said = control.ask("GETCONF HiddenServiceOptions")
                if f"HiddenServiceDir={home / 'onion' / 'couriers'}" in said and pid != other_than:
                    return pid
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_waits_for_tor_and_publishes_anew_after_its_death(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, home: Path
) -> None:
    tor = OfflineTor(tmp_path_factory.mktemp("tor"))
    with Running(tmp_path, "onion", home, "--control", tor.control) as keeper:
        keeper.hear("^onion: Nothing answers at Tor's control port")
        keeper.hear("^hint: Start Tor")
        try:
            tor.start()
            tor.wait_until_it_serves(home / "onion" / "sources")
            keeper.hear(r"^onion: Tor is connecting to its network \(0 %\)")
            tor.stop()
            keeper.hear("^onion: The connection to Tor has ended")
            tor.start()
            tor.wait_until_it_serves(home / "onion" / "sources")
            keeper.process.send_signal(signal.SIGTERM)
            assert keeper.process.wait(20) == 0
            # What it published stays: the web server and Tor go on.
            tor.wait_until_it_serves(home / "onion" / "sources")
        finally:
            tor.stop()
    assert "Traceback" not in keeper.said


def test_it_publishes_anew_what_somebody_took_away(
    offline_tor: OfflineTor, tmp_path: Path, home: Path
) -> None:
    with Running(tmp_path, "onion", home, "--control", offline_tor.control):
        offline_tor.wait_until_it_serves(home / "onion" / "sources")
        offline_tor.ask("RESETCONF HiddenServiceDir")
        offline_tor.wait_until_it_serves(home / "onion" / "sources")


def test_what_does_not_pass_by_itself_ends_it(
    offline_tor: OfflineTor, tmp_path: Path, home: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("wrong\n")
    command = ("onion", home, "--control", offline_tor.control)
    with Running(tmp_path, *command, "--control-password-file", password) as keeper:
        assert keeper.process.wait(30) == 1
    assert keeper.said.startswith("intake: Tor at ")
    assert "does not take the password" in keeper.said
    assert "hint: " in keeper.said


def test_it_says_whether_the_onions_are_published(
    offline_tor: OfflineTor, tmp_path: Path, home: Path
) -> None:
    with Running(tmp_path, "onion", home, "--check", "--control", offline_tor.control) as check:
        assert check.process.wait(30) == 1
    assert "Tor does not serve the onions." in check.said


def test_a_tor_of_its_own_is_started_again_and_ends_with_it(
    tmp_path: Path, home: Path, offline: Path
) -> None:
    arguments = ("onion", home, "--tor", "own", "--own-torrc", offline)
    with Running(tmp_path, *arguments) as keeper:
        first = wait_for_own(home)
        os.kill(first, signal.SIGKILL)
        second = wait_for_own(home, other_than=first)
        keeper.process.kill()
        keeper.process.wait()
        # At once, as if a service manager did it.
        with Running(tmp_path, *arguments) as next_keeper:
            third = wait_for_own(home, other_than=second)
            assert gone(second)
            next_keeper.process.terminate()
            assert next_keeper.process.wait(30) == 0
        assert gone(third)


def test_a_tor_of_its_own_that_does_not_start_ends_it(tmp_path: Path, home: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("NoSuchOption 1\n")
    with Running(tmp_path, "onion", home, "--tor", "own", "--own-torrc", broken) as keeper:
        assert keeper.process.wait(60) == 1
    assert "NoSuchOption" in keeper.said
    assert "The server's own tor does not start." in keeper.said


def served(operator: Operator) -> str:
    """Wait until the server listens behind its onions, and return its address for sources."""
    path = operator.home / "run" / "sources.sock"
    deadline = time.monotonic() + 30
    while True:
        try:
            connect(f"unix:{path}").close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return f"unix:{path}"


@pytest.fixture
def newsroom(tmp_path: Path, desk: Desk) -> Operator:
    """A newsroom with a HOME of its own."""
    return Operator(tmp_path, desk)


def test_an_upload_goes_on_while_tor_and_the_keeper_die(
    newsroom: Operator, tmp_path: Path, offline_tor: OfflineTor
) -> None:
    home = newsroom.home
    with Running(tmp_path, "serve", home, "--control", offline_tor.control) as server:
        address = served(newsroom)
        offline_tor.wait_until_it_serves(home / "onion" / "sources")
        with Upload(address, Source(address).codename, "a file", 2_000_000) as upload:
            upload.send(bytes(1_000_000))
            offline_tor.stop()
            server.hear("^onion: The connection to Tor has ended")
            (keeper,) = children(server.process.pid)
            os.kill(keeper, signal.SIGKILL)
            server.hear("^onion: the keeper has ended, and is started again")
            offline_tor.start()
            offline_tor.wait_until_it_serves(home / "onion" / "sources")
            upload.send(bytes(1_000_000))
            assert upload.finish().status == 200
        server.process.terminate()
        assert server.process.wait(30) == 0
    offline_tor.wait_until_it_serves(home / "onion" / "sources", served=False)


def test_the_keeper_ends_with_a_server_that_is_killed(
    newsroom: Operator, tmp_path: Path, offline_tor: OfflineTor
) -> None:
    with Running(tmp_path, "serve", newsroom.home, "--control", offline_tor.control) as server:
        offline_tor.wait_until_it_serves(newsroom.home / "onion" / "sources")
        (keeper,) = children(server.process.pid)
        server.process.kill()
        server.process.wait()
        assert gone(keeper)


def test_a_server_without_hope_of_an_onion_ends_and_says_why(
    newsroom: Operator, tmp_path: Path, offline_tor: OfflineTor
) -> None:
    password = tmp_path / "password"
    password.write_text("wrong\n")
    with Running(
        tmp_path,
        *("serve", newsroom.home, "--control", offline_tor.control),
        *("--control-password-file", password),
    ) as server:
        assert server.process.wait(30) == 1
    assert "does not take the password" in server.said
    assert "Traceback" not in server.said


def test_without_tor_both_services_are_on_their_sockets(newsroom: Operator, tmp_path: Path) -> None:
    with Running(tmp_path, "serve", newsroom.home, "--tor", "none") as server:
        assert Source(served(newsroom)).send("A message.").status == 200
        connect(f"unix:{newsroom.home / 'run' / 'couriers.sock'}").close()
        assert children(server.process.pid) == []
        mode = (newsroom.home / "run" / "sources.sock").stat().st_mode
        assert mode & 0o777 == 0o660


@pytest.mark.skipif(not is_root(), reason="only root makes network namespaces")
def test_the_web_process_needs_no_network(newsroom: Operator, tmp_path: Path) -> None:
    command = ["unshare", "--net", "--", sys.executable, "-m", "intake", "serve"]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            [*command, str(newsroom.home), "--tor", "none"],
            cwd=ROOT,
            env=environment(tmp_path),
            stderr=said,
        )
    try:
        assert Source(served(newsroom)).send("A message.").status == 200
        interfaces = Path(f"/proc/{process.pid}/net/dev").read_text().splitlines()[2:]
        # Not even a loopback that is up.
        assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]
        assert len(Path(f"/proc/{process.pid}/net/fib_trie").read_text().strip()) == 0
    finally:
        process.terminate()
        process.wait(30)
