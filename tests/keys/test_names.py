"""Names from outside: kept where they can be, harmless always."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import names
from keys.syllables import names_of, word

ANY = st.text(max_size=400) | st.text(alphabet="./\\-a \u202e\0con", max_size=12)


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf", "Bericht Mai.pdf", "отчёт.docx", "تقرير.pdf", "報告書.pdf", "👩‍👩‍👧.png",
        "a.tar.gz", "noextension", " leading space", "a..b",
        "x" * 255, "می‌خواهم.txt", "console.txt", "nullable", "com10.txt", "#1 & 50 %.txt",
    ],
)  # fmt: skip
def test_an_ordinary_name_is_kept_as_it_is(name: str) -> None:
    assert names.components(name) == [name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ["unnamed"]),
        (".", ["unnamed"]),
        ("/", ["unnamed"]),
        ("   ", ["unnamed"]),
        ("..", ["__"]),
        ("../../x", ["__", "__", "x"]),
        ("/etc/passwd", ["etc", "passwd"]),
        ("C:\\Users\\x.doc", ["C__Users_x.doc"]),
        (".bashrc", ["_bashrc"]),
        ("...x", ["___x"]),
        ("-rf", ["_rf"]),
        ("--help", ["__help"]),
        ("-.-x", ["___x"]),
        ("invoice\u202efdp.exe", ["invoice_fdp.exe"]),
        ("a\nb\x1b[2J\x7f", ["a_b_[2J_"]),
        ("zero\u200bwidth\ufeff", ["zero_width_"]),
        ("line\u2028sep", ["line_sep"]),
        ('what? "q" <b>: 1*2|3.txt', ["what_ _q_ _b__ 1_2_3.txt"]),
        ("\u3164", ["_"]),
        ("a\u2800\u115fb", ["a__b"]),
        ("CON", ["_CON"]),
        ("con.txt", ["_con.txt"]),
        ("Lpt1 .tar.gz", ["_Lpt1 .tar.gz"]),
        ("COM¹.x", ["_COM¹.x"]),
        ("dot.", ["dot_"]),
        ("space ", ["space_"]),
        ("a. . ", ["a____"]),
        ("a/b/c.txt", ["a", "b", "c.txt"]),
        ("a//./b", ["a", "b"]),
    ],
)
def test_a_hostile_name_is_made_harmless(name: str, expected: list[str]) -> None:
    assert names.components(name) == expected


@given(ANY)
@settings(max_examples=1000)
def test_no_name_does_harm(name: str) -> None:
    parts = names.components(name)
    assert 1 <= len(parts) <= names.MAX_DEPTH
    for part in parts:
        assert 1 <= len(part.encode()) <= names.MAX_BYTES
        assert part not in (".", "..")
        assert not set(part) & set(
            "/\\\0\n\r\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        )
        assert part[0] not in ".-"
        assert part[-1] != "."
        assert not part[-1].isspace()
        assert names.harmless(part) == part


@given(ANY, st.integers(2, 10_000))
def test_marks_and_numbers_leave_a_name_harmless_and_its_extension(name: str, number: int) -> None:
    part = names.harmless(name)
    for changed in (names.marked(part, "incomplete"), names.numbered(part, number)):
        assert len(changed.encode()) <= names.MAX_BYTES
        assert changed.endswith(names.split(part)[1])
        assert changed != part


@given(st.lists(ANY, min_size=1, max_size=5))
@settings(max_examples=200)
def test_a_path_stays_below_where_it_begins(parts: list[str]) -> None:
    base = Path("/desk/threads/x")
    inside = base.joinpath(*names.components("/".join(parts)))
    assert Path(os.path.normpath(inside)).is_relative_to(base)
    assert inside != base


def test_a_long_name_keeps_its_extension() -> None:
    cut = names.harmless("ü" * 200 + ".tar.gz")
    assert cut.endswith("ü.tar.gz")
    assert 253 <= len(cut.encode()) <= 255
    assert names.marked(cut, "incomplete").endswith("ü (incomplete).tar.gz")


def test_too_deep_or_too_long_a_path_keeps_its_name_alone() -> None:
    assert names.components("a/" * 128 + "b.txt") == ["b.txt"]
    assert names.components(("x" * 200 + "/") * 11 + "b.txt") == ["b.txt"]
    assert len(names.components("a/" * 127 + "b.txt")) == 128
    assert len(names.components("node_modules/some-package/" * 40 + "index.js")) == 81


def test_names_that_look_the_same_are_one() -> None:
    assert names.harmless("cafe\u0301.txt") == names.harmless("caf\u00e9.txt") == "caf\u00e9.txt"


@pytest.mark.parametrize("taken", [0, 1, 2, 3, 7, 8, 9, 1_000, 100_000])
def test_a_free_number_is_found_in_few_steps(taken: int) -> None:
    asked: list[int] = []

    def is_taken(number: int) -> bool:
        asked.append(number)
        return number <= taken

    assert names.free_number(is_taken) == taken + 1
    assert len(asked) <= 40


def test_numbers_go_before_the_extension() -> None:
    assert names.numbered("report.pdf", 1) == "report.pdf"
    assert names.numbered("report.pdf", 2) == "report (2).pdf"
    assert names.numbered("a.tar.gz", 3) == "a (3).tar.gz"
    assert names.numbered("README", 2) == "README (2)"


def test_a_threads_name_is_made_of_its_first_48_bits() -> None:
    # The examples of the proquint paper: 127.0.0.1 and 63.84.220.193.
    assert word(0x7F00) + "-" + word(0x0001) == "lusab-babad"
    assert word(0x3F54) + "-" + word(0xDCC1) == "gutih-tugad"
    assert next(names_of(bytes.fromhex("7f0000013f54") + bytes(10))) == "lusab-babad-gutih"


@given(st.binary(min_size=16, max_size=16))
def test_the_names_of_a_thread_grow_by_a_word_each(thread_id: bytes) -> None:
    all_names = list(names_of(thread_id))
    assert [len(name.split("-")) for name in all_names] == [3, 4, 5, 6, 7, 8]
    assert all(long.startswith(short) for short, long in pairwise(all_names))
