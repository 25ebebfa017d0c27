"""A form that is being sent, as somebody without scripts sees it."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from tests.browser.element import Key
from tests.browser.firefox import Firefox
from tests.browser.marionette import BrowserError
from tests.browser.pages import Letter, ReceiptPage

Shown = TypeVar("Shown")

_FRAME = "iframe[name=progress]"
_LAST = ".told:last-of-type"
#: What Firefox says of what was there a moment ago.
_GONE = ("no such element", "no such frame", "no such window", "stale element reference")


class Sending:
    """After Send was pressed, and before the receipt."""

    def __init__(self, page: Letter) -> None:
        """The page says by now that it is on its way."""
        self.browser: Firefox = page.browser
        self.browser.wait_until(lambda: bool(page.sending))

    @classmethod
    def press(cls, page: Letter) -> "Sending":
        """Press Send with the mouse."""
        page.browser.one("button.primary").press()
        return cls(page)

    @classmethod
    def press_the_enter_key(cls, page: Letter) -> "Sending":
        """Go to Send with the keyboard, and press it so."""
        while page.browser.focused != page.browser.one("button.primary"):
            page.browser.press(Key.TAB)
        page.browser.press(Key.ENTER)
        return cls(page)

    def look(self) -> "Sending":
        """Follow the link to the frame, also if the frame is there already."""
        self.browser.one(".look a").press()
        return self

    def until(self, words: str) -> str:
        """Return what the frame says once it says this."""
        self.browser.wait_until(lambda: words in self.told)
        return self.told

    @property
    def told(self) -> str:
        """What the frame says now, or nothing."""
        return self._in_the_frame(lambda: self.browser.all(_LAST)[0].text) or ""

    def figures(self) -> Iterator[int]:
        """Give what the bar shows, in percent, each time it shows something else."""
        shown = -1
        while self.browser.all(_FRAME):
            now = self._in_the_frame(
                lambda: int(self.browser.all(f"{_LAST} progress")[0].property("value"))
            )
            if now is not None and now != shown:
                shown = now
                yield now
            time.sleep(0.1)

    def receipt(self) -> ReceiptPage:
        """Wait for the receipt, which is a page without a frame."""
        self.browser.wait_until(lambda: not self.browser.all(_FRAME))
        self.browser.wait_for(ReceiptPage.mark)
        return ReceiptPage(self.browser)

    @property
    def fits(self) -> bool:
        """Whether all that the frame says is seen in it."""
        return bool(
            self._in_the_frame(
                lambda: self.browser.run(
                    "const page = document.documentElement;"
                    "return page.scrollHeight <= innerHeight && page.scrollWidth <= innerWidth"
                )
            )
        )

    def let_pass(self, milliseconds: int) -> None:
        """Have the frame's style believe that time has passed."""
        self._in_the_frame(
            lambda: self.browser.run(
                "document.getAnimations().forEach(one => { one.currentTime = arguments[0] })",
                milliseconds,
            )
        )

    def _in_the_frame(self, ask: Callable[[], Shown]) -> Shown | None:
        """Ask about the frame; ``None`` where it is gone, or has nothing of that in it."""
        try:
            with self.browser.inside(self.browser.all(_FRAME)[0]):
                return ask()
        except IndexError:
            return None
        except BrowserError as error:
            if error.kind not in _GONE:
                raise
            return None
