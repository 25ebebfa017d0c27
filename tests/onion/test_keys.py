"""Onion keys and folders: Tor reads them as its own."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.tor.errors import KeysForbidden
from intake.tor.folder import OnionFolder
from intake.tor.keys import KEY_FILE, OnionKey, VisitorKey, is_address
from tests.newsroom.operator import is_root
from tests.onion.offline import OfflineTor


def test_tor_gives_our_key_the_address_that_we_give_it(
    offline_tor: OfflineTor, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        key = OnionKey.of(os.urandom(32))
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        (folder / KEY_FILE).write_bytes(key.files()[KEY_FILE])
        (folder / KEY_FILE).chmod(0o600)
        offline_tor.ask(f'SETCONF HiddenServiceDir={folder} HiddenServicePort="80 127.0.0.1:1"')
        for file, content in key.files().items():
            assert (folder / file).read_bytes() == content


@given(seed=st.binary(min_size=32, max_size=32))
def test_a_key_is_read_as_it_was_written(seed: bytes) -> None:
    key = OnionKey.of(seed)
    assert OnionKey.parse(key.files()[KEY_FILE]) == key
    assert is_address(key.address)
    visitor = VisitorKey(seed)
    assert VisitorKey.parse(visitor.encoded) == visitor
    assert seed.hex() not in repr(key) + repr(visitor)


@given(data=st.data())
def test_an_address_with_a_slip_is_none(data: st.DataObject) -> None:
    address = OnionKey.of(bytes(32)).address
    at = data.draw(st.integers(0, 55))
    slip = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda c: c != address[at])
    )
    # Two bytes of checksum: one slip in 65,536 is not told, and none of these is.
    assert not is_address(address[:at] + slip + address[at + 1 :])


@given(text=st.text(max_size=70))
def test_what_is_no_address_and_no_key_is_none(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ValueError, match="not a key"):
        VisitorKey.parse(text)


def test_the_keys_are_made_once(home: Path) -> None:
    first = OnionFolder(home, os.urandom).services()
    assert first == OnionFolder(home, os.urandom).services()
    assert first[0].address != first[1].address
    for path in (home / "onion").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_the_key_alone_is_enough_to_restore_an_onion(home: Path) -> None:
    before = OnionFolder(home, os.urandom).services()
    (home / "onion" / "sources" / "hostname").unlink()
    assert OnionFolder(home, os.urandom).services() == before


def test_a_damaged_key_is_told_and_never_replaced(home: Path) -> None:
    OnionFolder(home, os.urandom).services()
    key = home / "onion" / "sources" / KEY_FILE
    key.write_bytes(b"nothing")
    with pytest.raises(KeysForbidden, match="damaged"):
        OnionFolder(home, os.urandom).services()
    assert key.read_bytes() == b"nothing"


def test_the_couriers_onion_is_never_open_to_everybody(home: Path) -> None:
    folder = OnionFolder(home, os.urandom)
    folder.services()
    assert list(folder.visitors()) == ["_nobody.auth"]
    folder.admit("one", VisitorKey(os.urandom(32)).public)
    assert folder.dismiss("one")
    assert not folder.dismiss("one")
    assert list(folder.visitors()) == ["_nobody.auth"]
    # Restored from a backup of the keys alone.
    (home / "onion" / "couriers" / "authorized_clients" / "_nobody.auth").unlink()
    folder.services()
    assert list(folder.visitors()) == ["_nobody.auth"]


@pytest.mark.skipif(not is_root(), reason="only root can be somebody else")
def test_root_hands_the_keys_to_the_user_that_tor_runs_as(home: Path) -> None:
    folder = OnionFolder(home, os.urandom)
    folder.services()
    folder.hand_to(65_534)
    folder.admit("one", VisitorKey(os.urandom(32)).public)
    assert {path.stat().st_uid for path in (home / "onion").rglob("*")} == {65_534}


@pytest.mark.skipif(not is_root(), reason="only root can be somebody else")
def test_keys_of_another_user_are_told_with_the_way_out(home: Path) -> None:
    OnionFolder(home, os.urandom).services()
    home.chmod(0o755)
    for parent in home.parents:
        if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/pytest"):
            parent.chmod(0o755)
    os.seteuid(65_534)
    try:
        with pytest.raises(KeysForbidden, match="cannot be used: Permission denied") as caught:
            OnionFolder(home, os.urandom).services()
    finally:
        os.seteuid(0)
    assert "the user that Tor runs as" in caught.value.hint
