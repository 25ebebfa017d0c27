"""Pictures of every page, to be looked at: ``python -m tests.browser.screenshots OUTDIR``.

Each is taken in English and Arabic, light, dark and as wide as a phone, from a real server with
sample content; then those of every state that the script puts a page into.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from pathlib import Path

from tests.browser.firefox import Firefox
from tests.browser.places import CLOSED_PLACES, PLACES, Visit
from tests.browser.site import closed, on_loopback
from tests.browser.states import Tour
from tests.browser.tap import Tap

LOOKS = {"light": (1_200, 900), "dark": (1_200, 900), "phone": (360, 740)}


def main(arguments: list[str]) -> int:
    """Take the pictures; return the exit code."""
    if len(arguments) != 1:
        print("usage: python -m tests.browser.screenshots OUTDIR", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    target.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("firefox", "sealing", "open", "closed", "sent"):
            (folder / name).mkdir()
        browser = stack.enter_context(Firefox(folder / "firefox", scripts=False))
        sealing = stack.enter_context(Firefox(folder / "sealing", scripts=True))
        site = stack.enter_context(on_loopback(folder / "open"))
        shut = stack.enter_context(closed(folder / "closed"))
        for lang in ("en", "ar"):
            _take(target, PLACES, Visit(browser, site, lang))
            _take(target, CLOSED_PLACES, Visit(browser, shut, lang))
            with browser.as_another_browser():
                _take(target, {"warned": Visit.start}, Visit(browser, site, lang))
            line = stack.enter_context(Tap(site.listens))
            take_states(target, Tour(sealing, site, line, lang, folder / "sent"))
    return 0


def _take(target: Path, places: Mapping[str, Callable[[Visit], object]], visit: Visit) -> None:
    browser = visit.browser
    for look, size in LOOKS.items():
        with browser.in_the_dark() if look == "dark" else nullcontext():
            for name, go in places.items():
                browser.resize(*size)
                go(visit)
                path = target / f"{name}.{visit.lang}.{look}.png"
                browser.screenshot(path)
                print(path)


def take_states(target: Path, tour: Tour) -> None:
    """Take pictures of what the script does to the pages."""
    for look, size in LOOKS.items():
        with tour.browser.in_the_dark() if look == "dark" else nullcontext():
            tour.browser.resize(*size)
            for number, name in enumerate(tour.all()):
                path = target / f"script-{number:02}-{name}.{tour.lang}.{look}.png"
                tour.browser.screenshot(path)
                print(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
