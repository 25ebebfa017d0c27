"""The small parts that the commands are made of."""

import io
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from intake.wire.codename import Thread
from keys.files import append, create, finish
from keys.progress import Progress, amount, duration
from keys.streaming import Ahead, ahead, as_done
from keys.threads import Threads
from tests.keys.newsroom import ROOT, Newsroom


def test_a_new_file_is_for_the_owner_alone_and_takes_the_place_of_none(tmp_path: Path) -> None:
    file = create(tmp_path / "file")
    append(file, [b"con", b"tent"])
    finish(file)
    assert (tmp_path / "file").read_bytes() == b"content"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for taken in ("file", "link"):
        with pytest.raises(FileExistsError):
            create(tmp_path / taken)


def test_reading_ahead_gives_everything_in_order_and_then_the_error() -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"%d" % number for number in range(100))
        raise ValueError("the end")

    got: list[bytes] = []

    def take() -> None:
        for batch in ahead(pieces()):
            got.extend(batch)

    with pytest.raises(ValueError, match="the end"):
        take()
    assert got == [b"%d" % number for number in range(100)]


def test_what_is_made_ahead_comes_in_order_and_no_more_of_it_than_was_asked_for() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken = number
            yield number

    with ThreadPoolExecutor(4) as pool:
        made = Ahead(pool, 5)(lambda number: number * number, items())
        assert [next(iter(made)) for _ in range(10)] == [number**2 for number in range(10)]
        assert taken <= 16
        assert [*made] == [number**2 for number in range(10, 100)]


def test_results_come_as_they_are_done() -> None:
    late = threading.Event()

    def wait(number: int) -> int:
        assert number or late.wait(60)
        return number

    with ThreadPoolExecutor(2) as pool:
        order: list[int] = []
        for number, future in as_done(pool, wait, range(5), most=3, stop=late.set):
            order.append(future.result())
            assert future.result() == number
            if len(order) == 4:
                late.set()
    assert order[-1] == 0
    assert sorted(order) == [0, 1, 2, 3, 4]


def test_nothing_is_under_way_any_more_when_whoever_asked_leaves() -> None:
    stopped, begun, ended = threading.Event(), [0], [0]

    def wait(number: int) -> None:
        begun[0] += 1
        assert number == 0 or stopped.wait(60)
        ended[0] += 1

    with ThreadPoolExecutor(2) as pool:
        results = as_done(pool, wait, range(1_000), most=10, stop=stopped.set)
        next(results)
        results.close()
        assert begun == ended
        assert begun[0] < 15


def test_reading_ahead_stops_when_nobody_wants_more() -> None:
    asked = 0

    def pieces() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x"

    before = threading.active_count()
    batches = ahead(pieces())
    next(batches)
    batches.close()
    assert threading.active_count() == before
    assert asked < 1_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_alone() -> None:
    seconds = iter(range(100))
    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        progress = Progress(10_000_000, out, lambda: float(next(seconds)))
        progress.add(2_500_000)
        progress.add(2_500_000)
        with progress.aside():
            pass
    assert " 25 %  2.5 MB of 10.0 MB" in terminal.getvalue()
    assert " left" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert file.getvalue() == ""


def test_amounts_and_durations_are_for_people() -> None:
    assert [amount(size) for size in (0, 1, 999, 1_000, 1_234_567, 5 * 10**12, 10**16)] == [
        "0 bytes", "1 byte", "999 bytes", "1.0 kB", "1.2 MB", "5.0 TB", "10000.0 TB",
    ]  # fmt: skip
    assert [duration(s) for s in (0.4, 59, 125, 7_300)] == ["0 s", "59 s", "2 min 5 s", "2 h 1 min"]


def test_two_threads_whose_names_begin_alike_have_different_folders(tmp_path: Path) -> None:
    first = Thread(b"\1" * 32, b"\2" * 32)
    threads = Threads(tmp_path)
    name = threads.folder_for(first, bytes(32), os.urandom).name
    (tmp_path / name / ".thread").write_bytes(
        (tmp_path / name / ".thread").read_bytes().replace(first.id, b"\7" * 16)
    )
    again = Threads(tmp_path).folder_for(first, bytes(32), os.urandom).name
    assert again.startswith(f"{name}-")
    assert len(again.split("-")) == 4
    assert Threads(tmp_path).folder_for(first, bytes(32), os.urandom).name == again


def at_terminal(typed: list[str], *arguments: object) -> tuple[int, str]:
    """Run a command at a terminal of its own, and type."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", sys.executable, "-m", "keys", *map(str, arguments)],
        cwd=ROOT, stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    try:
        for line in typed:
            asked = shown.count(b": ")
            while shown.count(b": ") == asked:
                shown += os.read(master, 1_000)
            os.write(master, line.encode() + b"\n")
        while piece := os.read(master, 1_000):
            shown += piece
    except OSError:
        # The terminal closes with the last process.
        pass
    finally:
        os.close(master)
    return process.wait(), shown.decode()


def test_at_a_terminal_a_new_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make = ("root", root, "--strength", "light")
    code, shown = at_terminal(["one passphrase of many", "another"], *make)
    assert code == 1
    assert "The two are not the same" in shown
    assert not root.exists()
    code, shown = at_terminal(["one passphrase of many"] * 2, *make)
    assert code == 0
    assert "passphrase of many" not in shown
    assert root.exists()


def test_at_a_terminal_the_passphrase_is_asked_for(newsroom: Newsroom) -> None:
    code, shown = at_terminal(["wrong"], "open", newsroom.desk, newsroom.stick)
    assert code == 1
    assert f"Passphrase of {newsroom.desk}: " in shown
    assert "The passphrase is not the vault's" in shown
