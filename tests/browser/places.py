"""Every page that a source can come to, and the way there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.browser.firefox import Firefox
from tests.browser.pages import LoginPage, Page, ProblemPage, ReceiptPage, StartPage, SubmitPage
from tests.browser.site import Site
from tests.newsroom.source import new_codename

#: What editors might write, for pictures: in two scripts, with a long word and several paragraphs.
REPLIES = (
    """Thank you for writing. We have opened the minutes and begun to read.

Who else was in the room on Tuesday? Please do not ask anybody: only what you know already.""",
    "شكرا على رسالتك. هل ما زال بإمكانك الوصول إلى الملف الأصلي؟",
    """One of the files could not be opened: Sitzungsniederschriftsanlagenverzeichnis_2019-2020.pdf.
Could you send it again?""",
)
MESSAGE = "I work in the office that wrote these minutes. The second page was changed afterwards."


@dataclass(frozen=True)
class Visit:
    """Who goes where: a browser, a newsroom, a language."""

    browser: Firefox
    site: Site
    lang: str

    def path(self, path: str) -> None:
        """Enter the address of a page of this newsroom, in the language."""
        self.browser.open(f"{self.site.base}{path}{'&' if '?' in path else '?'}lang={self.lang}")

    def start(self) -> StartPage:
        """Enter the address."""
        return StartPage.visit(self.browser, self.site.base, self.lang)

    def login(self) -> LoginPage:
        """Go to where the codename is asked for."""
        return LoginPage.visit(self.browser, self.site.base, self.lang)

    def submit_with_codename(self) -> SubmitPage:
        """Go to the form of those who have a codename."""
        return self.start().send_more()


def receipt(visit: Visit) -> ReceiptPage:
    """Send a message and files."""
    folder = visit.site.operator.folder / "sent"
    folder.mkdir(exist_ok=True)
    return visit.start().begin().write(MESSAGE).choose(_documents(folder)).send()


def replies(visit: Visit) -> Page:
    """Read replies."""
    codename = new_codename()
    visit.site.answer(codename, *REPLIES)
    page = visit.login().enter(codename)
    assert len(page.replies) == len(REPLIES)
    return page


def deleted(visit: Visit) -> Page:
    """Delete a reply."""
    codename = new_codename()
    visit.site.answer(codename, *REPLIES)
    return visit.login().enter(codename).delete(0)


def slip(visit: Visit) -> ProblemPage:
    """Mistype a word, and another one beyond recognition."""
    words = new_codename().split()
    return visit.login().enter_in_vain(" ".join([f"{words[0]}x", "qqqqq", *words[2:]]))


def slip_on_the_form(visit: Visit) -> ProblemPage:
    """Mistype a word where something is sent."""
    words = new_codename().split()
    page = visit.submit_with_codename().enter(" ".join([f"{words[0]}x", *words[1:]]))
    return page.write(MESSAGE).send_in_vain()


def codename_in_message(visit: Visit) -> ProblemPage:
    """Give the codename away."""
    page = visit.start().begin()
    # Not as it is shown: where a script might come, the server's codename is held back a while.
    codename = page.browser.one("input[name=codename]").attribute("value")
    return page.write(f"My codename is {codename}.").send_in_vain()


#: By name. Each begins with an address that is entered, so that none depends on the one before.
PLACES: Mapping[str, Callable[[Visit], object]] = {
    "start": Visit.start,
    "submit": lambda visit: visit.start().begin(),
    "submit-again": Visit.submit_with_codename,
    "receipt": receipt,
    "login": Visit.login,
    "no-replies": lambda visit: visit.login().enter(new_codename()),
    "replies": replies,
    "deleted": deleted,
    "protection": lambda visit: visit.path("/protection"),
    "keyring": lambda visit: visit.path("/keyring"),
    "slip": slip,
    "slip-on-the-form": slip_on_the_form,
    "codename-in-message": codename_in_message,
    "nothing-to-send": lambda visit: visit.start().begin().send_in_vain(),
    "missing": lambda visit: visit.path("/nowhere"),
}

#: Where a newsroom is closed.
CLOSED_PLACES: Mapping[str, Callable[[Visit], object]] = {
    "closed-start": lambda visit: visit.path("/"),
    "closed-submit": lambda visit: visit.path("/submit"),
    "closed-no-replies": lambda visit: visit.login().enter(new_codename()),
}


def _documents(folder: Path) -> list[Path]:
    sizes = {
        "minutes.pdf": 1_400_321,
        "محضر الاجتماع.odt": 25_004,
        "Sitzungsniederschriftsanlagenverzeichnis_2019-2020_endgültig_neu(2).pdf": 812,
    }
    for name, size in sizes.items():
        (folder / name).write_bytes(b"\0" * size)
    return [folder / name for name in sizes]
