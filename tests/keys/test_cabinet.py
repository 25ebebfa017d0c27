"""Content in its place, whenever a crash comes."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.wire.pack import Piece
from intake.wire.record import Header, Kind
from keys import cabinet, disk, files, tree
from keys.assembling import PIECES, Origin
from keys.cabinet import unwrapped_partial
from keys.desk import Desk
from keys.disk import Disk
from keys.errors import DeskFull
from keys.filing import Filed, Filing
from keys.ledger import Opened, Share
from keys.staged import Staged
from keys.stick import Found, Suite
from keys.tree import Tree
from tests.keys.test_ledger import entry

HEADER = Header(Kind.FILE, b"\1" * 16, b"\2" * 32, b"\3" * 32, 0)
PACK = replace(HEADER, kind=Kind.PACK)


class Crash(BaseException):
    """The machine stops here."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("threads", ".manifests"):
        (tmp_path / name).mkdir()
    return tmp_path


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[Desk]:
    """A desk as every command begins with it."""
    with contextlib.closing(Disk(folder)) as one:
        desk = Desk(folder, one)
        desk.cabinet.recover()
        yield desk


def found(name: str) -> Found:
    return Found(Path("/stick"), name, Suite.NACL, name, 70_000)


def one_file(desk: Desk, content: bytes, *, unwrapped: bytes | None = None) -> Staged:
    """A file that was opened; its content is written, and no more."""
    partial = desk.cabinet.fresh(os.urandom)
    partial.write_bytes(content)
    if unwrapped is not None:
        unwrapped_partial(partial).write_bytes(unwrapped)
    noted = replace(entry(os.urandom(16).hex(), partial.name), path=None)
    name = "a.pdf" if unwrapped is not None else None
    return Staged(found(noted.envelope), noted, HEADER, ["a.pdf.gpg"], unwrapped_name=name)


def a_pack(desk: Desk) -> Staged:
    """A pack with small files, an empty folder, and the second half of a file of ten bytes."""
    partial = desk.cabinet.fresh(os.urandom)
    filled = Tree(partial)
    for name in ("one.txt", "two.txt"):
        filled.file(["box", name], name.encode())
    filled.file(["top.txt"], b"top")
    filled.folder(["box", "empty"])
    noted = replace(entry(os.urandom(16).hex(), partial.name), path=None, kind="pack")
    return Staged(found(noted.envelope), noted, PACK, shares=[half(desk, noted, 5)])


def half(desk: Desk, noted: Opened, offset: int) -> Share:
    origin = Origin(noted.thread_id or "", noted.submission or "")
    piece = Piece("box/large.bin", 10, offset, 5)
    data = b"0123456789"[offset : offset + 5]
    taken = desk.assembling.take(origin, piece, offset, data, done=None, random=os.urandom)
    assert taken is not None
    return Share(taken.file, piece.path, piece.size, taken.ranges)


def file(desk: Desk, *staged: Staged) -> list[Filed]:
    return Filing(desk, bytes(32), os.urandom).file(staged)


def contents(folder: Path) -> dict[str, bytes]:
    threads = folder / "threads"
    return {
        "/".join(path.relative_to(threads).parts[2:]): path.read_bytes()
        for path in threads.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def crashing(patch: pytest.MonkeyPatch, crash_at: int) -> None:
    """Have the machine stop before or after one of the steps that reach the disk."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == crash_at:
            raise Crash

    def wrap(owner: object, name: str) -> None:
        real: Callable[..., object] = getattr(owner, name)

        def wrapped(*args: object, **named: object) -> object:
            step()
            result = real(*args, **named)
            step()
            return result

        patch.setattr(owner, name, wrapped)

    wrap(Disk, "sync")
    for name in ("fsync", "ftruncate", "rmdir"):
        wrap(os, name)
    for module in (cabinet, tree, files):
        wrap(module, "rename_new")


def test_content_and_what_was_unwrapped_lie_side_by_side(folder: Path) -> None:
    with at_work(folder) as desk:
        file(desk, one_file(desk, b"1", unwrapped=b"one"), one_file(desk, b"2", unwrapped=b"two"))
    assert contents(folder) == {
        "a.pdf.gpg": b"1", "a.pdf": b"one", "a.pdf (2).gpg": b"2", "a (2).pdf": b"two",
    }  # fmt: skip
    assert list((folder / ".partial").iterdir()) == []


@pytest.mark.parametrize("crash_at", range(1, 30))
def test_after_a_crash_at_any_step_a_file_is_there_once_or_not_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    with monkeypatch.context() as patch, contextlib.suppress(Crash), at_work(folder) as desk:
        crashing(patch, crash_at)
        file(desk, one_file(desk, b"1", unwrapped=b"one"))
    with at_work(folder) as desk:
        noted = bool(desk.ledger.opened)
    assert list((folder / ".partial").iterdir()) == []
    assert contents(folder) == ({"a.pdf.gpg": b"1", "a.pdf": b"one"} if noted else {})


@pytest.mark.parametrize("crash_at", range(1, 40))
def test_after_a_crash_at_any_step_a_pack_can_be_opened_again_and_is_there_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    with at_work(folder) as desk:
        first = replace(entry("ff" * 16, "first"), path=None, kind="pack")
        file(desk, Staged(found("ff" * 16), first, PACK, shares=[half(desk, first, 0)]))
    with monkeypatch.context() as patch, contextlib.suppress(Crash), at_work(folder) as desk:
        crashing(patch, crash_at)
        file(desk, a_pack(desk))
    with at_work(folder) as desk:
        if len(desk.ledger.opened) == 1:
            assert contents(folder) == {}
            file(desk, a_pack(desk))
    assert contents(folder) == {
        "box/one.txt": b"one.txt", "box/two.txt": b"two.txt", "top.txt": b"top",
        "box/large.bin": b"0123456789",
    }  # fmt: skip
    assert len(list((folder / "threads").rglob("box/empty"))) == 1
    for hidden in (".partial", PIECES):
        assert list((folder / hidden).iterdir()) == []


def test_what_is_noted_was_synced_before_and_moved_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    with at_work(folder) as desk:
        staged = a_pack(desk)
        for owner, name in ((Disk, "sync"), (os, "ftruncate"), (tree, "rename_new")):
            real = getattr(owner, name)

            def wrapped(*args: object, _real: Callable[..., object] = real, _name: str = name):
                steps.append(_name)
                return _real(*args)

            monkeypatch.setattr(owner, name, wrapped)
        file(desk, staged)
    assert steps[:2] == ["sync", "ftruncate"]
    assert set(steps[2:]) == {"rename_new"}


def test_a_disk_that_loses_what_was_written_is_believed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Disk) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Disk, "sync", refuse)
    with at_work(folder) as desk:
        staged = a_pack(desk)
        with pytest.raises(DeskFull, match="takes no more"):
            file(desk, staged)
        assert desk.ledger.opened == {}
    assert contents(folder) == {}


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = disk.rename_new

    def late(source: Path, target: Path) -> None:
        if not target.exists():
            target.write_bytes(b"somebody's")
            monkeypatch.setattr(cabinet, "rename_new", real)
        real(source, target)

    monkeypatch.setattr(cabinet, "rename_new", late)
    with at_work(folder) as desk:
        (filed,) = file(desk, one_file(desk, b"1"))
    assert contents(folder) == {"a.pdf.gpg": b"somebody's", "a.pdf (2).gpg": b"1"}
    assert str(filed.entry.path).endswith("/a.pdf (2).gpg")
    with at_work(folder) as desk:
        assert desk.ledger.opened[filed.entry.envelope] == filed.entry


def test_a_file_system_that_cannot_rename_without_replacing_will_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_rename", lambda *_: 22)
    with at_work(folder) as desk:
        file(desk, one_file(desk, b"1"), one_file(desk, b"2"))
        file(desk, a_pack(desk))
        file(desk, a_pack(desk))
    names = {"a.pdf.gpg", "a.pdf (2).gpg", "box/one.txt", "box/two.txt", "top.txt"}
    assert contents(folder).keys() == names


def test_partial_files_and_folders_that_nobody_knows_are_removed(folder: Path) -> None:
    (folder / ".partial" / "0022" / "box").mkdir(parents=True)
    (folder / ".partial" / "0022" / "box" / "a").write_bytes(b"half")
    (folder / ".partial" / "0011").write_bytes(b"half")
    (folder / PIECES).mkdir()
    (folder / PIECES / "0033").write_bytes(b"half")
    with at_work(folder):
        pass
    for hidden in (".partial", PIECES):
        assert list((folder / hidden).iterdir()) == []
