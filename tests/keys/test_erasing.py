"""The vault that was there before: written over, whatever cuts that off."""

import itertools
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from keys import disk, erasing
from keys.desk import at_work, vault_of
from keys.desk_keys import DeskKeys
from keys.errors import VaultError
from keys.files import write_durably
from keys.vault import Passphrase
from tests.keys.newsroom import PASSPHRASE, Newsroom
from tests.keys.years import GONE, OVER, TODAY, Clock, keyring, opened, private


def held(path: Path) -> Callable[[], bytes]:
    """Hold a file open; return what reads it, wherever its name has gone."""
    descriptor = os.open(path, os.O_RDONLY)
    return lambda: os.pread(descriptor, 1 << 20, 0)


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchanged", "put over"])
@pytest.mark.parametrize("command", ["destroying", "renewing", "a new passphrase", "a keyring"])
def test_the_vault_that_was_there_before_is_written_over(
    newsroom: Newsroom,
    root: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    exchanges: bool,
) -> None:
    path = root if command == "a keyring" else newsroom.desk / "vault"
    opened(newsroom, clock, OVER)
    before, old = path.read_bytes(), held(path)
    if not exchanges:
        monkeypatch.setattr(disk, "_rename", lambda *_: 22)
    if command == "destroying":
        opened(newsroom, clock, GONE)
    elif command == "renewing":
        assert newsroom.keys("renew", newsroom.desk).code == 0
    elif command == "a keyring":
        keyring(newsroom, root)
    else:
        new = newsroom.folder / "new passphrase"
        new.write_text("another seven words that nobody has put in a row\n")
        options = ("--new-passphrase-file", new, "--strength", "light")
        assert newsroom.keys("passphrase", newsroom.desk, *options).code == 0
    assert path.read_bytes() != before
    assert old() == bytes(len(before))
    assert not path.with_name(f".{path.name}.partial").exists()


def test_an_old_vault_that_a_crash_left_is_erased_by_the_next_command(newsroom: Newsroom) -> None:
    left = newsroom.desk / ".vault.partial"
    shutil.copy(newsroom.desk / "vault", left)
    size, old = left.stat().st_size, held(left)
    assert newsroom.keys("threads", newsroom.desk).code == 0
    assert old() == bytes(size)
    assert not left.exists()


def test_a_file_that_is_replaced_is_whole_whenever_that_is_cut_off(tmp_path: Path) -> None:
    path, chance = tmp_path / "vault", random.Random(3)
    path.write_bytes(bytes(5_000))
    left = 0
    for _ in range(40):
        child = os.fork()
        if not child:
            for number in itertools.count(1):
                erasing.replace(path, bytes([number % 255 + 1]) * 5_000)
                erasing.forget_partial(path)
        time.sleep(chance.random() * 0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = path.read_bytes()
        assert found == found[:1] * 5_000
        left += (tmp_path / ".vault.partial").exists()
        erasing.forget_partial(path)
        assert list(tmp_path.iterdir()) == [path]
        assert path.read_bytes() == found
    assert left >= 5


def test_a_vault_that_cannot_be_written_is_as_it_was(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (newsroom.desk / "vault").read_bytes()
    monkeypatch.setattr(disk, "_rename", lambda *_: 5)
    ran = newsroom.keys("renew", newsroom.desk, "--days", 900)
    assert ran.code == 1
    assert "What was there before is unchanged." in ran.err
    assert (newsroom.desk / "vault").read_bytes() == before
    assert not (newsroom.desk / ".vault.partial").exists()


def test_what_another_command_wrote_to_the_vault_meanwhile_is_not_undone(
    newsroom: Newsroom,
) -> None:
    late = vault_of(newsroom.desk, Passphrase(PASSPHRASE))
    assert newsroom.keys("renew", newsroom.desk, "--days", 900).code == 0
    renewed = private(newsroom.desk)
    late.change(lambda content: DeskKeys.parse(content).without({TODAY}).serialise(), os.urandom)
    assert private(newsroom.desk).epochs == renewed.epochs[1:]
    late.change(lambda content: content, os.urandom)
    new = newsroom.folder / "new passphrase"
    new.write_text("another seven words that nobody has put in a row\n")
    options = ("--new-passphrase-file", new, "--strength", "light")
    assert newsroom.keys("passphrase", newsroom.desk, *options).code == 0
    with pytest.raises(VaultError, match="changed meanwhile"):
        late.change(lambda content: content, os.urandom)


def test_a_vault_is_not_rewritten_while_another_command_is_at_work(newsroom: Newsroom) -> None:
    with at_work(newsroom.desk):
        for command in (("renew",), ("passphrase", "--new-passphrase-file", newsroom.passphrase)):
            ran = newsroom.keys(command[0], newsroom.desk, *command[1:])
            assert "Another command is at work" in ran.err


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An ext4 file system in a file."""
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.truncate(24 << 20)
    if subprocess.run(["mkfs.ext4", "-q", path], capture_output=True, check=False).returncode:
        pytest.skip("needs mkfs.ext4")
    return path


def on_the_disk(image: Path, act: Callable[[Path], bytes]) -> bool:
    """Do something on the file system; whether the image then has the bytes that were returned."""
    place = image.with_name("disk")
    place.mkdir(exist_ok=True)
    mount = ["mount", "-o", "loop", str(image), str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        looked_for = act(place)
    finally:
        subprocess.run(["umount", place], check=True)
    raw = image.read_bytes()
    # Not the header of it, which the next vault has too.
    pieces = [looked_for[at : at + 48] for at in range(64, len(looked_for) - 48, 48)]
    assert len(pieces) > 20
    return any(piece in raw for piece in pieces)


def test_no_block_of_the_disk_has_the_old_vault(
    newsroom: Newsroom, image: Path, clock: Clock
) -> None:
    def destroying(place: Path) -> bytes:
        desk = place / "edda"
        newsroom.new(desk, "Edda")
        old = (desk / "vault").read_bytes()
        for day in (OVER, GONE):
            clock(day)
            stick = newsroom.stick
            assert newsroom.keys("open", desk, stick).code == 0
        assert TODAY not in [epoch.first_day for epoch in private(desk).epochs]
        return old

    assert not on_the_disk(image, destroying)


def test_control_a_vault_that_is_merely_replaced_is_found_on_the_disk(
    newsroom: Newsroom, image: Path
) -> None:
    def replacing(place: Path) -> bytes:
        desk = place / "edda"
        newsroom.new(desk, "Edda")
        old = (desk / "vault").read_bytes()
        write_durably(desk / "vault", os.urandom(len(old)), replace=True)
        return old

    assert on_the_disk(image, replacing)
