"""What the system refuses, and names that would do something to a terminal: told, and no more."""

import errno
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from keys import files, receiving
from tests.keys.newsroom import Newsroom


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nkeys: b", "a\u202eb", "a\udcffb"])
def test_the_name_of_a_file_on_the_stick_does_nothing_to_the_terminal(
    newsroom: Newsroom, name: str
) -> None:
    (newsroom.stick / name).write_text("hello")
    newsroom.source().send(b"hello").rename(newsroom.stick / f"{name} 2")
    (newsroom.stick / f"{name} 2").write_bytes(b"intakeE1 damaged")
    ran = newsroom.open()
    assert len(ran.err.splitlines()) == 4
    assert all(line.isprintable() for line in ran.err.splitlines())


@pytest.mark.parametrize(("number", "says", "opened"), [
    # The other one may have been under way.
    (errno.ENOSPC, "The desk's disk takes no more", {0, 1}),
    (errno.EROFS, "The desk's disk takes no more", {0, 1}),
    (errno.EIO, "It cannot be kept: {place}: Input/output error", {1}),
])  # fmt: skip
def test_only_a_full_disk_stops_the_run(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, number: int, says: str, opened: set[int]
) -> None:
    newsroom.source().send(b"first")
    newsroom.source().send(b"second")
    failing = [OSError(number, os.strerror(number), "place")]

    def create(path: Path) -> BinaryIO:
        if failing:
            raise failing.pop()
        return files.create(path)

    monkeypatch.setattr(receiving, "create", create)
    ran = newsroom.open()
    assert ran.code == 1
    assert says.format(place="place") in ran.err
    assert len(ran.objects) in opened
    assert newsroom.open().code == 0
    assert sorted(newsroom.opened_files().values()) == [b"first", b"second"]


def test_what_the_system_refuses_is_told_with_its_place(newsroom: Newsroom) -> None:
    (newsroom.desk / "threads").rmdir()
    (newsroom.desk / "threads").write_text("no folder")
    ran = newsroom.open()
    assert ran.code == 1
    assert f"keys: {newsroom.desk / 'threads'}: File exists.\nhint: " in ran.err
    (newsroom.desk / "threads").unlink()
    (newsroom.desk / "ledger.jsonl").mkdir()
    ran = newsroom.open()
    assert ran.code == 1
    assert f"keys: {newsroom.desk / 'ledger.jsonl'}: Is a directory." in ran.err
