"""What is asked at a terminal, on a terminal: nothing of it stays on the screen."""

import io
import os
import pty
import secrets
import threading

import pytest

from intake.sender.asking import (
    Terminal,
    ask_codename,
    ask_known_codename,
    ask_message,
    ask_paths,
    slip_of,
)
from intake.sender.errors import CodenameError, NothingToSend
from intake.wire.codename import draw, passes
from intake.wordlists import words

CODENAME = draw(words("en"), secrets.randbelow)
ANOTHER = draw(words("en"), secrets.randbelow)


class Person:
    """Somebody at a terminal.

    Args:
        typed: lines that are typed, and at the end that there are no more.
        at_once: not each when it is asked for, but all before anything was.
    """

    def __init__(self, *typed: str, at_once: bool = False) -> None:
        self._person, terminal = pty.openpty()
        self._typed = [*(f"{line}\n".encode() for line in typed), b"\x04"]
        self.answers = os.fdopen(terminal, "r", closefd=False)
        self.screen = os.fdopen(os.dup(terminal), "w")
        self.shown = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._terminal = terminal
        if at_once:
            os.write(self._person, b"".join(self._typed))
            self._typed = []
        self._reader.start()

    def __enter__(self) -> Terminal:
        return Terminal(self.answers, self.screen, lambda: 100)

    def __exit__(self, *_: object) -> None:
        self.screen.close()
        self.answers.close()
        os.close(self._terminal)
        self._reader.join(10)
        os.close(self._person)

    @property
    def text(self) -> str:
        return self.shown.decode()

    def _read(self) -> None:
        try:
            while piece := os.read(self._person, 4_096):
                self.shown += piece
                if self._typed and self.shown.endswith((b": ", b". ")):
                    os.write(self._person, self._typed.pop(0))
        except OSError:
            return


def program(text: str) -> Terminal:
    """Return a terminal that is none: answers from a program."""
    return Terminal(io.StringIO(text), io.StringIO(), lambda: 0)


def test_a_person_is_asked_until_it_is_a_codename():
    slip = " ".join(("abdomin", *CODENAME[1:]))
    person = Person("one two", slip, " ".join(reversed(CODENAME)), "-".join(CODENAME).upper())
    with person as terminal:
        assert ask_codename(terminal, tuple) == (CODENAME, False)
    assert "A codename has 7 words; what you entered has 2." in person.text
    assert "“abdomin” is in none of the word lists. Did you mean" in person.text
    assert "The words do not fit together" in person.text or passes(tuple(reversed(CODENAME)))


def test_a_new_codename_is_shown_until_it_is_typed_from_the_paper():
    typed = " ".join(CODENAME)
    person = Person("", "", "another one", "", typed)
    with person as terminal:
        assert ask_codename(terminal, lambda: CODENAME) == (CODENAME, True)
    # Before it is typed, it is taken from the screen.
    assert person.text.count(typed) == 3
    assert "That was another one." in person.text
    shown = person.text.rindex(typed, 0, person.text.rindex("from the paper"))
    assert "\x1b[2J" in person.text[shown : person.text.rindex("from the paper")]


def test_what_is_asked_aside_is_on_the_other_screen_and_taken_away():
    person = Person(" ".join(CODENAME))
    with person as terminal:
        with terminal.aside():
            ask_known_codename(terminal)
        terminal.show("after")
    before, _, rest = person.text.partition("\x1b[?1049h")
    assert before.strip() == ""
    assert rest.endswith("\x1b[2J\x1b[H\x1b[?1049lafter")


def test_the_other_screen_is_left_also_where_it_ends_badly():
    person = Person()
    with person as terminal, pytest.raises(CodenameError), terminal.aside():
        ask_known_codename(terminal)
    assert person.text.endswith("\x1b[?1049l")


def test_a_message_ends_with_a_dot_or_with_the_end():
    for lines in (("One.", "", "Two.", ".", "not this"), ("One.", "", "Two.")):
        with Person(*lines, at_once=True) as terminal:
            assert ask_message(terminal, CODENAME) == b"One.\n\nTwo."


def test_a_message_with_the_codename_in_it_is_refused():
    hidden = f"Hello.\nI am {'-'.join(CODENAME).title()}!"
    with pytest.raises(NothingToSend, match="contains your codename"):
        ask_message(program(hidden), CODENAME)
    assert ask_message(program(hidden), ANOTHER) == hidden.encode()


def test_a_message_as_long_as_a_file_is_refused():
    with pytest.raises(NothingToSend, match="longer than 8 MB"):
        ask_message(program("x" * 9_000_000), CODENAME)


def test_paths_are_taken_as_they_are_dragged_there():
    with Person("/a/b c", "'/d/e f'", '"/g"', "", "/not/this") as terminal:
        assert ask_paths(terminal) == ["/a/b c", "/d/e f", "/g"]


def test_a_program_gives_the_codename_in_its_first_line_and_nothing_is_shown():
    screen = io.StringIO()
    terminal = Terminal(
        io.StringIO(f"{' '.join(CODENAME)}\r\nHello.\n.\nStill."), screen, lambda: 0
    )
    assert ask_codename(terminal, tuple) == (CODENAME, False)
    assert ask_message(terminal, CODENAME) == b"Hello.\n.\nStill."
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing"),
        ("\n", "missing"),
        ("one two\n", "7 words"),
        (" ".join(ANOTHER[:6]) + " qqqq\n", "none of the word lists"),
    ],
)
def test_a_program_that_gives_none_is_told(text, said):
    with pytest.raises(CodenameError, match=said):
        ask_codename(program(text), tuple)


def test_words_that_do_not_fit_together_are_told():
    others = [word for word in words("en") if not passes((*CODENAME[:6], word))]
    assert "do not fit together" in slip_of((*CODENAME[:6], others[0]))
    assert slip_of(CODENAME) == ""
