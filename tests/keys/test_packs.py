"""Folders that come in packs: they land as they were, once, whatever comes first or twice."""

import json
import os
from pathlib import Path

import pytest

from intake.wire.envelope import CHUNK
from intake.wire.record import Ending, Kind
from intake.wire.resumable import MAX_CONTENT
from keys import unpacking
from tests.keys.newsroom import Newsroom, gpg_encrypted
from tests.keys.packing import Sender, folder, landed, piece, some_files


@pytest.fixture
def sender(newsroom: Newsroom) -> Sender:
    return Sender(newsroom)


def folders(newsroom: Newsroom) -> set[str]:
    """All folders in the one submission of a desk."""
    threads = newsroom.desk / "threads"
    paths = [path.relative_to(threads) for path in threads.rglob("*") if path.is_dir()]
    return {"/".join(path.parts[2:]) for path in paths if len(path.parts) > 2}


def test_a_folder_lands_under_its_original_structure(sender: Sender) -> None:
    newsroom = sender.newsroom
    files = {
        **some_files(50, 2_000),
        "leak/empty.txt": b"",
        "leak/large.bin": os.urandom(700_000),
        "loose.txt": b"x",
        "deep/" + "node_modules/package/" * 30 + "index.js": b"deep",
    }
    packs = sender.send(files, ["leak/nothing in here", "none/at/all"], most=100_000)
    ran = newsroom.open()
    assert ran.code == 0, ran.err
    assert landed(newsroom) == files
    assert {"leak/nothing in here", "none/at/all"} <= folders(newsroom)
    assert len(packs) > 5
    assert "complete: 54 files, 80" in ran.err
    assert f" kB, in {len(packs)} packs." in ran.err
    assert "Opened 0 messages and 54 files in 1 thread" in ran.err
    assert "/leak/: 52 files\n" in ran.err
    assert len(ran.err.splitlines()) < 10


def test_each_envelope_is_one_line_in_the_ledger_whatever_is_in_it(sender: Sender) -> None:
    newsroom = sender.newsroom
    packs = sender.send(some_files(500, 100))
    ran = newsroom.open()
    lines = (newsroom.desk / "ledger.jsonl").read_text().splitlines()
    assert len(lines) == len(ran.objects) == len(packs) + 1
    assert sum(map(len, lines)) < 2_000
    kinds = {str(row["kind"]): row for row in ran.objects}
    assert kinds["pack"]["files"] == 500
    assert kinds["manifest"]["files"] is None
    assert Path(str(kinds["pack"]["path"])).is_dir()
    assert json.loads(newsroom.keys("threads", newsroom.desk, "--json").out)["files"] == 500


def test_what_was_opened_is_not_opened_again(sender: Sender) -> None:
    newsroom = sender.newsroom
    sender.send(some_files(20, 100))
    newsroom.open()
    before = landed(newsroom)
    again = newsroom.open()
    assert "Nothing new: 2 envelopes, opened already." in again.err
    assert landed(newsroom) == before


def test_a_pack_that_was_sent_twice_is_kept_once_even_where_its_files_were_moved(
    sender: Sender,
) -> None:
    newsroom = sender.newsroom
    files = some_files(20, 100)
    sender.send(files, most=1_000_000)
    newsroom.open()
    (box,) = (newsroom.desk / "threads").glob("*/*/leak")
    box.rename(box.with_name("seen"))
    for path in newsroom.stick.iterdir():
        path.unlink()
    sender.send(files, most=1_000_000)
    ran = newsroom.open()
    assert ran.code == 0
    assert not box.exists()
    assert "1 was opened already" in ran.err


def test_a_file_that_comes_in_two_packs_is_kept_once_if_it_is_the_same(sender: Sender) -> None:
    sender.pack(piece("box/a.txt", b"same"), piece("box/b.txt", b"b"))
    sender.pack(piece("box/a.txt", b"same"), piece("box/c.txt", b"c"))
    assert sender.newsroom.open().code == 0
    assert landed(sender.newsroom) == {"box/a.txt": b"same", "box/b.txt": b"b", "box/c.txt": b"c"}


def test_two_files_of_one_path_are_both_kept(sender: Sender) -> None:
    for text in (b"first", b"second", b"third"):
        sender.pack(piece("box/a.txt", text))
        assert sender.newsroom.open().code == 0
    assert landed(sender.newsroom) == {
        "box/a.txt": b"first", "box/a (2).txt": b"second", "box/a (3).txt": b"third",
    }  # fmt: skip


def test_many_files_of_one_path_take_no_longer_for_being_many(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0
    real = os.path.lexists

    def counted(path: str) -> bool:
        nonlocal looked
        looked += 1
        return real(path)

    monkeypatch.setattr(os.path, "lexists", counted)
    sender.pack(*(piece("a.txt", b"%d" % number) for number in range(1_000)))
    assert sender.newsroom.open().code == 0
    assert len(landed(sender.newsroom)) == 1_000
    assert looked < 60_000


def test_a_cut_pack_gives_what_came_before_the_cut_and_the_rest_comes_later(
    sender: Sender,
) -> None:
    newsroom = sender.newsroom
    files = some_files(40, 10_000)
    (path,) = sender.send(files)
    whole = path.read_bytes()
    path.write_bytes(whole[: 4096 + 3 * CHUNK + 100])
    ran = newsroom.open()
    assert ran.code == 0
    assert "incomplete: the envelope was cut off" in ran.err
    assert "1 of 1 pack is still missing" in ran.err
    first = landed(newsroom)
    assert 10 < len(first) < 30
    assert first.items() < files.items()

    path.write_bytes(whole)
    ran = newsroom.open()
    assert ran.code == 0
    assert landed(newsroom) == files
    assert "complete: 40 files" in ran.err
    assert list((newsroom.desk / ".pieces").iterdir()) == []


def test_a_damaged_pack_gives_what_came_before_the_damage_and_has_no_receipt(
    sender: Sender,
) -> None:
    newsroom = sender.newsroom
    files = some_files(40, 10_000)
    (path,) = sender.send(files)
    good = path.read_bytes()
    bad = bytearray(good)
    bad[4096 + 3 * CHUNK + 100] ^= 1
    path.write_bytes(bad)
    for _ in range(2):
        ran = newsroom.open()
        assert ran.code == 1
        assert "damaged: chunk 3 was altered" in ran.err
        assert 10 < len(landed(newsroom)) < 30
    out = newsroom.folder / "dispatch"
    assert "1 receipt;" in newsroom.keys("dispatch", newsroom.desk, out).err

    path.write_bytes(good)
    assert newsroom.open().code == 0
    assert landed(newsroom) == files


def test_receipts_are_given_for_packs_and_lists_as_for_files(sender: Sender) -> None:
    packs = sender.send(some_files(30, 1_000), most=5_000)
    newsroom = sender.newsroom
    newsroom.open()
    ran = newsroom.keys("dispatch", newsroom.desk, newsroom.folder / "dispatch")
    assert f"{len(packs) + 1} receipts;" in ran.err


def test_a_message_and_packs_of_one_source_are_one_thread(sender: Sender) -> None:
    newsroom = sender.newsroom
    sender.source.send(b"see the folder")
    sender.send({"box/a.txt": b"a"})
    newsroom.open()
    row = json.loads(newsroom.keys("threads", newsroom.desk, "--json").out)
    assert (row["submissions"], row["messages"], row["files"]) == (1, 1, 1)
    assert landed(newsroom) == {"message.txt": b"see the folder", "box/a.txt": b"a"}


def test_a_pack_larger_than_any_that_can_be_resumed_is_opened_in_slices(sender: Sender) -> None:
    data = os.urandom(MAX_CONTENT + 3_000_000)
    content = piece("small.txt", b"small") + piece("large.bin", data) + folder("box")
    sender.source.send(content, kind=Kind.PACK)
    newsroom = sender.newsroom
    assert newsroom.open().code == 0
    assert landed(newsroom) == {"small.txt": b"small", "large.bin": data}
    assert "box" in folders(newsroom)


def test_what_the_senders_connection_cut_is_kept_up_to_the_cut(sender: Sender) -> None:
    content = piece("a.txt", b"a") + piece("b.txt", b"b" * 100_000)
    sender.source.send(content[:-10], kind=Kind.PACK, ending=Ending.CUT)
    newsroom = sender.newsroom
    ran = newsroom.open()
    assert ran.code == 0
    assert "the source's connection ended" in ran.err
    assert landed(newsroom) == {"a.txt": b"a"}
    assert "b.txt: 100.0 kB of 100.0 kB" in newsroom.keys("complete", newsroom.desk).out


def test_packs_come_by_gpg_too(gpg_newsroom: Newsroom) -> None:
    sender = Sender(gpg_newsroom)
    files = {"box/a.txt": b"a" * 100_000, "b.txt": b"b"}
    content = b"".join(piece(path, data) for path, data in files.items())
    sender.source.send_by_gpg(content, kind=Kind.PACK)
    assert gpg_newsroom.open().code == 0
    assert landed(gpg_newsroom) == files


def test_nothing_of_a_gpg_pack_is_unpacked_that_gpg_does_not_vouch_for(
    gpg_newsroom: Newsroom,
) -> None:
    sender = Sender(gpg_newsroom)
    content = piece("a.txt", b"a") + piece("b.bin", os.urandom(400_000))
    path = sender.source.send_by_gpg(content, kind=Kind.PACK)
    path.write_bytes(path.read_bytes()[:300_000])
    ran = gpg_newsroom.open()
    assert "GnuPG does not vouch for" in ran.err
    (name,) = landed(gpg_newsroom)
    assert name == "pack (incomplete)"


def test_a_file_in_a_pack_that_was_encrypted_twice_is_named_and_opened_when_wanted(
    gpg_newsroom: Newsroom,
) -> None:
    newsroom = gpg_newsroom
    desk = [*newsroom.colleagues, newsroom.editor.openpgp]
    sender = Sender(newsroom)
    small, large = b"a secret", os.urandom(300_000)
    secret, sealed = gpg_encrypted(desk, small), gpg_encrypted(desk, large)
    sender.send({"box/a.txt.gpg": secret, "box/b.bin.gpg": sealed, "c.txt": b"c"}, most=200_000)
    ran = newsroom.open()
    assert "2 files in packs had been encrypted a second time" in ran.err
    assert landed(newsroom) == {"box/a.txt.gpg": secret, "box/b.bin.gpg": sealed, "c.txt": b"c"}

    paths = [path for path in (newsroom.desk / "threads").rglob("*.gpg") if path.is_file()]
    ran = newsroom.keys("unwrap", newsroom.desk, *paths)
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 2
    opened = landed(newsroom)
    assert (opened["box/a.txt"], opened["box/b.bin"]) == (small, large)
    (plain,) = (newsroom.desk / "threads").rglob("c.txt")
    ran = newsroom.keys("unwrap", newsroom.desk, plain)
    assert ran.code == 1
    assert "not encrypted to anybody's key" in ran.err


def test_only_files_of_the_desk_are_unwrapped(newsroom: Newsroom) -> None:
    outside = newsroom.folder / "outside.gpg"
    outside.write_bytes(b"x")
    ran = newsroom.keys("unwrap", newsroom.desk, outside)
    assert ran.code == 1
    assert "is no file of this desk" in ran.err


def test_a_pack_that_is_none_is_said_to_be_and_the_rest_still_lands(sender: Sender) -> None:
    newsroom = sender.newsroom
    sender.pack(piece("good.txt", b"good"), b"\7 no entry")
    sender.pack(piece("other.txt", b"other"))
    ran = newsroom.open()
    assert ran.code == 1
    assert "an entry of kind 7" in ran.err
    assert "1 envelope failed" in ran.err
    assert landed(newsroom) == {"good.txt": b"good", "other.txt": b"other"}


def test_a_sentence_names_a_few_and_counts_the_rest() -> None:
    named = unpacking.Named()
    for number in range(1_000):
        named.add(f"file {number}")
    assert str(named) == "file 0, file 1, file 2, file 3, and more"
    other = unpacking.Named()
    other.add("a")
    other.extend(named, "box")
    assert other.count == 1_001
    assert str(other) == "a, box/file 0, box/file 1, box/file 2, and more"
