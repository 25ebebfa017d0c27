"""The ledger: whole lines count, a torn one does not."""

from pathlib import Path

import pytest

from keys.errors import DeskError
from keys.ledger import Ended, Ledger, Opened, Replied


def entry(envelope: str = "aa" * 16, partial: str = "p1") -> Opened:
    return Opened(
        envelope, 70_000, "lusab", "bb" * 16, "cc" * 16, 0, "file", "näme\n.pdf", "", "threads/x",
        3, "dd" * 32, True, Ended.COMPLETE, None, "2026-11-21", partial,
    )  # fmt: skip


def test_what_is_noted_is_there_for_the_next(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.open_once(entry())
    ledger.reply(Replied("bb" * 16, 1, "2026-11-21", "ee" * 32))
    again = Ledger(tmp_path / "ledger")
    assert again.opened == {"aa" * 16: entry()}
    assert again.by_partial({"p1"}) == {"p1": entry()}
    assert again.by_partial({"p2"}) == {}
    assert again.owed == {"aa" * 16}
    assert again.replied == ledger.replied
    assert len((tmp_path / "ledger").read_bytes().splitlines()) == 2


def test_a_receipt_is_owed_until_it_is_dispatched_and_again_when_it_was_lost(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.open_once(entry())
    ledger.dispatch(7, ["aa" * 16], [])
    assert Ledger(tmp_path / "ledger").owed == set()
    assert ledger.receipt_was_lost("aa" * 16, 70_000)
    assert not ledger.receipt_was_lost("aa" * 16, 69_999)
    ledger.see_again(["aa" * 16])
    assert not ledger.receipt_was_lost("aa" * 16, 70_000)
    assert Ledger(tmp_path / "ledger").owed == {"aa" * 16}


def test_a_last_line_torn_anywhere_is_dropped_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    Ledger(path).open_once(entry())
    whole = path.read_bytes()
    Ledger(path).open_once(entry("ff" * 16, "p2"))
    both = path.read_bytes()
    for size in range(len(whole), len(both)):
        path.write_bytes(both[:size])
        ledger = Ledger(path)
        assert set(ledger.opened) == {"aa" * 16}
        ledger.open_once(entry("ff" * 16, "p2"))
        assert path.read_bytes() == both


def test_zeros_after_a_power_cut_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    Ledger(path).open_once(entry())
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(4096))
    Ledger(path).open_once(entry("ff" * 16))
    assert set(Ledger(path).opened) == {"aa" * 16, "ff" * 16}


@pytest.mark.parametrize("line", [b"x", b"{}", b'{"event": "other"}', b'{"event": "opened"}', b"1"])
def test_a_broken_line_among_whole_ones_is_told(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "ledger"
    Ledger(path).open_once(entry())
    path.write_bytes(line + b"\n" + path.read_bytes())
    with pytest.raises(DeskError, match="Line 1"):
        Ledger(path)
