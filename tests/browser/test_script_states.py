"""What the script puts on a page: as accessible, as valid and as narrow as what the server does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.firefox import Firefox
from tests.browser.site import Site
from tests.browser.states import Tour
from tests.browser.tap import Tap
from tests.browser.test_accessibility import Violations, violations
from tests.browser.test_html import checker, errors
from tests.browser.test_layout import NARROWEST, PHONE, wider_than

__all__ = ["checker", "violations"]

pytestmark = pytest.mark.slow


@pytest.fixture
def tour(sealing: Firefox, loopback: Site, tmp_path: Path) -> Iterator[Callable[[str], Tour]]:
    """Return a tour in a language; the line lasts as long as the test."""
    (tmp_path / "sent").mkdir()

    def begin(lang: str) -> Tour:
        return Tour(sealing, loopback, line, lang, tmp_path / "sent")

    with Tap(loopback.listens) as line:
        yield begin


def check(browser: Firefox, violations: Violations, name: str) -> None:
    """Check the state that the page is in."""
    for size in (NARROWEST, PHONE):
        browser.resize(*size)
        too_wide = f"{name}: {wider_than(browser, size[0])}"
        assert browser.root.property("scrollWidth") <= size[0], too_wide
    assert violations(browser) == "", name


def test_every_state_is_accessible_and_fits_a_phone_in_the_dark(
    tour: Callable[[str], Tour], violations: Violations
):
    states = tour("de")
    with states.browser.in_the_dark():
        for name in states.all():
            check(states.browser, violations, name)


def test_every_state_is_accessible_valid_and_fits_a_phone_from_right_to_left(
    tour: Callable[[str], Tour], violations: Violations, checker: Path, tmp_path: Path
):
    states = tour("ar")
    pages = tmp_path / "pages"
    pages.mkdir()
    for number, name in enumerate(states.all()):
        check(states.browser, violations, name)
        # As all browsers have it, and HTML has not.
        page = states.browser.source.replace(' webkitdirectory=""', "")
        (pages / f"{number}-{name}.html").write_text(f"<!DOCTYPE html>{page}")

    assert len(list(pages.iterdir())) == 14
    assert errors(checker, pages) == ""
