"""Content in its place, whenever a crash comes."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from keys.cabinet import Cabinet, unwrapped_partial
from keys.files import place
from keys.ledger import Ledger, Opened
from tests.keys.test_ledger import entry


class Crash(BaseException):
    """The machine stops here."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "threads" / "t" / "001").mkdir(parents=True)
    return tmp_path


def begun(desk: Path) -> Cabinet:
    cabinet = Cabinet(desk, Ledger(desk / "ledger"))
    cabinet.recover()
    return cabinet


def put(cabinet: Cabinet, desk: Path, content: bytes, *, unwrapped: bytes | None = None) -> Opened:
    partial = cabinet.fresh(os.urandom)
    partial.write_bytes(content)
    if unwrapped is not None:
        unwrapped_partial(partial).write_bytes(unwrapped)
    return cabinet.put(
        entry(os.urandom(16).hex(), partial.name),
        desk / "threads" / "t" / "001",
        ["a.pdf.gpg"],
        unwrapped_name="a.pdf" if unwrapped is not None else None,
    )


def contents(desk: Path) -> dict[str, bytes]:
    folder = desk / "threads" / "t" / "001"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_content_and_what_was_unwrapped_lie_side_by_side(desk: Path) -> None:
    cabinet = begun(desk)
    put(cabinet, desk, b"1", unwrapped=b"one")
    put(cabinet, desk, b"2", unwrapped=b"two")
    assert contents(desk) == {
        "a.pdf.gpg": b"1", "a.pdf": b"one", "a.pdf (2).gpg": b"2", "a (2).pdf": b"two",
    }  # fmt: skip
    assert list((desk / ".partial").iterdir()) == []


def counting(crash_at: int) -> Callable[[str], None]:
    calls = 0

    def step(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls == crash_at:
            raise Crash

    return step


@pytest.mark.parametrize("crash_at", range(1, 20))
def test_after_a_crash_at_any_step_it_is_there_once_or_not_at_all(
    desk: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    step = counting(crash_at)
    with monkeypatch.context() as patch:
        for name in ("link", "fsync", "ftruncate"):
            real = getattr(os, name)

            def wrapped(*args: object, _real: Callable[..., object] = real, **named: object):
                step("before")
                result = _real(*args, **named)
                step("after")
                return result

            patch.setattr(os, name, wrapped)
        with contextlib.suppress(Crash):
            put(begun(desk), desk, b"1", unwrapped=b"one")
    ledger = Ledger(desk / "ledger")
    Cabinet(desk, ledger).recover()
    assert list((desk / ".partial").iterdir()) == []
    whole = {"a.pdf.gpg": b"1", "a.pdf": b"one"}
    assert contents(desk) == (whole if ledger.opened else {})


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cabinet = begun(desk)

    def late(partial: Path, path: Path) -> None:
        if not path.exists():
            path.write_bytes(b"somebody's")
            monkeypatch.setattr("keys.cabinet.place", place)
        place(partial, path)

    monkeypatch.setattr("keys.cabinet.place", late)
    filed = put(cabinet, desk, b"1")
    assert contents(desk) == {"a.pdf.gpg": b"somebody's", "a.pdf (2).gpg": b"1"}
    assert filed.path == "threads/t/001/a.pdf (2).gpg"
    assert Ledger(desk / "ledger").opened[filed.envelope] == filed


def test_a_file_system_without_hard_links_will_do(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    cabinet = begun(desk)
    put(cabinet, desk, b"1")
    put(cabinet, desk, b"2")
    assert contents(desk) == {"a.pdf.gpg": b"1", "a.pdf (2).gpg": b"2"}


def test_partial_files_that_nobody_knows_are_removed(desk: Path) -> None:
    (desk / ".partial").mkdir()
    (desk / ".partial" / "0011").write_bytes(b"half")
    begun(desk)
    assert list((desk / ".partial").iterdir()) == []
