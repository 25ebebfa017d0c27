"""Packs by somebody who means harm: they land in their own folder, or not, and the rest lands."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.wire.manifest import Manifest
from intake.wire.pack import Piece
from intake.wire.record import Kind
from keys.assembling import Assembling, Origin
from keys.tree import Tree, merge
from keys.unpacking import Unpacker
from tests.keys.newsroom import Newsroom
from tests.keys.packing import Sender, folder, landed, piece

ORIGIN = Origin("aa" * 16, "bb" * 16)


@pytest.fixture
def sender(newsroom: Newsroom) -> Sender:
    return Sender(newsroom)


def claim(path: str, size: int, offset: int, data: bytes) -> bytes:
    """A piece of a file that may say anything of itself."""
    return Piece(path, size, offset, len(data)).serialise() + data


def outside(newsroom: Newsroom) -> set[Path]:
    """All that there is but for threads, and the ledger."""
    paths = [*newsroom.folder.rglob("*"), *newsroom.folder.parent.glob("*")]
    return {path for path in paths if "threads" not in path.parts} - {
        newsroom.desk / "ledger.jsonl"
    }


@pytest.mark.parametrize(
    "path",
    ["../../../x", "/etc/x", "a/../../../x", "..", "-rf", ".ssh/authorized_keys", "con.txt", "x\0y",
     "a\\b", "C:\\x", "~/x", "a/./b", "//", "\u202e/x", "x" * 4_096, "/".join("x" * 2_000)],
)  # fmt: skip
def test_no_path_leaves_its_submission(sender: Sender, path: str) -> None:
    newsroom = sender.newsroom
    newsroom.open()
    sender.pack(piece(path, b"small"), claim(path, 100, 0, b"part"), folder(path), folder("ok"))
    sender.pack(claim(path, 100, 4, bytes(96)), piece("good.txt", b"good"))
    before = outside(newsroom)
    ran = newsroom.open()
    assert ran.code == 0, ran.err
    assert outside(newsroom) == before
    kept = landed(newsroom)
    assert kept.pop("good.txt") == b"good"
    assert sorted(kept.values()) == sorted([b"small", b"part" + bytes(96)])


def test_one_path_can_be_a_file_and_a_folder(sender: Sender) -> None:
    sender.pack(piece("a", b"file"), piece("a/b", b"inside"), folder("a/b/c"), piece("a", b"too"))
    assert sender.newsroom.open().code == 0
    sender.pack(folder("a"), piece("a (2)", b"named so"), piece("a (2)/b/d", b"deep"))
    assert sender.newsroom.open().code == 0
    assert sorted(landed(sender.newsroom).values()) == sorted(
        [b"file", b"inside", b"too", b"named so", b"deep"]
    )


def test_names_that_look_the_same_are_told_apart(sender: Sender) -> None:
    names = ["caf\u00e9/\u00c5.txt", "cafe\u0301/A\u030a.txt", "cafe\u0301/\u212b.txt"]
    sender.pack(*(piece(name, name.encode()) for name in names))
    assert sender.newsroom.open().code == 0
    assert landed(sender.newsroom).keys() == {
        "caf\u00e9/\u00c5.txt", "caf\u00e9/\u00c5 (2).txt", "caf\u00e9/\u00c5 (3).txt",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("size", "offset"),
    [(2**60, 0), (2**60, 2**59), (2**63 - 1, 2**63 - 100), (2**63, 0), (2**64 - 1, 2**64 - 100)],
)
def test_a_size_beyond_all_disks_takes_no_room(sender: Sender, size: int, offset: int) -> None:
    newsroom = sender.newsroom
    sender.pack(claim("huge.bin", size, offset, b"tiny"), piece("good.txt", b"good"))
    ran = newsroom.open()
    assert ran.code == 0, ran.err
    kept = landed(newsroom)
    assert kept.pop("good.txt") == b"good"
    hidden = list((newsroom.desk / ".pieces").iterdir())
    if not hidden:
        assert kept == {f"huge (from byte {offset}).bin": b"tiny"}
    else:
        assert kept == {}
        assert hidden[0].stat().st_blocks * 512 < 1_000_000
        assert "huge.bin: 4 bytes of" in newsroom.keys("complete", newsroom.desk).out


def test_pieces_that_overlap_and_differ_are_all_kept(sender: Sender) -> None:
    data = bytes(range(100))
    sender.pack(
        *(claim("a.bin", 100, start, data[start : start + 20]) for start in range(0, 80, 7))
    )
    sender.pack(*(claim("a.bin", 100, start, b"\xff" * 20) for start in range(0, 80, 7)))
    sender.pack(claim("a.bin", 100, 90, data[90:]))
    assert sender.newsroom.open().code == 0
    kept = b"".join(landed(sender.newsroom).values())
    hidden = b"".join(one.read_bytes() for one in (sender.newsroom.desk / ".pieces").iterdir())
    assert b"\xff" * 20 in kept + hidden
    assert all(bytes([number]) in kept + hidden for number in (*range(80), *range(90, 100)))


def test_the_same_empty_file_over_and_over_is_one(sender: Sender) -> None:
    sender.pack(*[piece("a", b"")] * 20_000)
    assert sender.newsroom.open().code == 0
    assert landed(sender.newsroom) == {"a": b""}


def test_pieces_of_very_many_files_that_never_come_are_bounded(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keys.unpacking._MOST_SHARES", 100)
    sender.pack(*(claim(f"{number}.bin", 2**40, 0, b"x") for number in range(300)))
    ran = sender.newsroom.open()
    assert ran.code == 0
    assert len(list((sender.newsroom.desk / ".pieces").iterdir())) == 100
    assert len(landed(sender.newsroom)) == 200
    assert "200 pieces that could not be put together" in ran.err
    assert "100 files still lack pieces" in ran.err


def test_a_name_obeys_no_terminal(sender: Sender) -> None:
    sender.pack(claim("\x1b[2J\n\u202eevil.bin", 100, 0, b"x"), claim("b", 9, 0, b"1"))
    sender.pack(claim("b", 9, 0, b"2"))
    newsroom = sender.newsroom
    said = newsroom.open().err + newsroom.keys("complete", newsroom.desk).out
    assert all(line.isprintable() for line in said.splitlines())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "bytes are missing"),
        (Manifest(1, 1, (bytes(32),)).serialise() + b"x", "too many"),
        (bytes(16) + b"\xff" * 4, "a manifest of 4294967295 packs"),
        (bytes(9_600_000), "longer than any list"),
    ],
)
def test_a_list_that_is_none_is_damaged(sender: Sender, content: bytes, says: str) -> None:
    newsroom = sender.newsroom
    sender.source.send(content, kind=Kind.MANIFEST)
    sender.pack(piece("good.txt", b"good"))
    ran = newsroom.open()
    assert ran.code == 1
    assert says in ran.err
    assert landed(newsroom) == {"good.txt": b"good"}


paths = st.text(alphabet="ab/.\u0301e:?", min_size=1, max_size=8)
entries = st.lists(
    st.one_of(
        st.builds(folder, paths),
        st.builds(piece, paths, st.binary(max_size=5)),
        st.builds(
            lambda path, size, offset, length: claim(
                path, size, min(offset, size - 1), b"x" * min(length, size - min(offset, size - 1))
            ),
            paths,
            st.integers(2, 30),
            st.integers(0, 30),
            st.integers(1, 8),
        ),
    ),
    max_size=12,
)


@given(entries, entries)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_in_two_packs_every_file_of_them_is_there(
    tmp_path_factory: pytest.TempPathFactory, first: list[bytes], second: list[bytes]
) -> None:
    place = tmp_path_factory.mktemp("packs")
    target = place / "target"
    for made in (target, place / "pieces"):
        made.mkdir()
    joined = Assembling(place / "pieces")
    for number, content in enumerate((first, second)):
        filled = Tree(place / str(number))
        filled.folder([])
        unpacker = Unpacker(filled, joined, ORIGIN, target, os.urandom)
        unpacker.unpack([b"".join(content)])
        merge(str(place / str(number)), str(target))
    files = [*target.rglob("*"), *(place / "pieces").iterdir()]
    there = {one.read_bytes() for one in files if one.is_file()}
    assert sorted(one.name for one in place.iterdir()) == ["pieces", "target"]
    for entry in (*first, *second):
        if entry[0] == 1:
            path_size = int.from_bytes(entry[1:3], "big")
            size, offset = (
                int.from_bytes(entry[at : at + 8], "big") for at in (3 + path_size, 11 + path_size)
            )
            data = entry[23 + path_size :]
            if offset == 0 and len(data) == size:
                assert data in there
    assert all(Path(os.path.normpath(one)).is_relative_to(target) for one in target.rglob("*"))
