"""What is read says of itself what it is, whatever happens to the files meanwhile."""

import hashlib
import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.sender.dealing import Deal
from intake.sender.planning import Pack, Part, Tree, parts_of
from intake.sender.reading import Contents, read_into
from intake.sender.walking import Found, Skipped, look, roots_of
from intake.wire.layout import Layout
from intake.wire.pack import Folder, Piece, read_pack
from intake.wire.record import Header, Kind

HEADER = Header(Kind.PACK, bytes(16), bytes(32), bytes(32), 0)
#: Bytes of a pack.
MOST = 200_000
LAYOUT = Layout(HEADER, 8)


def read(pack: Pack) -> tuple[list[tuple[Piece | Folder, bytes]], Contents]:
    """Read a pack; return its entries with their bytes, and what became of it."""
    contents = read_into(LAYOUT, pack)
    laid = b"".join(map(bytes, LAYOUT.room(0, LAYOUT.size)))
    assert LAYOUT.digest() == hashlib.sha256(laid).digest()
    entries: list[tuple[Piece | Folder, bytes]] = []
    for one in read_pack([laid]):
        if isinstance(one, bytes):
            entry, data = entries.pop()
            entries.append((entry, data + one))
        else:
            entries.append((one, b""))
    return entries, contents


def seen(path: Path) -> Found:
    found = look(Found(0, os.fsencode(path), f"t/{path.name}"))
    assert isinstance(found, Found)
    return found


def write(path: Path, size: int) -> bytes:
    data = os.urandom(size)
    path.write_bytes(data)
    return data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.integers(0, 70_000), max_size=5), st.integers(200_001, 700_000))
def test_a_pack_holds_its_files_byte_by_byte(tmp_path, sizes, large):
    written = {f"t/{n}": write(tmp_path / str(n), size) for n, size in enumerate(sizes)}
    written["t/large"] = write(tmp_path / "large", large)
    small = [part for n in range(len(sizes)) for part in parts_of(seen(tmp_path / str(n)), MOST)]
    packs: list[Pack] = [[Part(Found(0, b"", "t/folder"))], small]
    packs += [[part] for part in parts_of(seen(tmp_path / "large"), MOST)]
    got: dict[str, bytes] = {}
    files = size = count = 0
    for pack in packs:
        if sum(part.front_size + part.length for part in pack) > LAYOUT.most:
            continue
        entries, contents = read(pack)
        assert (contents.notes, contents.shorter) == ([], [])
        files, size, count = (
            files + contents.files,
            size + contents.size,
            count + contents.read,
        )
        for entry, data in entries:
            if isinstance(entry, Piece):
                assert entry.size == len(written[entry.path])
                assert entry.offset == len(got.get(entry.path, b""))
                got[entry.path] = got.get(entry.path, b"") + data
    assert got == written
    assert files == len(written)
    assert size == count == sum(map(len, written.values()))


def test_a_file_that_became_shorter_is_as_long_as_it_is(tmp_path):
    write(tmp_path / "a", 1_000)
    part = Part(seen(tmp_path / "a"), 0, 1_000)
    data = write(tmp_path / "a", 400)
    [(piece, got)], contents = read([part])
    assert (piece, got) == (Piece("t/a", 400, 0, 400), data)
    assert [note.name for note in contents.notes] == ["t/a"]
    assert (contents.files, contents.size) == (1, 400)


def test_a_file_that_grew_is_as_long_as_it_was(tmp_path):
    data = write(tmp_path / "a", 1_000)
    part = Part(seen(tmp_path / "a"), 0, 1_000)
    with (tmp_path / "a").open("ab") as file:
        file.write(b"more")
    [(piece, got)], contents = read([part])
    assert (piece, got) == (Piece("t/a", 1_000, 0, 1_000), data)
    assert "changed" in contents.notes[0].why


def test_a_file_that_changed_and_kept_its_size_is_told(tmp_path):
    write(tmp_path / "a", 1_000)
    part = Part(seen(tmp_path / "a"), 0, 1_000)
    data = write(tmp_path / "a", 1_000)
    os.utime(tmp_path / "a", ns=(0, part.found.changed + 1))
    [(_, got)], contents = read([part])
    assert got == data
    assert "changed" in contents.notes[0].why


def test_what_vanished_is_told_and_left_out(tmp_path):
    for name in "abc":
        write(tmp_path / name, 10)
    pack = [Part(seen(tmp_path / name), 0, 10) for name in "abc"]
    (tmp_path / "b").unlink()
    (tmp_path / "c").unlink()
    os.mkfifo(tmp_path / "c")
    entries, contents = read(pack)
    assert [entry.path for entry, _ in entries] == ["t/a"]
    assert [note.name for note in contents.notes] == ["t/b", "t/c"]
    entries, contents = read(pack[1:])
    assert (entries, LAYOUT.size) == ([], 0)


def test_a_piece_that_is_gone_is_not_sent_but_its_file_is_begun_anew(tmp_path):
    write(tmp_path / "a", 500_000)
    notes: list[Skipped] = []
    tree = Tree(roots_of([str(tmp_path / "a")]), notes.append, MOST)
    deal = Deal(tree, tree.packs(), notes.append)
    data, got, number = b"", bytearray(), 0
    while (dealt := deal.next()) is not None:
        if dealt.number == 1:
            data = write(tmp_path / "a", 250_000)
        entries, contents = read(dealt.pack)
        for entry, piece in entries:
            if isinstance(entry, Piece) and entry.size == 250_000:
                assert entry.offset == len(got)
                got += piece
        deal.book(dealt, contents, bytes([number]) * 32 if LAYOUT.size else None)
        number += 1
    assert got == data
    assert (deal.files, deal.size) == (1, 250_000)
    # The first piece as it was; the next two were not there any more; and two anew.
    assert [digest[0] for digest in deal.digests()] == [0, 3, 4]
    assert [note.why for note in notes] == ["became shorter while it was sent, and was begun anew"]


def test_a_file_that_keeps_getting_shorter_is_given_up(tmp_path):
    path = tmp_path / "a"
    size = 1_000_000
    path.write_bytes(bytes(size))
    notes: list[Skipped] = []
    tree = Tree(roots_of([str(path)]), notes.append, MOST)
    deal = Deal(tree, tree.packs(), notes.append)
    steps = 0
    while (dealt := deal.next()) is not None:
        size -= 1
        os.truncate(path, size)
        deal.book(dealt, read(dealt.pack)[1], None)
        steps += 1
    assert steps == 4 * 6
    assert "keeps getting shorter" in notes[-1].why


def test_a_file_that_grows_for_ever_ends(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(500_000))
    notes: list[Skipped] = []
    tree = Tree(roots_of([str(path)]), notes.append, MOST)
    deal = Deal(tree, tree.packs(), notes.append)
    steps = 0
    while (dealt := deal.next()) is not None:
        with path.open("ab") as file:
            file.write(bytes(1_000_000))
        deal.book(dealt, read(dealt.pack)[1], None)
        steps += 1
    assert (steps, deal.files, deal.size) == (3, 1, 500_000)
    assert "changed" in notes[0].why


def test_reading_changes_no_access_time(tmp_path):
    write(tmp_path / "a", 1_000)
    os.utime(tmp_path / "a", ns=(10**18, 10**18 + 1))
    entries, contents = read([Part(seen(tmp_path / "a"), 0, 1_000)])
    assert len(entries[0][1]) == 1_000
    assert contents.notes == []
    assert (tmp_path / "a").stat().st_atime_ns == 10**18
