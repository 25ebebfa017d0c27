"""Large files that come in pieces: put together in any order, over days, and never mixed up."""

import itertools
import json
import os
import random
from pathlib import Path

import pytest

from keys import assembling
from keys.ranges import Ranges
from tests.keys.newsroom import Newsroom
from tests.keys.packing import Sender, landed, piece

DATA = os.urandom(300_000)


@pytest.fixture
def sender(newsroom: Newsroom) -> Sender:
    return Sender(newsroom)


def part(start: int, end: int, data: bytes = DATA, path: str = "box/film.mkv") -> bytes:
    return piece(path, data[start:end], start, len(data))


def pieces_folder(newsroom: Newsroom) -> list[Path]:
    return list((newsroom.desk / ".pieces").iterdir())


def opened(sender: Sender, *entries: bytes) -> str:
    """Open one more pack by itself; return what was said."""
    sender.pack(*entries)
    ran = sender.newsroom.open()
    assert ran.code == 0, ran.err
    return ran.err


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_file_appears_when_its_last_piece_came_whatever_the_order(
    sender: Sender, order: tuple[int, ...]
) -> None:
    newsroom = sender.newsroom
    bounds = [(0, 100_000), (100_000, 250_000), (250_000, 300_000)]
    for number, index in enumerate(order, 1):
        said = opened(sender, part(*bounds[index]))
        if number < 3:
            assert landed(newsroom) == {}
            assert "1 file still lacks pieces: keys complete" in said
    assert landed(newsroom) == {"box/film.mkv": DATA}
    assert "still lack" not in said
    assert pieces_folder(newsroom) == []


def test_what_is_missing_is_said_with_where_the_rest_lies(sender: Sender) -> None:
    newsroom = sender.newsroom
    opened(sender, part(0, 100_000), part(200_000, 300_000))
    out = newsroom.keys("complete", newsroom.desk).out
    assert "box/film.mkv: 200.0 kB of 300.0 kB; what is here lies in" in out
    (row,) = map(json.loads, newsroom.keys("complete", newsroom.desk, "--json").out.splitlines())
    there = Path(row["path"]).read_bytes()
    assert there == DATA[:100_000] + bytes(100_000) + DATA[200_000:]
    assert (row["size"], row["there"], row["name"]) == (300_000, 200_000, "box/film.mkv")


def test_a_hole_takes_no_room_on_the_disk(sender: Sender) -> None:
    opened(sender, piece("huge.img", b"x" * 4096, 2**40, 2**41))
    (file,) = pieces_folder(sender.newsroom)
    assert file.stat().st_size > 2**40
    assert file.stat().st_blocks * 512 < 1_000_000


def test_pieces_that_were_cut_another_way_are_put_together_too(sender: Sender) -> None:
    opened(sender, part(0, 100_000))
    opened(sender, part(50_000, 200_000), part(150_000, 160_000))
    opened(sender, part(199_999, 300_000))
    assert landed(sender.newsroom) == {"box/film.mkv": DATA}


@pytest.mark.parametrize("at", [0, 70_000, 99_999])
def test_a_file_that_changed_while_it_was_sent_is_said_to_have_and_nothing_is_lost(
    sender: Sender, at: int
) -> None:
    newsroom = sender.newsroom
    later = bytearray(DATA)
    later[at] ^= 1
    opened(sender, part(0, 100_000), part(100_000, 200_000))
    said = opened(sender, part(0, 100_000, bytes(later)))
    assert "changed while it was sent: box/film.mkv" in said
    opened(sender, part(200_000, 300_000))
    assert landed(newsroom) == {
        "box/film (changed while it was sent).mkv": DATA,
        "box/film (from byte 0).mkv": bytes(later[:100_000]),
    }


def test_that_a_file_changed_is_known_after_a_restart_in_every_order(sender: Sender) -> None:
    other = bytes(100_000)
    opened(sender, part(0, 100_000), piece("box/film.mkv", other, 0, 300_000))
    for bounds in ((200_000, 300_000), (100_000, 200_000)):
        opened(sender, part(*bounds))
    assert landed(sender.newsroom) == {
        "box/film (changed while it was sent).mkv": DATA, "box/film (from byte 0).mkv": other,
    }  # fmt: skip


def test_a_later_version_of_a_file_that_is_whole_is_a_file_of_its_own(sender: Sender) -> None:
    later = os.urandom(300_000)
    opened(sender, part(0, 200_000), part(200_000, 300_000))
    opened(sender, part(0, 200_000, later))
    opened(sender, part(200_000, 300_000, later))
    assert landed(sender.newsroom) == {"box/film.mkv": DATA, "box/film (2).mkv": later}


def test_what_changed_in_a_file_that_is_whole_is_said_to_be_that(sender: Sender) -> None:
    opened(sender, part(0, 200_000), part(200_000, 300_000))
    opened(sender, part(0, 200_000, bytes(300_000)))
    newsroom = sender.newsroom
    assert landed(newsroom) == {"box/film.mkv": DATA}
    out = newsroom.keys("complete", newsroom.desk).out
    assert "one of this name and size is whole, and this may be what changed" in out


def test_pieces_of_a_file_that_is_whole_already_are_nothing_new(sender: Sender) -> None:
    opened(sender, part(0, 200_000), part(200_000, 300_000))
    said = opened(sender, part(100_000, 250_000))
    assert "still lack" not in said
    assert landed(sender.newsroom) == {"box/film.mkv": DATA}
    assert pieces_folder(sender.newsroom) == []


def test_files_of_one_path_and_another_size_are_two(sender: Sender) -> None:
    longer = DATA + b"more"
    opened(sender, part(0, 200_000), part(0, 200_000, longer))
    opened(sender, part(200_000, 300_000), part(200_000, 300_004, longer))
    assert landed(sender.newsroom).keys() == {"box/film.mkv", "box/film (2).mkv"}
    assert set(landed(sender.newsroom).values()) == {DATA, longer}


def test_two_sources_files_of_one_path_are_not_mixed(newsroom: Newsroom) -> None:
    one, other = Sender(newsroom), Sender(newsroom)
    theirs = os.urandom(300_000)
    opened(one, part(0, 200_000))
    opened(other, part(0, 200_000, theirs))
    opened(one, part(200_000, 300_000))
    opened(other, part(200_000, 300_000, theirs))
    assert sorted(newsroom.opened_files().values()) == sorted([DATA, theirs])


def test_paths_that_become_one_name_are_not_mixed(sender: Sender) -> None:
    other = os.urandom(300_000)
    opened(sender, part(0, 200_000, path="a:b.bin"), part(0, 200_000, other, "a?b.bin"))
    opened(sender, part(200_000, 300_000, path="a:b.bin"))
    opened(sender, part(200_000, 300_000, other, "a?b.bin"))
    assert landed(sender.newsroom) == {"a_b.bin": DATA, "a_b (2).bin": other}


def test_pieces_that_somebody_took_away_begin_anew(sender: Sender) -> None:
    opened(sender, part(0, 100_000))
    pieces_folder(sender.newsroom)[0].unlink()
    opened(sender, part(100_000, 300_000))
    assert landed(sender.newsroom) == {}
    opened(sender, part(0, 100_000), b"".join([part(0, 1)]))
    assert landed(sender.newsroom) == {"box/film.mkv": DATA}
    assert "Nothing new" in sender.newsroom.open().err


def test_more_files_than_can_be_put_together_are_kept_in_pieces(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembling, "MOST_OF_A_THREAD", 3)
    for number in range(5):
        sender.pack(piece(f"{number}.bin", b"%d" % number, 1, 10))
    ran = sender.newsroom.open()
    assert ran.code == 0
    assert len(pieces_folder(sender.newsroom)) == 3
    kept = landed(sender.newsroom)
    assert len(kept) == 2
    assert all(name.endswith(" (from byte 1).bin") for name in kept)
    assert "1 piece that could not be put together" in ran.err


def test_ranges_are_as_sets_of_numbers() -> None:
    chance = random.Random(5)
    for _ in range(300):
        ranges, numbers = Ranges(), set[int]()
        for _ in range(12):
            start = chance.randrange(30)
            end = start + chance.randrange(1, 10)
            missing = [number for number in range(start, end) if number not in numbers]
            gaps = ranges.gaps(start, end)
            assert [number for low, high in gaps for number in range(low, high)] == missing
            ranges.add(start, end)
            numbers |= set(range(start, end))
            stretches = list(ranges)
            assert [n for low, high in stretches for n in range(low, high)] == sorted(numbers)
            assert all(one[1] < other[0] for one, other in itertools.pairwise(stretches))
