"""The source's pages as somebody sees and uses them.

Given a page that was opened, when something is done on it, then the page that follows is returned
and asked. What a page is told by holds in every language: its fields, its links' addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.browser.element import Element, Key
from tests.browser.firefox import Firefox

AnyPage = TypeVar("AnyPage", bound="Page")


class Page:
    """A page that is open. Raises AssertionError where another one is."""

    #: Of an element that is on this page and on no other.
    mark = "main h1"

    def __init__(self, browser: Firefox) -> None:
        self.browser = browser
        assert browser.all(self.mark), f"{type(self).__name__} is not at {browser.address}"

    @property
    def heading(self) -> str:
        """What stands above all."""
        return self.browser.one("h1").text

    @property
    def text(self) -> str:
        """All that is shown in the middle."""
        return self.browser.one("main").text

    @property
    def warnings(self) -> str:
        """What is shown above the page's own text, or nothing."""
        return "\n".join(one.text for one in self.browser.all(".banners .banner"))

    def in_language(self: AnyPage, code: str) -> AnyPage:
        """Choose another language at the top."""
        self.browser.follow(self.browser.one(f".languages a[hreflang={code}]").click)
        return type(self)(self.browser)

    def _click(self, css: str, then: type[AnyPage]) -> AnyPage:
        self.browser.follow(self.browser.one(css).click)
        return then(self.browser)


class StartPage(Page):
    """Where everybody arrives."""

    mark = ".doors"

    @classmethod
    def visit(cls, browser: Firefox, base: str, lang: str = "") -> "StartPage":
        """Enter the address."""
        browser.open(f"{base}/{f'?lang={lang}' if lang else ''}")
        return cls(browser)

    def begin(self) -> "SubmitPage":
        """Go to the form, without a codename."""
        return self._click(".doors a.primary", SubmitPage)

    def come_back(self) -> "LoginPage":
        """Go to the replies."""
        return self._click(".doors a[href^='/replies']", LoginPage)

    def send_more(self) -> "SubmitPage":
        """Go to the form with a codename of before."""
        return self._click(".doors a[href*='have']", SubmitPage)


class Letter(Page):
    """A page with the form for a message and files."""

    mark = "textarea[name=message]"

    def write(self: AnyPage, message: str) -> AnyPage:
        """Type a message."""
        self.browser.one("textarea[name=message]").type(message)
        return self

    def choose(self: AnyPage, files: Sequence[Path], field: int = 0) -> AnyPage:
        """Choose files in one of the three fields."""
        self.browser.all("input[type=file]")[field].choose(files)
        return self

    @property
    def sending(self) -> str:
        """What is said while it is sent, or nothing."""
        return self.browser.one(".sending").text

    def send(self) -> "ReceiptPage":
        """Press Send, and wait for the receipt."""
        return self._click("button.primary", ReceiptPage)

    def send_in_vain(self) -> "ProblemPage":
        """Press Send where something is wrong."""
        return self._click("button.primary", ProblemPage)


class SubmitPage(Letter):
    """The form that begins a thread, or goes on with one."""

    @property
    def codename(self) -> str:
        """The new codename that is shown."""
        shown = self.browser.one(".codename").text
        assert self.browser.one("input[name=codename]").attribute("value") == shown
        return shown

    def enter(self, codename: str) -> "SubmitPage":
        """Type the codename of before."""
        field = self.browser.one("input[name=codename]")
        field.clear()
        field.type(codename)
        return self


@dataclass(frozen=True)
class Row:
    """A file on the receipt."""

    name: str
    size: str
    sha256: str


class ReceiptPage(Page):
    """What is said when everything is durable."""

    mark = "#codename-title ~ .codename"

    @property
    def codename(self) -> str:
        """The codename, once more."""
        return self.browser.one(".codename").text

    @property
    def files(self) -> list[Row]:
        """The table's rows."""
        return [
            Row(row.one("bdi").text, row.all("td")[0].text, row.one("code").text)
            for row in self.browser.all("tbody tr")
        ]


class ProblemPage(Page):
    """A page that says what is wrong, with the form on it or without."""

    mark = "main .banner.bad"

    @property
    def problem(self) -> str:
        """What it says."""
        return self.browser.one("main .banner.bad").text

    @property
    def suggestions(self) -> list[str]:
        """Words that are near to a wrong one."""
        return [one.text for one in self.browser.all("main .banner.bad b")]


class LoginPage(Page):
    """Where the codename is asked for."""

    mark = "form[action^='/replies'] input[type=text]"

    @classmethod
    def visit(cls, browser: Firefox, base: str, lang: str = "") -> "LoginPage":
        """Enter the address."""
        browser.open(f"{base}/replies{f'?lang={lang}' if lang else ''}")
        return cls(browser)

    def enter(self, codename: str) -> "RepliesPage":
        """Type the codename and the Enter key."""
        self._type(codename)
        return RepliesPage(self.browser)

    def enter_in_vain(self, codename: str) -> ProblemPage:
        """Type what is not quite the codename."""
        self._type(codename)
        return ProblemPage(self.browser)

    def _type(self, codename: str) -> None:
        field = self.browser.one("input[name=codename]")
        field.clear()
        self.browser.follow(lambda: field.type(codename + Key.ENTER))


class RepliesPage(Letter):
    """What the editors wrote, and a form to write back."""

    mark = "form[action^='/replies'] > input[type=hidden]"

    @property
    def replies(self) -> list[str]:
        """The replies' words, the newest first."""
        return [one.text for one in self.browser.all("article .words")]

    @property
    def notice(self) -> str:
        """What was done just now, or nothing."""
        return "".join(one.text for one in self.browser.all("main .banner.good"))

    def delete(self, number: int) -> "RepliesPage":
        """Delete one, counted from 0."""
        button: Element = self.browser.all("article button.danger")[number]
        self.browser.follow(button.click)
        return RepliesPage(self.browser)

    def delete_all(self) -> "RepliesPage":
        """Open what hides the button, and press it."""
        self.browser.one("main > details > summary").click()
        return self._click("main > details button.danger", RepliesPage)
