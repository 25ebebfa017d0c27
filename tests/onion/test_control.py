"""Tor's control port, with a real tor that has no network."""

import os
import socket
import threading
from pathlib import Path

import pytest

from intake.onion import connect
from intake.tor.errors import (
    ControlForbidden,
    ControlMissing,
    KeysForbidden,
    TorLost,
    TorUnfit,
    WrongPassword,
)
from intake.tor.folder import OnionFolder
from intake.tor.keys import OnionKey, VisitorKey
from intake.tor.services import Limits, Service, torrc
from tests.newsroom.operator import is_root
from tests.onion.offline import OfflineTor
from tests.tor.control import hashed_password


def test_one_command_gives_every_defence(offline_tor: OfflineTor, home: Path) -> None:
    services = OnionFolder(home, os.urandom).services()
    with connect(offline_tor.control) as tor:
        assert not tor.serves(services)
        tor.publish(services)
        assert tor.serves(services)
    said = offline_tor.ask("GETCONF HiddenServiceOptions __ReloadTorrcOnSIGHUP")
    for line in [
        "HiddenServicePoWDefensesEnabled=1",
        "HiddenServicePoWQueueRate=25",
        "HiddenServicePoWQueueBurst=250",
        "HiddenServiceEnableIntroDoSDefense=1",
        "HiddenServiceEnableIntroDoSRatePerSec=25",
        "HiddenServiceEnableIntroDoSBurstPerSec=200",
        "HiddenServiceMaxStreams=32",
        "HiddenServiceMaxStreamsCloseCircuit=1",
        "HiddenServiceNumIntroductionPoints=5",
    ]:
        assert said.count(line) == 2, line
    assert "__ReloadTorrcOnSIGHUP=0" in said


def test_onions_of_others_stay_and_ours_can_be_taken_away(
    offline_tor: OfflineTor, home: Path, tmp_path: Path
) -> None:
    services = OnionFolder(home, os.urandom).services()
    theirs = tmp_path / 'their "own" onion'
    quoted = str(theirs).replace('"', '\\"')
    offline_tor.ask(f'SETCONF HiddenServiceDir="{quoted}" HiddenServicePort="22 127.0.0.1:22"')
    before = offline_tor.ask("GETCONF HiddenServiceOptions")
    with connect(offline_tor.control) as tor:
        tor.publish(services)
        tor.publish(services)
        said = offline_tor.ask("GETCONF HiddenServiceOptions")
        assert said[: len(before)] == before
        assert len(said) == len(before) + sum(len(one.options()) for one in services)
        tor.withdraw(services)
    assert offline_tor.ask("GETCONF HiddenServiceOptions") == before


def test_a_reload_of_tor_keeps_the_onions(offline_tor: OfflineTor, home: Path) -> None:
    services = OnionFolder(home, os.urandom).services()
    with connect(offline_tor.control) as tor:
        tor.publish(services)
        offline_tor.ask("SIGNAL RELOAD")
        assert tor.serves(services)


def test_other_limits_are_not_ours(offline_tor: OfflineTor, home: Path) -> None:
    one, other = OnionFolder(home, os.urandom).services()
    with connect(offline_tor.control) as tor:
        tor.publish([one, other])
        changed = Service(one.name, one.folder, one.socket, one.address, Limits(streams=8))
        assert not tor.serves([changed])
        tor.publish([changed, other])
        assert tor.serves([changed, other])


def test_the_printed_torrc_is_one(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    services = OnionFolder(home, os.urandom).services()
    folder = tmp_path_factory.mktemp("static")
    tor = OfflineTor(folder, tuple(torrc(services).splitlines()))
    tor.start()
    try:
        with connect(tor.control) as control:
            assert control.serves(services)
    finally:
        tor.stop()


def test_a_missing_control_socket_passes_by_itself(tmp_path: Path) -> None:
    with pytest.raises(ControlMissing) as caught:
        connect(str(tmp_path / "control"))
    assert caught.value.passes
    assert str(tmp_path / "control") in caught.value.message
    with pytest.raises(ControlMissing):
        connect("127.0.0.1:1")


@pytest.fixture
def with_password(tmp_path_factory: pytest.TempPathFactory):
    """A tor with a password and no cookie."""
    hashed = hashed_password("opens it", b"8 octets")
    lines = ("CookieAuthentication 0", f"HashedControlPassword {hashed}")
    tor = OfflineTor(tmp_path_factory.mktemp("tor"), lines)
    tor.node.start()
    yield tor
    tor.stop()


def patiently(address: str, password: str | None):
    """Connect to a tor that has just been started."""
    import time

    for _ in range(200):
        try:
            return connect(address, password)
        except ControlMissing:
            time.sleep(0.05)
    return connect(address, password)


def test_a_password_opens_and_a_wrong_one_is_told(with_password: OfflineTor) -> None:
    with patiently(with_password.control, "opens it") as tor:
        assert tor.version().startswith("0.")
        assert tor.user() == os.getuid()
    with pytest.raises(WrongPassword, match="does not take the password"):
        connect(with_password.control, "does not")
    with pytest.raises(WrongPassword, match="asks for a password"):
        connect(with_password.control)


@pytest.mark.skipif(not is_root(), reason="only root can be somebody else")
def test_a_socket_or_a_cookie_of_another_user_is_told(offline_tor: OfflineTor) -> None:
    folder = offline_tor.node.folder
    for parent in (folder, *folder.parents):
        if str(parent).startswith("/tmp/pytest"):
            parent.chmod(0o755)
    os.seteuid(65_534)
    try:
        with pytest.raises(ControlForbidden, match="not for this user"):
            connect(offline_tor.control)
        os.seteuid(0)
        offline_tor.node.control_socket.chmod(0o666)
        os.seteuid(65_534)
        with pytest.raises(ControlForbidden, match="cookie") as caught:
            connect(offline_tor.control)
        assert "--control-password-file" in caught.value.hint
    finally:
        os.seteuid(0)


def test_a_folder_that_tor_may_not_use_is_told(offline_tor: OfflineTor, home: Path) -> None:
    services = OnionFolder(home, os.urandom).services()
    (home / "onion" / "sources" / "authorized_clients").rmdir()
    (home / "onion" / "sources" / "authorized_clients").touch()
    with connect(offline_tor.control) as tor, pytest.raises(KeysForbidden) as caught:
        tor.publish(services)
    assert "--tor own" in caught.value.hint


def test_the_death_of_tor_is_told(offline_tor: OfflineTor, home: Path) -> None:
    services = OnionFolder(home, os.urandom).services()
    with connect(offline_tor.control) as tor:
        offline_tor.stop()
        with pytest.raises(TorLost):
            tor.serves(services)
        with pytest.raises(TorLost):
            tor.publish(services)


def test_a_tor_that_is_too_old_is_told(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "old"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)

    def old() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                answers = {
                    b"PROTOCOLINFO": b"250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250 OK\r\n",
                    b"AUTHENTICATE": b"250 OK\r\n",
                    b"GETCONF": b"250 HiddenServiceOptions\r\n",
                    b"GETINFO": b"250-version=0.4.5.1\r\n250 OK\r\n",
                    b"SETCONF": b"552 Unrecognized option: Unknown option "
                    b"'HiddenServicePoWDefensesEnabled'.  Failing.\r\n",
                }
                connection.sendall(answers[line.split()[0]])

    thread = threading.Thread(target=old)
    thread.start()
    with connect(str(path)) as tor, pytest.raises(TorUnfit, match="PoWDefensesEnabled") as caught:
        tor.publish(OnionFolder(home, os.urandom).services())
    thread.join()
    listener.close()
    assert "0.4.5.1" in caught.value.message
    assert "0.4.9" in caught.value.hint


def test_a_visitors_key_is_given_to_tor(offline_tor: OfflineTor) -> None:
    address = OnionKey.of(os.urandom(32)).address
    with connect(offline_tor.control) as tor:
        tor.add_visitor_key(address, VisitorKey(os.urandom(32)))
        tor.add_visitor_key(address, VisitorKey(os.urandom(32)))
        with pytest.raises(TorUnfit, match="does not take the key"):
            tor.add_visitor_key("nonsense", VisitorKey(os.urandom(32)))
    said = offline_tor.ask("ONION_CLIENT_AUTH_VIEW")
    assert any(address.removesuffix(".onion") in line for line in said)
