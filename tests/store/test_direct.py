"""The file that is written past the page cache."""

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.store.direct import DirectFile
from tests.newsroom.disks import disk_without_direct_writes

MIB = 1 << 20
edges = st.sampled_from([0, 1, 4_095, 4_096, 4_097, 65_536, MIB - 1, MIB, MIB + 1])
sizes = st.one_of(st.integers(0, 20_000), edges)
#: Calls of ``write``, each with pieces of these sizes.
calls = st.lists(st.lists(sizes, max_size=5), max_size=6)


@pytest.fixture(params=["disk", "memory", "without"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on the disk, in memory, and on a file system that refuses direct writes."""
    if request.param == "disk":
        yield tmp_path
    elif request.param == "without":
        with disk_without_direct_writes(tmp_path) as folder:
            yield folder
    else:
        folder = Path("/dev/shm", secrets.token_hex(8))
        folder.mkdir()
        yield folder
        folder.rmdir()


def written(path: Path, calls: list[list[int]]) -> tuple[bytes, bytes]:
    """Write pieces of random bytes; return what was written and what the file holds."""
    expected = bytearray()
    file = DirectFile(path)
    try:
        for pieces in calls:
            contents = [os.urandom(size) for size in pieces]
            file.write(contents)
            expected += b"".join(contents)
        file.sync()
    finally:
        file.close()
    content = path.read_bytes()
    path.unlink()
    return bytes(expected), content


@given(calls=calls)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_file_holds_what_was_written_in_pieces_of_any_size(
    place: Path, calls: list[list[int]]
) -> None:
    expected, content = written(place / secrets.token_hex(8), calls)
    assert content == expected


def test_a_file_system_that_refuses_only_the_write_is_written_the_ordinary_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    refused: list[int] = []

    def refuse_once(fd: int, data: Any) -> int:
        if not refused:
            refused.append(fd)
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(fd, data)

    monkeypatch.setattr(os, "write", refuse_once)
    expected, content = written(tmp_path / "file", [[5_000, 70_000], [MIB]])
    assert refused
    assert content == expected


def test_a_short_write_in_the_middle_of_a_page_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, left = os.write, [4_096, 4_096 + 100, 8_192]

    def short(fd: int, data: Any) -> int:
        # What the disk takes past a page, it takes the ordinary way.
        return write(fd, data[: left.pop()] if left and len(data) > 8_192 else data)

    monkeypatch.setattr(os, "write", short)
    expected, content = written(tmp_path / "file", [[100_000], [100_000, 3], [100_000]])
    assert content == expected


def test_all_whole_pages_are_on_the_disk_before_the_file_is_synced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    file, content = DirectFile(path), os.urandom(3 * MIB + 5_000)
    file.write([content])
    assert path.read_bytes() == content[: len(content) - len(content) % 4_096]
    file.close()


def test_a_file_that_exists_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"there before")
    with pytest.raises(FileExistsError):
        DirectFile(path)
    assert path.read_bytes() == b"there before"


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    DirectFile(tmp_path / "file").close()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("rest", [0, 1, 4_095])
def test_going_on_follows_the_whole_pages_that_are_there(place: Path, rest: int) -> None:
    path, before, after = place / "file", os.urandom(8_192 + rest), os.urandom(100_000)
    path.write_bytes(before)
    file = DirectFile(path, going_on=True)
    file.write([after])
    file.sync()
    file.close()
    assert path.read_bytes() == before[:8_192] + after
    path.unlink()
