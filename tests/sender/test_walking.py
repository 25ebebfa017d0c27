"""The walk: the same order everywhere, everything that can be sent, and a word for the rest."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.sender import walking
from intake.sender.errors import NothingToSend
from intake.sender.walking import Found, Skipped, roots_of, walk

NAMES = st.binary(min_size=1, max_size=6).filter(
    lambda name: not set(name) & {0, 47} and name not in (b".", b"..")
)
#: A tree: folders are dictionaries, files are sizes.
TREES = st.recursive(
    st.integers(0, 3), lambda inner: st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
).filter(lambda tree: isinstance(tree, dict))


def plant(place: bytes, tree: object) -> None:
    """Make a tree of real files."""
    if isinstance(tree, int):
        with open(place, "wb") as file:
            file.write(bytes(tree))
        return
    assert isinstance(tree, dict)
    os.makedirs(place, exist_ok=True)
    for name, inner in tree.items():
        plant(place + b"/" + name, inner)


def expected(place: bytes, tree: dict[bytes, object]) -> Iterator[tuple[bytes, int]]:
    """Yield path and size of all in a tree, in order."""
    yield place, -1
    for name, inner in sorted(tree.items()):
        if isinstance(inner, dict):
            yield from expected(place + b"/" + name, inner)
        else:
            assert isinstance(inner, int)
            yield place + b"/" + name, inner


def found(*paths: Path) -> list[Found]:
    return [one for one in walk(roots_of(list(map(str, paths)))) if isinstance(one, Found)]


def skipped(*paths: Path) -> dict[str, str]:
    return {
        one.name: one.why
        for one in walk(roots_of(list(map(str, paths))))
        if isinstance(one, Skipped)
    }


@given(tree=TREES, names=st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_all_is_found_in_the_order_of_the_bytes_of_its_names(tmp_path, tree, names, monkeypatch):
    # However few names of a folder are in memory at once.
    monkeypatch.setattr(walking, "_NAMES", names)
    place = os.fsencode(tmp_path / f"tree{len(list(tmp_path.iterdir()))}")
    plant(place, tree)
    [root] = roots_of([os.fsdecode(place)])
    all_of_it = [one for one in walk([root]) if isinstance(one, Found)]
    assert [(one.path, one.size) for one in all_of_it] == list(expected(place, tree))
    for number, one in enumerate(all_of_it):
        assert list(walk([root], (0, one.path))) == all_of_it[number:]


def test_a_walk_begins_where_something_was_that_is_gone(tmp_path):
    for name in ("a/b/c", "a/b/e", "a/f", "g"):
        (tmp_path / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "t" / name).touch()
    roots = roots_of([str(tmp_path / "t")])

    def names_from(path: str) -> list[str]:
        start = os.fsencode(tmp_path / "t" / path)
        return [one.name for one in walk(roots, (0, start)) if isinstance(one, Found)]

    assert names_from("a/b/d") == ["t/a/b/e", "t/a/f", "t/g"]
    assert names_from("a/b/x/y/z") == ["t/a/f", "t/g"]
    assert names_from("z") == []


def test_names_begin_with_what_was_named_and_roots_are_in_order(tmp_path, monkeypatch):
    (tmp_path / "b" / "leak").mkdir(parents=True)
    (tmp_path / "b" / "leak" / "x").touch()
    (tmp_path / "a.txt").touch()
    paths = [tmp_path / "b" / "leak", tmp_path / "a.txt"]
    names = ["a.txt", "leak", "leak/x"]
    assert [one.name for one in found(*paths)] == names
    assert [one.name for one in found(*reversed(paths))] == names
    monkeypatch.chdir(tmp_path / "b" / "leak")
    assert [one.name for one in found(Path("."))] == ["leak", "leak/x"]


def test_what_cannot_be_sent_is_told_by_name(tmp_path, monkeypatch):
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "file").write_text("x")
    (tree / "link").symlink_to("file")
    (tree / "folder").symlink_to(tmp_path)
    (tree / "nowhere").symlink_to("/no/such/place")
    os.mkfifo(tree / "pipe")
    monkeypatch.chdir(tree)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    link, other = "is a link; links are not followed", "is neither a file nor a folder"
    assert skipped(tree) == {
        "t/link": link,
        "t/folder": link,
        "t/nowhere": link,
        "t/pipe": other,
        "t/socket": other,
    }
    assert [one.name for one in found(tree)] == ["t", "t/file"]


def test_a_link_that_was_named_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").touch()
    (tmp_path / "link").symlink_to("real")
    assert [one.name for one in found(tmp_path / "link")] == ["link", "link/x"]


def test_a_name_that_is_no_text_can_be_sent(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    plant(os.fsencode(tree) + b"/caf\xe9", 1)
    assert [one.name for one in found(tree)] == ["t", "t/caf\\xe9"]


@pytest.fixture
def nested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, int], Path]]:
    """Makes folders in folders: more than the system takes in one path, or Python deletes."""

    def nest(name: str, depth: int) -> Path:
        monkeypatch.chdir(tmp_path)
        for _ in range(depth):
            os.mkdir(name)
            os.chdir(name)
        return tmp_path / name

    yield nest
    subprocess.run(["rm", "-rf", *tmp_path.iterdir()], check=True)


def test_a_path_that_is_too_long_is_told(nested):
    tree = nested("n" * 250, 20)
    [(name, why)] = skipped(tree).items()
    assert len(name) > 4_000
    assert "File name too long" in why
    assert 10 < len(found(tree)) < 20


def test_a_name_that_becomes_too_long_when_it_is_written_out_is_told(tmp_path, nested):
    place = os.fsencode(nested("n" * 250, 12)) + (b"/" + b"n" * 250) * 11
    plant(place + b"/" + b"\xff" * 250, 1)
    plant(place + b"/" + b"\xfe" * 250, {b"\xff" * 100: 1})
    assert list(skipped(tmp_path / ("n" * 250)).values()) == ["has a path of more than 4096 bytes"]


def test_a_tree_of_any_depth_is_walked(nested):
    assert len(found(nested("d", 1_500))) == 1_500


@pytest.mark.parametrize(
    "paths", [["/"], ["/no/such/file"], ["/etc/hostname", "/proc/../etc/hostname"]]
)
def test_paths_that_cannot_be_sent_are_refused(paths):
    with pytest.raises(NothingToSend):
        roots_of(paths)


def test_looking_changes_no_access_time(tmp_path):
    tree = tmp_path / "t"
    plant(os.fsencode(tree), {b"a": {b"b": 3}, b"c": 2})
    places = [tree, tree / "a", tree / "a" / "b", tree / "c"]
    for place in places:
        # Long ago, and before the last change: then reading would be noted.
        os.utime(place, ns=(10**18, 10**18 + 1))
    assert len(found(tree)) == 4
    assert {place.stat().st_atime_ns for place in places} == {10**18}
