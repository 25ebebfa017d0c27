"""Every state that the script can put a page into, and the way there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.browser.firefox import Firefox
from tests.browser.places import MESSAGE, REPLIES
from tests.browser.scripted_pages import Login, TakenOver
from tests.browser.site import Site
from tests.browser.tap import Tap
from tests.newsroom.source import new_codename

#: Bytes a second, and of the large file: it is to be under way for as long as it is looked at.
_RATE = 1_500_000
_LARGE = 900_000_000


@dataclass(frozen=True)
class Tour:
    """Who goes through the states: a browser, a newsroom behind a line, a language.

    Attributes:
        folder: an empty one.
    """

    browser: Firefox
    site: Site
    line: Tap
    lang: str
    folder: Path

    def all(self) -> Iterator[str]:
        """Yield the name of each state while the page is in it."""
        yield from self._sending()
        yield from self._reading()

    def _sending(self) -> Iterator[str]:
        small, large = self._documents()
        self.line.rate = _RATE
        form = TakenOver.visit(self.browser, self.line.base, self.lang)
        yield "taken-over"
        form.send_in_vain()
        yield "told-of-nothing"
        form.write(MESSAGE).choose(*small, large)
        form.choose_folder({f"2019-2020/{number}.txt": "x" * 700 for number in range(31)})
        yield "chosen"
        sending = form.send()
        # The small ones have arrived, and enough time has gone by to tell how fast it goes.
        self.browser.wait_until(lambda: len(self.browser.all(".parcel [data-state=arrived]")) == 2)
        self.browser.wait_until(lambda: "/" in self.browser.one("[data-slot=speed]").text)
        yield "sending"
        sending.press("pause")
        self.browser.wait_for(".sending-view[data-state=paused]")
        yield "paused"
        self.line.down = True
        sending.press("go")
        self.line.cut()
        self.browser.wait_for(".sending-view[data-state=waiting]")
        yield "broken"
        self.line.down = False
        form = sending.stop()
        yield "stopped"
        self.line.rate = None
        large.unlink()
        form.send().receipt()
        yield "receipt-incomplete"
        form = TakenOver.visit(self.browser, self.line.base, self.lang).write(MESSAGE)
        form.choose(*small).send().receipt()
        yield "receipt"

    def _reading(self) -> Iterator[str]:
        codename = new_codename()
        words = codename.split()
        self.site.answer(codename, *REPLIES)
        login = Login.visit(self.browser, self.line.base, self.lang)
        yield "login"
        login.enter_in_vain(" ".join([f"{words[0]}x", "qqqqq", *words[2:]]))
        yield "slip"
        page = login.enter(codename)
        yield "replies"
        page.delete(0)
        yield "deleted"
        page.delete_all()
        yield "no-replies"

    def _documents(self) -> tuple[list[Path], Path]:
        sizes = {"minutes.pdf": 1_400_321, "محضر الاجتماع.odt": 25_004, "interviews.mp4": _LARGE}
        paths = [self.folder / name for name in sizes]
        for path, size in zip(paths, sizes.values(), strict=True):
            with path.open("wb") as file:
                file.truncate(size)
        return paths[:2], paths[2]
