"""What people may be told when something fails: clear words, and no secret."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.faults.machine import Ended
from tests.newsroom import Answer
from tests.newsroom.source import Page

#: Statuses that a server may answer with to what is right.
_USUAL = {200, 201, 204}
_SAYS_WHAT_TO_DO = re.compile(r"(Try again|Try the files again|Come back|Send again|Send at least)")
#: What no answer and no message may have in it.
_NEVER = re.compile(r"Traceback|\bline \d+, in\b|Werkzeug|/intake/|File \"")
#: Lines of a server's that say what happened, or what to do.
_CLEAR = re.compile(
    r"(intake|onion|hint): \S.*|[A-Z][a-z ]+ failed, and is tried again: \S.*|"
    r"No decoy could be made: \S.*|.*[.!]$"
)


class Judge:
    """Collects what was wrong.

    Args:
        secrets: that nobody may be told.
        say: takes what is wrong at once.
    """

    def __init__(self, home: Path, secrets: list[str], say: Callable[[str], None]) -> None:
        self._say = say
        self.wrong: list[str] = []
        self.statuses: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self._home = str(home)
        self._secrets = secrets

    def accuse(self, what: str) -> None:
        """Note something that is wrong."""
        self.wrong.append(what)
        self._say(f"WRONG: {what}")

    def note(self, what: str) -> None:
        """Say something that may matter later."""
        self._say(what)

    def page(self, what: str, answer: Answer) -> None:
        """Judge a page."""
        self.statuses[f"{what} {answer.status}"] += 1
        self._answer(what, answer)
        if answer.status in _USUAL:
            return
        if not (answer.header("Content-Type") or "").startswith("text/html"):
            self.accuse(f"{what}: {answer.status} is no page: {answer.body[:300]!r}")
            return
        text = Page(answer.text).text
        if "What you can do" not in text or not _SAYS_WHAT_TO_DO.search(text):
            said = " ".join(text.split())[:600]
            self.accuse(f"{what}: the page of {answer.status} does not say what to do: {said}")

    def line(self, what: str, answer: Answer) -> None:
        """Judge an answer to a program."""
        self.statuses[f"{what} {answer.status}"] += 1
        self._answer(what, answer)
        if answer.status in _USUAL:
            return
        text = answer.body.decode("utf-8", "replace")
        plain = (answer.header("Content-Type") or "").startswith("text/plain")
        if not plain or (text and not 1 <= len(text.splitlines()) <= 2):
            self.accuse(f"{what}: {answer.status} is no line of text: {text[:300]!r}")

    def _answer(self, what: str, answer: Answer) -> None:
        # Pages link to /static/..., never to where the server keeps anything.
        text = answer.body.decode("utf-8", "replace")
        if answer.status not in _USUAL and (_NEVER.search(text) or self._home in text):
            self.accuse(f"{what}: {answer.status} tells of the inside: {text[:1000]}")

    def command(self, what: str, ended: Ended) -> None:
        """Judge how an operator's command ended."""
        self.statuses[f"{what} {'killed' if ended.expected else ended.code}"] += 1
        if ended.code and not ended.expected:
            last = ended.said.strip().splitlines()[-1:] or ["nothing"]
            if ended.code != 1 or "intake: " not in ended.said or not last[0].startswith("hint: "):
                self.accuse(f"{what} ended with {ended.code}, and said: {ended.said[-1500:]}")
        self._said(what, ended.said)

    def life(self, ended: Ended) -> None:
        """Judge how a server's life ended, and what it said meanwhile."""
        self._said("serve", ended.said)
        if ended.expected:
            return
        if ended.code != 1 or not re.search(r"^intake: .+\nhint: .+", ended.said, re.MULTILINE):
            self.accuse(f"the server ended with {ended.code}, and said: {ended.said[-1500:]}")

    def _said(self, who: str, said: str) -> None:
        for line in said.splitlines():
            self.messages[f"{who}: {line[:160].replace(self._home, 'HOME')}"] += 1
        if _NEVER.search(said):
            self.accuse(f"{who} said what nobody understands: {said[-1500:]}")
        found = [secret for secret in self._secrets if secret in said]
        if found:
            self.accuse(f"{who} said a secret: {found}")
        unclear = [line for line in said.splitlines() if not _CLEAR.fullmatch(line)]
        if who == "serve" and unclear:
            self.accuse(f"{who} said what is not clear: {unclear[:5]}")
