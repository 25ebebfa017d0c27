"""What is asked at the terminal: a codename, a message, an address.

It is shown while it is typed, since seven words are hardly typed blind; and all of it on the
terminal's other screen, so that nothing stays in what can be scrolled back. A new codename has
to be typed once from the paper that it was written down on: without it no cut upload is found
again and no reply can be read, and who has sent for days should not learn then that it is wrong.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from intake.sender.errors import CodenameError, NothingToSend
from intake.sender.words import wrapped
from intake.wire.codename import WORDS, gives_away, passes, split
from intake.wire.resumable import MAX_CONTENT
from intake.wordlists import slips

_ASIDE: Final = "\x1b[?1049h\x1b[2J\x1b[H"
_BACK: Final = "\x1b[2J\x1b[H\x1b[?1049l"
_CLEAR: Final = "\x1b[2J\x1b[H"


_KEEP_IT: Final = (
    "Write it down on paper, and nowhere on this computer. With it you go on after any cut, from "
    "any computer, and read what the editors answer. Nobody else has it, and nobody can give it "
    "to you again."
)

Words = tuple[str, ...]


class Terminal:
    """A person, or a program that has the answers on its standard input.

    Args:
        answers: where they are read, line by line.
        screen: where is shown what is asked.
        columns: gives those of the screen; 0 where it has none.
    """

    def __init__(self, answers: TextIO, screen: TextIO, columns: Callable[[], int]) -> None:
        self._answers = answers
        self._screen = screen
        self._columns = columns
        self.is_person = answers.isatty() and screen.isatty()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Show what follows on the other screen, and leave nothing of it."""
        self.show(_ASIDE)
        try:
            yield
        finally:
            self.show(_BACK)

    def clear(self) -> None:
        """Take away what is shown."""
        self.show(_CLEAR)

    def show(self, text: str) -> None:
        """Show a text to a person."""
        if self.is_person:
            self._screen.write(text)
            self._screen.flush()

    def tell(self, text: str) -> None:
        """Show a text to a person, with an empty line behind it."""
        self.show(f"{wrapped(text, self._columns())}\n\n")

    def ask(self, prompt: str) -> str | None:
        """Return a line, or ``None`` where there are no more."""
        self.show(prompt)
        line = self._answers.readline()
        return line.rstrip("\r\n") if line else None

    def rest(self) -> str:
        """Return all lines up to one with a dot alone, if it is a person, or to the end."""
        lines = []
        while (line := self.ask("")) is not None and not (self.is_person and line == "."):
            lines.append(line)
        return "\n".join(lines)


def ask_codename(terminal: Terminal, draw: Callable[[], Words]) -> tuple[Words, bool]:
    """Return the words of a codename, and whether it is a new one.

    Args:
        draw: makes a new one, for a person.

    Raises:
        CodenameError: a program gave none, or there is nobody to ask any more.
    """
    if not terminal.is_person:
        return _given_codename(terminal), False
    terminal.tell("Your codename, its seven words. Enter alone makes you a new one.")
    while True:
        text = _answer(terminal, "Codename: ")
        if not text.strip():
            return _make_new(terminal, draw), True
        if not (slip := slip_of(split(text))):
            return split(text), False
        terminal.tell(slip)


def ask_known_codename(terminal: Terminal) -> Words:
    """Return the words of a codename of an earlier visit; raises as ``ask_codename`` does."""
    if not terminal.is_person:
        return _given_codename(terminal)
    while slip := slip_of(typed := split(_answer(terminal, "Codename: "))):
        terminal.tell(slip)
    return typed


def _given_codename(terminal: Terminal) -> Words:
    """Return the words of the codename that a program gives."""
    typed = split(terminal.ask("") or "")
    if slip := slip_of(typed):
        raise CodenameError(slip, "It is the first line of the standard input.")
    return typed


def slip_of(typed: Words) -> str:
    """Return what is wrong with a codename; nothing if it is one."""
    if not typed:
        return "The codename is missing."
    if len(typed) != WORDS:
        return f"A codename has {WORDS} words; what you entered has {len(typed)}."
    unknown = slips(typed)
    if unknown:
        return "\n".join(_one_slip(word, near) for word, near in unknown)
    if not passes(typed):
        return "The words do not fit together: one is another word, or the order differs."
    return ""


def ask_message(terminal: Terminal, codename: Words) -> bytes:
    """Return a message in UTF-8, or nothing.

    Raises:
        NothingToSend: it has the codename in it, or is as long as a file.
    """
    terminal.tell(
        "Your message. A line with a single dot ends it, and so does Ctrl-D; at once, if there is "
        "to be none."
    )
    text = terminal.rest().strip()
    if gives_away(text, codename):
        raise NothingToSend(
            "Your message contains your codename, which nobody in the newsroom should know.",
            "Nothing was sent. Take it out.",
        )
    message = text.encode("utf-8", "replace")
    if len(message) > MAX_CONTENT:
        raise NothingToSend("The message is longer than 8 MB.", "Send it as a file.")
    return message


def ask_address(terminal: Terminal) -> str:
    """Return the newsroom's address as it is typed."""
    return _answer(terminal, "The newsroom's address, which ends with .onion: ").strip()


def ask_paths(terminal: Terminal) -> list[str]:
    """Return what is to be sent, as it is typed."""
    terminal.tell("\nFiles and folders to be sent, one a line. Enter alone ends.")
    paths = []
    while text := _answer(terminal, "Path: ").strip():
        # As it is put there when it is dragged into the window.
        quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
        paths.append(text[1:-1] if quoted else text)
    return paths


def _answer(terminal: Terminal, prompt: str) -> str:
    text = terminal.ask(prompt)
    if text is None:
        raise CodenameError("Nothing was sent: there was no answer.")
    return text


def _make_new(terminal: Terminal, draw: Callable[[], Words]) -> Words:
    words = draw()
    terminal.clear()
    while True:
        terminal.tell(f"Your codename:\n\n{' '.join(words)}\n\n{_KEEP_IT}")
        _answer(terminal, "Press Enter when it is written down. ")
        terminal.clear()
        if split(_answer(terminal, "Now type it from the paper: ")) == words:
            return words
        terminal.clear()
        terminal.tell("That was another one. Once more.")


def _one_slip(word: str, near: list[str]) -> str:
    nearest = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"“{word}” is in none of the word lists.{nearest}"
