"""How the pages fit: a phone's window, large letters, right to left. Without JavaScript."""

import pytest

from tests.browser.firefox import Firefox
from tests.browser.pages import StartPage
from tests.browser.places import MESSAGE, PLACES, Visit
from tests.browser.site import Site

pytestmark = pytest.mark.slow

#: A small phone, and what WCAG 1.4.10 asks for: a desktop's window at four times the size.
PHONE, NARROWEST = (360, 740), (320, 256)


@pytest.mark.parametrize("lang", ["en", "de", "ar"])
@pytest.mark.parametrize("place", PLACES)
def test_nothing_has_to_be_scrolled_sideways(
    browser: Firefox, loopback: Site, place: str, lang: str
):
    browser.resize(*PHONE)
    PLACES[place](Visit(browser, loopback, lang))
    for size in (PHONE, NARROWEST):
        browser.resize(*size)
        assert browser.root.property("scrollWidth") <= size[0], wider_than(browser, size[0])


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_what_is_pressed_is_large_enough_for_a_finger(browser: Firefox, loopback: Site, lang: str):
    browser.resize(*PHONE)
    StartPage.visit(browser, loopback.base, lang).begin()
    # What is shown only after Send is in test_progress.py.
    pressed = "button, .button:not(.look *), input:not([type=hidden], [hidden]), textarea"
    for element in browser.all(pressed):
        # WCAG 2.5.8 asks for 24; what is pressed to send is for 44.
        assert element.box["height"] >= 24
    assert browser.one("button.primary").box["height"] >= 44


def test_arabic_is_written_from_right_to_left(browser: Firefox, loopback: Site):
    page = StartPage.visit(browser, loopback.base)
    main = browser.one("main").box
    assert browser.one(".brand").box["x"] == pytest.approx(main["x"], abs=2)

    page = page.in_language("ar")

    assert browser.root.attribute("dir") == "rtl"
    assert browser.root.attribute("lang") == "ar"
    assert browser.one("main").style("direction") == "rtl"
    brand = browser.one(".brand").box
    assert brand["x"] + brand["width"] == pytest.approx(main["x"] + main["width"], abs=2)
    # The choice goes along, without a cookie.
    page.begin().write(MESSAGE).send()
    assert browser.root.attribute("dir") == "rtl"


def wider_than(browser: Firefox, width: int) -> str:
    """Say what reaches over the edge."""
    return "\n".join(
        f"{element.property('outerHTML')[:120]}: {element.box}"
        for element in browser.all("body *")
        if element.box["x"] + element.box["width"] > width + 1 or element.box["x"] < -1
    )
