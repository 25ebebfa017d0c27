"""What is shown: figures that people read, lines that fit, names that do nothing to a terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.sender.bar import Bar, line
from intake.sender.sending import Progress
from intake.sender.words import count, duration, human, safe


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (269 * 10**9, "269.0 GB")],
)
def test_sizes(size, text):
    assert human(size) == text


def test_a_size_beside_another_has_its_unit():
    assert f"{human(5, like=2 * 10**9)} of {human(2 * 10**9)}" == "0.0 of 2.0 GB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "3 s"), (61, "1 min"), (3_600, "1 h"), (5_400, "1 h 30 min"), (90_061, "1 d 1 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_counts():
    assert [count(1, "file"), count(1_000_000, "file")] == ["1 file", "1,000,000 files"]
    assert count(2, "reply", "replies") == "2 replies"


@given(st.text())
def test_a_name_does_nothing_to_a_terminal(text):
    assert safe(text).isprintable()


def test_what_can_be_seen_stays_as_it_is():
    assert safe("Prüfung (1) 資料.pdf") == "Prüfung (1) 資料.pdf"
    assert safe("a\x1b[2Jb\u202egpj.exe\n") == r"a\x1b[2Jb\u202egpj.exe\n"


PROGRESS = Progress(113_200_000_000, 269_000_000_000, 4)


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (20, "42 %  1 d 12 h left"),
        (39, "42 %  113.2 of 269.0 GB  1 d 12 h left"),
        (60, "42 %  113.2 of 269.0 GB  1 d 12 h left  1.2 MB/s  4 circuits"),
        (
            79,
            "[######---------]  42 %  113.2 of 269.0 GB  1 d 12 h left  1.2 MB/s  4 circuits",
        ),
    ],
)
def test_a_line_says_as_much_as_fits(width, text):
    assert line(PROGRESS, 1_200_000, 0, width) == text


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.floats(0, 10**9), st.integers(0, 200))
def test_no_line_is_too_long(done, total, rate, width):
    progress = Progress(min(done, total), total, 4, checking=bool(done % 2))
    assert len(line(progress, rate, 0, width)) <= width


def test_while_it_waits_for_its_hours_it_says_until_when():
    assert "goes on in 3 h" in line(PROGRESS, 0, 3 * 3_600, 79)


class Watched:
    """A bar, what it has written, and its clock."""

    def __init__(self, columns: int) -> None:
        self.stream = io.StringIO()
        self.now = 100.0
        self.columns = columns
        self.bar = Bar(self.stream, lambda: self.now, lambda: self.columns)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


def test_a_bar_is_drawn_over_itself_and_leaves_a_line():
    watched = Watched(80)
    watched.bar.draw(Progress(0, 2_000_000, 4))
    watched.now += 10
    watched.bar.draw(Progress(1_000_000, 2_000_000, 4))
    watched.bar.say("The circuit broke.")
    watched.bar.draw(Progress(2_000_000, 2_000_000, 4))
    watched.bar.end()
    first, second, *rest = watched.text.split("\r")[1:]
    assert "0 %" in first
    assert "50 %  1.0 of 2.0 MB  10 s left  100.0 kB/s" in second
    assert watched.text.endswith("\n")
    assert "\rThe circuit broke.\n" in watched.text
    # What is drawn over it hides all of the line before.
    assert len(rest[0]) >= len(second.rstrip())


def test_a_terminal_that_goes_away_ends_nothing():
    watched = Watched(80)
    watched.bar.draw(Progress(1, 5, 4))
    watched.columns = 0
    watched.bar.say("The circuit broke.")
    watched.bar.draw(Progress(2, 5, 4))
    assert watched.text.endswith("\rThe circuit broke.\n40 %, 2 of 5 bytes, 4 circuits\n")


def test_the_same_trouble_is_not_told_over_and_over():
    watched = Watched(0)
    for _ in range(5):
        watched.bar.say("The circuit broke.")
        watched.now += 20
    assert watched.text == "The circuit broke.\n" * 2


def test_without_a_terminal_there_is_a_line_now_and_then():
    watched = Watched(0)
    for done in range(1_001):
        watched.bar.draw(Progress(done, 1_000, 4))
        watched.now += 1
    assert [said.partition(",")[0] for said in watched.text.splitlines()] == [
        f"{tenth * 10} %" for tenth in range(11)
    ]
    for _ in range(1_200):
        watched.bar.draw(Progress(1_000, 1_000, 4))
        watched.now += 1
    assert len(watched.text.splitlines()) == 13


def test_a_look_at_what_was_there_is_told_apart():
    watched = Watched(80)
    watched.bar.draw(Progress(5, 5, 4))
    watched.bar.draw(Progress(1, 5, 4, checking=True))
    assert "1 of 5 bytes looked through" in watched.text
