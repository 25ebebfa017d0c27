"""What is said of whether all came: at the end of `keys open`, and later by `keys complete`."""

import json
import os
from pathlib import Path

import pytest

from tests.keys.newsroom import Newsroom
from tests.keys.packing import Sender, landed, piece, some_files


@pytest.fixture
def sender(newsroom: Newsroom) -> Sender:
    return Sender(newsroom)


def hide(*paths: Path) -> list[tuple[Path, bytes]]:
    """Take envelopes off the stick; return what to put back."""
    taken = [(path, path.read_bytes()) for path in paths]
    for path in paths:
        path.unlink()
    return taken


def rows(newsroom: Newsroom) -> list[dict[str, object]]:
    out = newsroom.keys("complete", newsroom.desk, "--json").out
    return [json.loads(line) for line in out.splitlines()]


def test_what_is_missing_is_said_until_a_later_stick_brings_it(sender: Sender) -> None:
    newsroom = sender.newsroom
    files = {**some_files(30, 2_000), "leak/film.mkv": os.urandom(90_000)}
    packs = sender.send(files, most=20_000)
    taken = hide(*packs[:3])
    said = newsroom.open().err
    assert f"3 of {len(packs)} packs are still missing, of 31 files" in said
    assert newsroom.open().err == f"Nothing new: {len(packs) - 2} envelopes, opened already.\n"
    assert [row["missing"] for row in rows(newsroom) if "missing" in row] == [3]

    for number, (path, data) in enumerate(taken, 1):
        path.write_bytes(data)
        said = newsroom.open().err
        if number == 2:
            assert f"1 of {len(packs)} packs is still missing, of 31 files" in said
    assert "complete: 31 files, 15" in said
    assert landed(newsroom) == files
    (row,) = rows(newsroom)
    assert row == {
        "thread": row["thread"], "day": row["day"], "files": 31, "missing": 0,
        "size": sum(map(len, files.values())), "packs": len(packs),
    }  # fmt: skip


def test_the_list_may_come_first_or_last_and_packs_are_opened_without_it(sender: Sender) -> None:
    newsroom = sender.newsroom
    sender.pack(piece("a.txt", b"a"))
    said = newsroom.open().err
    assert "no list of its packs has come yet, so more may follow." in said
    assert landed(newsroom) == {"a.txt": b"a"}
    listed = sender.manifest(1, 1)
    assert "complete: 1 file, 1 byte, in 1 pack." in newsroom.open().err

    hide(*newsroom.stick.iterdir())
    path = sender.pack(piece("b.txt", b"b"))
    taken = hide(path)
    sender.manifest(2, 2)
    assert "1 of 2 packs is still missing" in newsroom.open().err
    taken[0][0].write_bytes(taken[0][1])
    said = newsroom.open().err
    assert "complete: 1 file, 1 byte, in 1 pack." in said
    assert "complete: 2 files, 2 bytes, in 2 packs." in said
    assert not listed.exists()


def test_packs_of_another_source_complete_nothing(newsroom: Newsroom) -> None:
    one, other = Sender(newsroom), Sender(newsroom)
    one.pack(piece("a.txt", b"a"))
    other.digests = one.digests
    other.manifest(1, 1)
    said = newsroom.open().err
    assert "1 of 1 pack is still missing" in said
    assert "no list of its packs has come yet" in said


def test_a_list_that_came_twice_is_one(sender: Sender) -> None:
    newsroom = sender.newsroom
    sender.pack(piece("a.txt", b"a"))
    sender.manifest(1, 1)
    sender.manifest(1, 1)
    assert newsroom.open().code == 0
    assert len(rows(newsroom)) == 1


def test_a_cut_pack_does_not_count(sender: Sender) -> None:
    newsroom = sender.newsroom
    path = sender.pack(piece("a.bin", os.urandom(200_000)), piece("b.txt", b"b"))
    sender.manifest(2, 200_001)
    whole = path.read_bytes()
    path.write_bytes(whole[:100_000])
    assert "1 of 1 pack is still missing" in newsroom.open().err
    path.write_bytes(whole)
    assert "complete: 2 files" in newsroom.open().err


def test_a_list_that_is_cut_off_is_of_no_use_and_a_whole_one_is(sender: Sender) -> None:
    newsroom = sender.newsroom
    for number in range(3_000):
        sender.digests.append(number.to_bytes(32, "big"))
    path = sender.manifest(3_000, 3_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: 4096 + 65_536])
    said = newsroom.open().err
    assert "a list of packs that is cut off: of no use" in said
    assert rows(newsroom) == []
    path.write_bytes(whole)
    assert "3,000 of 3,000 packs are still missing" in newsroom.open().err


def test_a_list_that_is_gone_from_the_desk_is_told(sender: Sender) -> None:
    newsroom = sender.newsroom
    sender.send({"a.txt": b"a"})
    newsroom.open()
    (path,) = (newsroom.desk / ".manifests").iterdir()
    path.unlink()
    ran = newsroom.keys("complete", newsroom.desk)
    assert ran.code == 1
    assert f"{path} cannot be read" in ran.err


def test_where_nothing_came_in_packs_nothing_is_said_to_be_missing(newsroom: Newsroom) -> None:
    newsroom.source().send(b"hello")
    said = newsroom.open().err
    assert "list" not in said
    ran = newsroom.keys("complete", newsroom.desk)
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing was sent in packs" in ran.err


def test_many_lists_are_named_up_to_ten(newsroom: Newsroom) -> None:
    for _ in range(13):
        Sender(newsroom).send({"a.txt": b"a"})
    said = newsroom.open().err
    assert said.count("complete: 1 file") == 10
    assert f"and 3 more; keys complete {newsroom.desk} says all." in said
    assert said.count(": 1 file\n") == 10
    assert "and 3 folders more." in said
    out = newsroom.keys("complete", newsroom.desk).out
    assert len(out.splitlines()) == 13
