"""Pulling: what comes, comes whole, however often it is cut, and nothing is fetched again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from intake.courier.partial import Partial
from intake.courier.ticket import Ticket
from tests.courier.proxy import CuttingProxy
from tests.courier.service import CourierService
from tests.newsroom.server import ROOT, environment

Pair = tuple[Ticket, Path]
MIB = 1 << 20


def arguments(address: str, folder: Path, token: Path, *more: str) -> list[str]:
    """Return the command of a pull."""
    command = [sys.executable, "-m", "intake", "courier", "pull", address, str(folder)]
    return [*command, "--token-file", str(token), *more]


def pull(address: str, folder: Path, token: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Pull, and return how it ended."""
    return subprocess.run(
        arguments(address, folder, token, *more),
        cwd=ROOT,
        env=environment(token.parent),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def same(folder: Path, shelf: Path) -> bool:
    """Return whether a folder holds what the shelf holds, and nothing else."""
    names = sorted(path.name for path in folder.iterdir())
    if names != sorted(path.name for path in shelf.iterdir()):
        return False
    return all((folder / name).read_bytes() == (shelf / name).read_bytes() for name in names)


def at_random_points(total: int, count: int, seed: int) -> Callable[[int], bool]:
    """Return a ``cut`` for the proxy that cuts ``count`` times while ``total`` bytes pass."""
    points = sorted(random.Random(seed).randrange(total) for _ in range(count))

    def cut(passed: int) -> bool:
        if points and passed >= points[0]:
            points.pop(0)
            return True
        return False

    return cut


@pytest.fixture
def shelf(service: CourierService) -> Path:
    """The server's shelf, emptied."""
    service.empty()
    return service.operator.shelf


def test_a_pull_fetches_all_and_the_next_one_nothing(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path
) -> None:
    for size in (4_096, 4_097, 70_000, 3 * MIB, 40 * MIB + 1):
        service.put(size)
    folder = tmp_path / "new" / "stick"
    first = pull(service.address, folder, courier[1])
    assert (first.returncode, first.stdout) == (0, "5 envelopes fetched, 0 there already.\n")
    assert first.stderr == ""
    assert same(folder, shelf)
    service.put(4_096)
    with CuttingProxy(tmp_path / "p", service.address, lambda _: False) as proxy:
        second = pull(proxy.address, folder, courier[1])
    assert second.stdout == "1 envelope fetched, 5 there already.\n"
    assert proxy.total == 4_096


@pytest.mark.parametrize("seed", [1, 2])
def test_a_pull_that_is_cut_twenty_times_completes_and_fetches_no_byte_thrice(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path, seed: int
) -> None:
    sizes = [50 * MIB + 3, 17 * MIB, 9 * MIB, *([300_000] * 12)]
    for size in sizes:
        service.put(size)
    cut = at_random_points(sum(sizes), 20, seed)
    with CuttingProxy(tmp_path / "p", service.address, cut) as proxy:
        done = pull(proxy.address, tmp_path / "stick", courier[1])
    assert done.returncode == 0, done.stderr
    assert same(tmp_path / "stick", shelf)
    assert proxy.cuts == 20
    assert proxy.most() <= 2


@pytest.mark.slow
def test_a_courier_killed_twenty_times_completes_and_fetches_no_byte_thrice(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path
) -> None:
    total = 21 * 14 * MIB
    for size in (total - 40 * MIB, 40 * MIB):
        service.put(size)
    steps = random.Random(3)

    def slowly(_passed: int) -> bool:
        # 20 MB/s: faster than Tor, and slow enough for a megabyte to be made durable. And one
        # circuit, so that every one gets on between two kills, however busy the machine is.
        time.sleep(0.003)
        return False

    with CuttingProxy(tmp_path / "p", service.address, slowly) as proxy:
        command = arguments(proxy.address, tmp_path / "stick", courier[1], "--circuits", "1")
        for _ in range(20):
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.DEVNULL
            )
            until = proxy.total + steps.randrange(10 * MIB, 14 * MIB)
            while proxy.total < until:
                assert process.poll() is None
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = pull(proxy.address, tmp_path / "stick", courier[1])
    assert done.returncode == 0, done.stderr
    assert same(tmp_path / "stick", shelf)
    assert proxy.most() <= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_pull_keeps_all_that_has_come(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path, number: int
) -> None:
    size = 100 * MIB
    service.put(size)
    with CuttingProxy(tmp_path / "p", service.address, lambda _: False) as proxy:
        command = arguments(proxy.address, tmp_path / "stick", courier[1])
        process = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path))
        while proxy.total < size // 3:
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(number)
        assert process.wait(20) == 1
        done = pull(proxy.address, tmp_path / "stick", courier[1])
    assert done.returncode == 0, done.stderr
    assert same(tmp_path / "stick", shelf)
    # What the proxy had passed and nobody had read is all that may come twice.
    assert proxy.total < size + 4 * MIB


def test_a_server_that_is_killed_in_a_pull_and_started_again_goes_on(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path
) -> None:
    size = 150 * MIB
    service.put(size)
    killed: list[int] = []

    def kill(passed: int) -> bool:
        if passed > size // 3 and not killed:
            killed.append(passed)
            service.process.kill()
            service.process.wait()
        return False

    with CuttingProxy(tmp_path / "p", service.address, kill) as proxy:
        command = arguments(proxy.address, tmp_path / "stick", courier[1])
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(tmp_path), stderr=subprocess.PIPE, text=True
        )
        while not killed:
            time.sleep(0.01)
        service.start()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Trying again." in said
    assert same(tmp_path / "stick", shelf)


def test_a_server_that_is_away_is_given_up_after_the_patience(
    courier: Pair, tmp_path: Path
) -> None:
    began = time.monotonic()
    done = pull(f"unix:{tmp_path / 'nobody'}", tmp_path / "stick", courier[1], "--patience", "1")
    assert done.returncode == 1
    assert "Nothing answers" in done.stderr
    assert "hint: " in done.stderr
    assert 1 <= time.monotonic() - began < 10


def test_an_unknown_token_is_told_at_once(service: CourierService, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0" * 64)
    done = pull(service.address, tmp_path / "stick", token)
    assert done.returncode == 1
    assert "does not know the token" in done.stderr


def test_an_envelope_that_is_another_is_deleted_and_told(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path
) -> None:
    (shelf / ("0" * 32)).write_bytes(os.urandom(5_000))
    done = pull(service.address, tmp_path / "stick", courier[1])
    assert done.returncode == 1
    assert "another thing" in done.stderr
    assert not list((tmp_path / "stick").iterdir())


def test_an_envelope_that_is_deleted_meanwhile_is_left_out(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path
) -> None:
    paths = [service.put(20 * MIB) for _ in range(6)]

    def delete(_passed: int) -> bool:
        for path in paths:
            path.unlink(missing_ok=True)
        return False

    with CuttingProxy(tmp_path / "p", service.address, delete) as proxy:
        done = pull(proxy.address, tmp_path / "stick", courier[1], "--circuits", "1")
    assert done.returncode == 0, done.stderr
    assert "deleted on a receipt meanwhile" in done.stdout
    names = [path.name for path in (tmp_path / "stick").iterdir()]
    assert not [name for name in names if name.startswith(".")]


def test_two_pulls_into_one_folder_are_one_too_many(
    service: CourierService, courier: Pair, shelf: Path, tmp_path: Path
) -> None:
    import fcntl

    folder = tmp_path / "stick"
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    done = pull(service.address, folder, courier[1])
    os.close(descriptor)
    assert done.returncode == 1
    assert "under way" in done.stderr


def test_a_folder_that_is_none_is_told(
    service: CourierService, courier: Pair, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = pull(service.address, tmp_path / "file", courier[1])
    assert done.returncode == 1
    assert "takes no more" in done.stderr


def test_a_journal_names_no_byte_that_is_not_there(tmp_path: Path) -> None:
    name = "a" * 32
    partial = Partial(tmp_path, name, 1_000)
    partial.put(0, bytes(300))
    partial.put(600, bytes(100))
    partial.keep(0, 300)
    partial.keep(600, 700)
    partial.close()
    journal = tmp_path / f".{name}.ranges"
    text = journal.read_bytes()
    assert Partial(tmp_path, name, 1_000).missing() == [(300, 600), (700, 1_000)]
    for end in range(len(text)):
        journal.write_bytes(text[:end])
        again = Partial(tmp_path, name, 1_000).missing()
        assert again in ([(0, 1_000)], [(300, 1_000)])
    journal.write_bytes(text + b"900 1000\n")
    assert Partial(tmp_path, name, 1_000).missing() == [(0, 1_000)]
    journal.write_bytes(text + b"what is this\n")
    assert Partial(tmp_path, name, 1_000).missing() == [(0, 1_000)]
    (tmp_path / f".{name}.part").unlink()
    journal.write_bytes(text)
    assert Partial(tmp_path, name, 1_000).missing() == [(0, 1_000)]
