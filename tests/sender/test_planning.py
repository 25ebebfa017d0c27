"""Packs: the same from the same, each full enough and never too full, and stable under changes."""

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.sender import planning
from intake.sender.errors import NothingToSend
from intake.sender.planning import START, Mark, Pack, Part, Tree, packs, parts_of
from intake.sender.walking import Found, Root, roots_of
from intake.wire.record import MAX_NAME
from intake.wire.resumable import MAX_CONTENT

#: Bytes of a pack, small so that a few files make many.
MOST = 2_000
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
#: Names and sizes; -1 is a folder.
TREES = st.dictionaries(NAMES, st.integers(-1, 3 * MOST), max_size=80)


def things(tree: dict[str, int]) -> list[Found]:
    ordered = sorted(tree.items(), key=lambda item: item[0].encode())
    return [Found(0, name.encode(), name, size) for name, size in ordered]


def planned(tree: dict[str, int]) -> list[Pack]:
    return list(packs((part for one in things(tree) for part in parts_of(one, MOST)), MOST))


def size_of(pack: Pack) -> int:
    return sum(part.front_size + part.length for part in pack)


@given(TREES)
def test_everything_is_in_the_packs_once_and_in_order(tree):
    parts = [part for pack in planned(tree) for part in pack]
    assert parts == [part for one in things(tree) for part in parts_of(one, MOST)]
    for one in things(tree):
        mine = [part for part in parts if part.found == one]
        assert [part.offset for part in mine] == [
            sum(part.length for part in mine[:number]) for number in range(len(mine))
        ]
        assert sum(part.length for part in mine) == max(0, one.size)
        assert all(part.length or not max(0, one.size) for part in mine)


@given(TREES)
def test_no_pack_is_empty_or_too_full(tree):
    assert all(pack and size_of(pack) <= MOST for pack in planned(tree))


@given(TREES)
def test_pieces_of_a_large_file_are_alone_and_all_but_the_last_full(tree):
    for pack in planned(tree):
        for part in pack:
            if not part.is_whole:
                assert pack == [part]
                last = part.offset + part.length == part.found.size
                assert last or size_of(pack) == MOST


@given(TREES, NAMES, st.integers(-1, 3 * MOST))
def test_a_change_in_a_tree_leaves_the_packs_after_the_next_end(tree, name, size):
    before, after = planned(tree), planned(tree | {name: size})
    changed = things({name: size})[0].path

    def settled(made: list[Pack]) -> list[Pack]:
        """Return the packs after the first that ends by itself behind the change."""
        behind = [number for number, pack in enumerate(made) if pack[-1].found.path > changed]
        ends = [number for number in behind if _ends_by_itself(made[number])]
        return made[ends[0] + 1 :] if ends else []

    # Whichever of the two ends first is the longer rest: the other is the end of it.
    longer, shorter = sorted([settled(before), settled(after)], key=len, reverse=True)
    assert not shorter or longer[-len(shorter) :] == shorter
    first = next((n for n, pack in enumerate(before) if pack[-1].found.path >= changed), None)
    assert after[: max(0, (first or 0) - 1)] == before[: max(0, (first or 0) - 1)]


def _ends_by_itself(pack: Pack) -> bool:
    part = pack[-1]
    return not part.is_whole or planning._ends(part, planning._cost(part, MOST), MOST)


def test_a_file_more_among_many_changes_few_packs():
    tree = {f"{number:06}": number * 37 % 900 for number in range(6_000)}
    before = {tuple(pack) for pack in planned(tree)}
    changes = []
    for number in range(0, 6_000, 300):
        after = {tuple(pack) for pack in planned(tree | {f"{number:06}x": 100})}
        changes.append(len(after - before))
    assert len(before) > 1_200
    assert sum(changes) / len(changes) < 8
    assert max(changes) < 60


def test_packs_are_full_where_files_are_small():
    full = [size_of(pack) for pack in planned({f"{n:05}": 40 for n in range(10_000)})]
    assert sum(full) / len(full) > 0.8 * MOST


@given(
    st.sampled_from([-1, 0, 1, 2**40]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)
def test_a_front_is_as_long_as_it_says(size, name):
    part = Part(Found(0, b"x", name, size))
    assert len(part.front(max(0, size), 0)) == part.front_size


def test_the_longest_path_leaves_room_for_a_piece():
    found = Found(0, b"x", "n" * MAX_NAME, 10**9)
    assert all(part.length > 8_000_000 for part in list(parts_of(found))[:-1])


def test_a_pack_has_a_bounded_number_of_entries():
    empty = (Part(Found(0, b"x", f"{number}", 0)) for number in range(40_000))
    assert max(map(len, packs(empty, MAX_CONTENT))) <= 16_384


def tree_of(folder: Path, sizes: dict[str, int]) -> Tree:
    """Make files of such sizes, with holes, and return their tree."""
    for name, size in sizes.items():
        path = folder / "t" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)
    return Tree(roots_of([str(folder / "t")]), lambda skipped: None, MOST)


def shape(pack: Pack) -> list[tuple[str, int, int]]:
    return [(part.found.name, part.offset, part.length) for part in pack]


def test_the_same_tree_elsewhere_and_made_in_another_order_gives_the_same_packs(tmp_path):
    sizes = {f"{n % 7}/{n:03}": n * 31 % 5_000 for n in range(150)}
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = tree_of(tmp_path / "here", sizes)
    there = tree_of(tmp_path / "there", dict(reversed(sizes.items())))
    os.utime(tmp_path / "there" / "t" / "0" / "000", (1, 1))
    assert [shape(pack) for pack in here.packs()] == [shape(pack) for pack in there.packs()]


def test_a_survey_counts_what_there_is_and_marks_where_packs_begin(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "_MARK", 3)
    sizes = {f"{n:03}": n * 31 % 5_000 for n in range(60)} | {"500": 12_345, "600": 7}
    tree = tree_of(tmp_path, sizes)
    counted: list[int] = []
    survey = tree.survey(counted.append)
    made = list(tree.packs())
    assert (survey.files, survey.folders, survey.size) == (62, 1, sum(sizes.values()))
    assert survey.packs == len(made)
    assert len(survey.marks) == (len(made) + 2) // 3
    assert counted == sorted(counted)
    for number, mark in enumerate(survey.marks):
        at = 3 * number
        assert list(tree.packs(mark)) == made[at:]
        assert list(tree.packs(START, mark)) == made[:at]
        assert mark.before == sum(part.length for pack in made[:at] for part in pack)


def test_a_mark_in_a_file_that_is_gone_is_the_next_file(tmp_path):
    tree = tree_of(tmp_path, {"a": 5_000, "b": 100})
    path = os.fsencode(tmp_path / "t" / "a")
    (tmp_path / "t" / "a").unlink()
    assert [shape(p) for p in tree.packs(Mark(0, path, 1_000))] == [[("t/b", 0, 100)]]


def test_nothing_is_told_and_so_is_more_than_a_manifest_holds(tmp_path, monkeypatch):
    with pytest.raises(NothingToSend, match="nothing to send"):
        Tree([Root(os.fsencode(tmp_path / "gone"), "gone")], lambda _: None).survey(lambda _: None)
    monkeypatch.setattr(planning, "MAX_PACKS", 3)
    with pytest.raises(NothingToSend, match="packs"):
        tree_of(tmp_path, {"a": 10 * MOST}).survey(lambda _: None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 5_000), max_size=9))
def test_any_tree_on_a_disk_is_planned_as_its_names_and_sizes_say(tmp_path, sizes):
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    (folder / "t").mkdir()
    tree = tree_of(folder, sizes)
    expected = planned({"t": -1} | {f"t/{name}": size for name, size in sizes.items()})
    assert [shape(pack) for pack in tree.packs()] == [shape(pack) for pack in expected]


def test_counting_takes_no_more_memory_for_more_files(tmp_path):
    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        for number in range(count):
            if number % 500 == 0:
                (folder / f"{number // 500:03}").mkdir(parents=True)
            os.close(os.open(folder / f"{number // 500:03}" / f"{number:06}", os.O_CREAT))
        tracemalloc.start()
        try:
            Tree(roots_of([str(folder)]), lambda _: None, 20_000).survey(lambda _: None)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # A folder's names, and a pack's, in either case.
    assert peak(4_000) < peak(2_000) + 100_000
