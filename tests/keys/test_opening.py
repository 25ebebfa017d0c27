"""A whole stick in one go: what lands where, what is said, and what is not done twice."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from intake.wire.envelope import CHUNK, Identity
from intake.wire.record import Ending, Kind
from tests.keys.newsroom import Newsroom, one


def test_a_message_and_a_file_land_in_one_submission_under_their_names(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"Gr\xc3\xbc\xc3\x9fe,\r\nno line is touched")
    source.send(b"%PDF-1.7", "Bericht Mai.pdf")

    ran = newsroom.open()

    assert ran.code == 0, ran.err
    message, file = sorted(ran.objects, key=lambda row: row["kind"] == "file")
    assert (message["kind"], file["kind"]) == ("message", "file")
    assert Path(str(message["path"])).read_bytes() == b"Gr\xc3\xbc\xc3\x9fe,\r\nno line is touched"
    assert Path(str(message["path"])).name == "message.txt"
    assert Path(str(file["path"])).name == "Bericht Mai.pdf"
    assert Path(str(file["path"])).parent == Path(str(message["path"])).parent
    assert file["name"] == "Bericht Mai.pdf"
    assert file["size"] == 8
    assert file["sha256"] == hashlib.sha256(b"%PDF-1.7").hexdigest()
    assert file["complete"] is True
    assert file["unwrapped"] is None
    assert file["thread"] == message["thread"]
    assert file["submission"] == message["submission"] == source.submission.hex()
    assert set(file) == {
        "envelope", "thread", "submission", "kind", "name", "path", "size", "sha256", "complete",
        "unwrapped", "files",
    }  # fmt: skip
    assert "1 message and 1 file in 1 thread" in ran.err


def test_a_thread_has_a_readable_name_and_submissions_are_numbered(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"first")
    assert newsroom.open().code == 0
    source.submission = os.urandom(16)
    source.send(b"second")
    row = one(newsroom.open().objects)

    thread, submission, name = Path(str(row["path"])).parts[-3:]
    assert thread == row["thread"]
    assert [len(word) for word in thread.split("-")] == [5, 5, 5]
    assert submission == f"002-{source.submission.hex()[:8]}"
    assert name == "message.txt"


def test_a_later_part_of_a_submission_lands_in_the_same_folder(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"one", "one.txt")
    newsroom.open()
    source.send(b"two", "two.txt")
    newsroom.open()
    folders = {Path(path).parent for path in newsroom.opened_files()}
    assert len(folders) == 1


def test_nothing_is_for_others_or_executable(newsroom: Newsroom) -> None:
    newsroom.source().send(b"#!/bin/sh\n", "a/b/run.sh")
    assert newsroom.open().code == 0
    for path in newsroom.desk.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(newsroom.desk.stat().st_mode) == 0o700


def test_what_is_opened_already_is_not_opened_again(newsroom: Newsroom) -> None:
    newsroom.source().send(b"hello")
    newsroom.open()
    before = newsroom.opened_files()
    again = newsroom.open()
    assert again.code == 0
    assert again.out == ""
    assert "Nothing new: 1 envelope, opened already." in again.err
    assert newsroom.opened_files() == before


def test_two_copies_of_an_envelope_on_one_stick_are_one(newsroom: Newsroom) -> None:
    path = newsroom.source().send(b"hello")
    (newsroom.stick / "envelopes").mkdir()
    (newsroom.stick / "envelopes" / "copy").write_bytes(path.read_bytes())
    ran = newsroom.open()
    assert len(ran.objects) == 1
    assert "1 was opened already" in ran.err


def test_files_of_one_name_are_all_kept(newsroom: Newsroom) -> None:
    source = newsroom.source()
    for number in range(3):
        source.send(b"%d" % number, "scan.pdf")
    assert newsroom.open().code == 0
    names = {Path(path).name for path in newsroom.opened_files()}
    assert names == {"scan.pdf", "scan (2).pdf", "scan (3).pdf"}
    assert set(newsroom.opened_files().values()) == {b"0", b"1", b"2"}


def test_names_that_only_look_the_same_are_told_apart(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"composed", "caf\u00e9.txt")
    source.send(b"decomposed", "cafe\u0301.txt")
    assert newsroom.open().code == 0
    names = sorted(Path(path).name for path in newsroom.opened_files())
    assert len(names) == 2
    assert sum("(2)" in name for name in names) == 1


def test_an_uploaded_folder_keeps_its_structure(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"1", "box/2019/a.txt")
    source.send(b"2", "box/2019/b.txt")
    source.send(b"3", "box/2020/a.txt")
    assert newsroom.open().code == 0
    files = {"/".join(Path(path).parts[2:]): data for path, data in newsroom.opened_files().items()}
    assert files == {"box/2019/a.txt": b"1", "box/2019/b.txt": b"2", "box/2020/a.txt": b"3"}


def test_a_file_and_a_folder_of_one_name_are_both_kept(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"file", "box")
    newsroom.open()
    source.send(b"inside", "box/a.txt")
    newsroom.open()
    files = {"/".join(Path(path).parts[2:]): data for path, data in newsroom.opened_files().items()}
    assert files == {"box": b"file", "box (2)/a.txt": b"inside"}


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "/etc/passwd", "..", "a/../../b", "-rf", ".bashrc", "con.txt", "x\0y"],
)
def test_a_hostile_name_stays_in_its_submission_and_is_kept_in_the_ledger(
    newsroom: Newsroom, name: str
) -> None:
    newsroom.source().send(b"x", name)
    row = one(newsroom.open().objects)
    path = Path(str(row["path"]))
    assert path.resolve().is_relative_to(newsroom.desk / "threads" / str(row["thread"]))
    assert path.read_bytes() == b"x"
    assert row["name"] == name
    lines = (newsroom.desk / "ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["name"] for line in lines] == [name]


def test_a_link_that_somebody_put_there_is_not_followed(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"first", "a.txt")
    path = Path(str(one(newsroom.open().objects)["path"]))
    outside = newsroom.folder / "outside"
    outside.mkdir()
    (path.parent / "box").symlink_to(outside)
    (path.parent / "b.txt").symlink_to(newsroom.folder / "nowhere")
    source.send(b"second", "box/c.txt")
    source.send(b"third", "b.txt")
    assert newsroom.open().code == 0
    assert list(outside.iterdir()) == []
    assert (path.parent / "box (2)" / "c.txt").read_bytes() == b"second"
    assert (path.parent / "b (2).txt").read_bytes() == b"third"


def test_empty_files_and_empty_names_are_kept(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"", "empty.txt")
    source.send(b"nameless", kind=Kind.FILE)
    assert newsroom.open().code == 0
    files = {Path(path).name: data for path, data in newsroom.opened_files().items()}
    assert files == {"empty.txt": b"", "unnamed": b"nameless"}


def test_a_decoy_leaves_a_line_in_the_ledger_and_nothing_else(newsroom: Newsroom) -> None:
    newsroom.source().send(b"\0" * 100, kind=Kind.DECOY)
    ran = newsroom.open()
    assert ran.code == 0
    row = one(ran.objects)
    assert (row["kind"], row["path"], row["thread"]) == ("decoy", None, None)
    assert newsroom.opened_files() == {}
    assert list((newsroom.desk / "threads").iterdir()) == []
    assert newsroom.open().out == ""


def test_what_the_source_could_not_finish_is_kept_as_incomplete(newsroom: Newsroom) -> None:
    newsroom.source().send(b"half", "report.pdf", ending=Ending.CUT)
    ran = newsroom.open()
    row = one(ran.objects)
    assert ran.code == 0
    assert Path(str(row["path"])).name == "report (incomplete).pdf"
    assert row["complete"] is False
    assert row["size"] == 4
    assert "the source's connection ended after 4 bytes" in ran.err


def test_a_truncated_envelope_gives_what_came_before_the_cut(newsroom: Newsroom) -> None:
    content = os.urandom(300_000)
    path = newsroom.source().send(content, "video.mp4")
    whole = path.read_bytes()
    path.write_bytes(whole[: 4096 + 3 * CHUNK + 1000])
    ran = newsroom.open()
    row = one(ran.objects)
    kept = Path(str(row["path"])).read_bytes()
    assert ran.code == 0
    assert kept
    assert content.startswith(kept)
    assert row["complete"] is False
    assert row["sha256"] == hashlib.sha256(kept).hexdigest()
    assert Path(str(row["path"])).name == "video (incomplete).mp4"

    assert newsroom.open().out == ""

    path.write_bytes(whole)
    better = one(newsroom.open().objects)
    assert Path(str(better["path"])).name == "video.mp4"
    assert Path(str(better["path"])).read_bytes() == content
    assert Path(str(row["path"])).read_bytes() == kept


def test_a_shorter_copy_of_what_was_opened_whole_changes_nothing(newsroom: Newsroom) -> None:
    path = newsroom.source().send(b"x" * 200_000, "a.bin")
    newsroom.open()
    path.write_bytes(path.read_bytes()[:100_000])
    assert newsroom.open().out == ""


def test_an_envelope_that_lacks_padding_alone_is_complete(newsroom: Newsroom) -> None:
    content = os.urandom(16 * CHUNK + 5)
    path = newsroom.source().send(content, "padded.bin")
    whole = path.read_bytes()
    path.write_bytes(whole[:-CHUNK])
    ran = newsroom.open()
    row = one(ran.objects)
    assert row["complete"] is True
    assert Path(str(row["path"])).read_bytes() == content
    assert "the envelope around it is not" in ran.err

    path.write_bytes(whole)
    again = newsroom.open()
    assert again.out == ""
    # The next command puts in order what this one left behind: nothing.
    assert newsroom.keys("threads", newsroom.desk).code == 0
    assert list(newsroom.opened_files().values()) == [content]
    assert list((newsroom.desk / ".partial").iterdir()) == []


def test_a_damaged_envelope_leaves_nothing_unless_it_is_wanted(newsroom: Newsroom) -> None:
    content = os.urandom(300_000)
    path = newsroom.source().send(content, "photo.jpg")
    whole = bytearray(path.read_bytes())
    whole[4096 + 2 * CHUNK + 77] ^= 1
    path.write_bytes(whole)
    ran = newsroom.open()
    assert ran.code == 1
    assert ran.out == ""
    assert f"{path.name}: It is damaged: chunk 2 was altered" in ran.err
    assert newsroom.opened_files() == {}

    for _ in range(2):
        assert newsroom.open("--keep-damaged").code == 1
        (only,) = newsroom.opened_files().items()
        assert only[0].endswith("photo (damaged).jpg")
        assert content.startswith(only[1])

    whole[4096 + 2 * CHUNK + 77] ^= 1
    path.write_bytes(whole)
    good = one(newsroom.open().objects)
    assert Path(str(good["path"])).read_bytes() == content
    assert good["complete"] is True


def test_an_envelope_for_others_is_said_to_be(newsroom: Newsroom) -> None:
    other = Identity(os.urandom(96)).public()
    path = newsroom.source().send(b"secret", "a.txt", recipients=[other])
    newsroom.source().send(b"ours")
    ran = newsroom.open()
    assert ran.code == 1
    assert f"{path.name}: It is not for this desk" in ran.err
    assert "1 envelope not for this desk" in ran.err
    assert one(ran.objects)["kind"] == "message"


@pytest.mark.parametrize("epoch", [0, 1, 13])
def test_keys_of_every_epoch_open(newsroom: Newsroom, epoch: int) -> None:
    public = newsroom.editor.epochs[epoch].public
    newsroom.source().send(b"hello", recipients=[public])
    assert len(newsroom.open().objects) == 1


@pytest.mark.parametrize("size", [0, 7, 100, 4095])
def test_an_envelope_without_a_first_page_is_a_failure(newsroom: Newsroom, size: int) -> None:
    path = newsroom.source().send(b"hello")
    path.write_bytes(path.read_bytes()[:size])
    ran = newsroom.open()
    assert ran.code == 1
    assert path.name in ran.err
    assert newsroom.opened_files() == {}


def test_an_envelope_cut_off_before_its_content_is_told_once(newsroom: Newsroom) -> None:
    path = newsroom.source().send(b"hello")
    whole = path.read_bytes()
    path.write_bytes(whole[:5000])
    first = newsroom.open()
    assert first.code == 1
    assert "Nothing in it can be read" in first.err
    assert first.out == ""
    assert newsroom.open().code == 0
    path.write_bytes(whole)
    assert len(newsroom.open().objects) == 1


def test_other_files_are_named_and_hidden_ones_passed_over(newsroom: Newsroom) -> None:
    (newsroom.stick / "README.txt").write_text("hello")
    (newsroom.stick / ".Trash").write_text("hello")
    (newsroom.stick / "folder").mkdir()
    newsroom.source().send(b"hello")
    ran = newsroom.open()
    assert ran.code == 0
    assert "README.txt: no envelope" in ran.err
    assert "Trash" not in ran.err


def test_a_folder_without_envelopes_is_said_to_be(newsroom: Newsroom) -> None:
    ran = newsroom.open()
    assert ran.code == 0
    assert f"no envelope in the folder {newsroom.stick}, nor in envelopes/" in ran.err


def test_the_threads_that_were_touched_are_named_up_to_ten(newsroom: Newsroom) -> None:
    newsroom.source().send(b"hello")
    ran = newsroom.open()
    assert f"In {one(ran.objects)['thread']}.\n" in ran.err
    for _ in range(12):
        newsroom.source().send(b"hello")
    assert ", and 2 more." in newsroom.open().err


def test_a_folder_that_is_not_there_is_an_expected_failure(newsroom: Newsroom) -> None:
    ran = newsroom.keys("open", newsroom.desk, newsroom.folder / "nowhere")
    assert ran.code == 1
    assert "cannot be read" in ran.err


def test_a_renamed_thread_folder_goes_on_under_its_new_name(newsroom: Newsroom) -> None:
    source = newsroom.source()
    source.send(b"one")
    thread = str(one(newsroom.open().objects)["thread"])
    (newsroom.desk / "threads" / thread).rename(newsroom.desk / "threads" / "the accountant")
    source.send(b"two", "two.txt")
    assert one(newsroom.open().objects)["thread"] == "the accountant"


def test_two_commands_do_not_work_on_one_desk_at_once(newsroom: Newsroom) -> None:
    import fcntl

    with (newsroom.desk / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = newsroom.open()
    assert ran.code == 1
    assert "Another command is at work" in ran.err
