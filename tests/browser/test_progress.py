"""How much has arrived, seen in Firefox without JavaScript while a form is being sent."""

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.browser.firefox import Firefox
from tests.browser.pages import LoginPage, StartPage, SubmitPage
from tests.browser.progress import Sending
from tests.browser.site import Site
from tests.browser.tap import Tap
from tests.browser.test_accessibility import violations
from tests.browser.test_html import checker, errors
from tests.newsroom import Upload
from tests.newsroom.frame import Frame
from tests.newsroom.source import new_codename

__all__ = ["checker", "violations"]

pytestmark = pytest.mark.slow

#: Bytes, far more than the system takes from Firefox at once; what it took is sent, to Firefox. And
#: bytes a second.
SIZE, RATE = 30_000_000, 500_000
MESSAGE = "The original is attached."
NAME, UNUSED = "1" * 32, "2" * 32
#: Milliseconds; longer than a frame goes without news.
LONG = 60_000


@pytest.fixture
def line(loopback: Site, browser: Firefox) -> Iterator[Tap]:
    """A slow line to the newsroom, until the test makes it fast."""
    with Tap(loopback.listens, RATE) as slow:
        yield slow
        # What is still being sent is not to lead to a page while the next test begins.
        browser.stop()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file that takes a while."""
    path = tmp_path / "recording.flac"
    path.write_bytes(os.urandom(SIZE))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_figures_grow_until_the_receipt_is_there(browser: Firefox, line: Tap, recording: Path):
    page = StartPage.visit(browser, line.base).begin().write(MESSAGE).choose([recording])
    codename = page.codename
    assert page.sending == ""

    sending = Sending.press(page)
    assert page.sending.startswith("On its way.")
    figures = list(islice(sending.look().figures(), 4))
    line.rate = None
    receipt = sending.receipt()

    assert len(figures) == 4
    assert figures == sorted(figures)
    assert figures[-1] < 100
    assert receipt.heading == "Everything has arrived"
    assert receipt.codename == codename
    assert [row.sha256 for row in receipt.files] == [sha256(recording)]


@pytest.mark.parametrize("site", ["onion"], indirect=True)
def test_figures_come_through_tor_while_a_form_goes_the_other_way(
    browser: Firefox, site: Site, recording: Path
):
    figures: list[int] = []
    # How fast Tor is here is not known beforehand: longer and longer, until there is time to look.
    while len(figures) < 2:
        page = StartPage.visit(browser, site.base).begin().choose([recording])
        sending = Sending.press(page).look()
        figures = list(islice(sending.figures(), 3))
        receipt = sending.receipt()
        assert [row.sha256 for row in receipt.files] == [sha256(recording)]
        os.truncate(recording, 3 * recording.stat().st_size)

    assert figures == sorted(figures)


def test_a_form_that_is_stopped_stays_as_it_is_and_can_be_sent_again(
    browser: Firefox, line: Tap, recording: Path
):
    page = LoginPage.visit(browser, line.base).enter(new_codename())
    page.write(MESSAGE).choose([recording])
    sending = Sending.press_the_enter_key(page).look()
    next(sending.figures())

    browser.stop()
    assert "No news." not in sending.told
    sending.let_pass(LONG)
    assert sending.told.endswith("No news. Press here to look again.")
    assert browser.one("textarea").property("value") == MESSAGE

    line.rate = None
    Sending.press(page)
    assert [row.sha256 for row in sending.receipt().files] == [sha256(recording)]


def test_a_slip_is_told_before_everything_is_sent(browser: Firefox, line: Tap, recording: Path):
    page = StartPage.visit(browser, line.base).send_more().write(MESSAGE).choose([recording])
    page.enter("only three words")

    sending = Sending.press(page).look()
    told = sending.until("Please check the codename")
    assert "A codename has 7 words" in told
    browser.stop()

    SubmitPage(browser).enter(new_codename())
    sending = Sending.press(page).look()
    next(sending.figures())
    assert "Please check" not in sending.told


@pytest.mark.parametrize("lang", ["en", "de", "ru", "ar"])
def test_all_that_the_frame_says_is_seen_on_a_phone(
    browser: Firefox, line: Tap, recording: Path, lang: str
):
    browser.resize(360, 740)
    page = StartPage.visit(browser, line.base, lang).send_more().choose([recording])
    sending = Sending.press(page.enter(new_codename())).look()
    next(sending.figures())
    browser.wait_until(lambda: sending.fits)
    assert browser.one(".look a").box["height"] >= 44
    # What is told at most length.
    browser.stop()
    Sending.press(page.enter("only three words")).look()
    browser.wait_until(lambda: "7" in sending.told and "3" in sending.told)
    browser.wait_until(lambda: sending.fits)
    assert browser.root.property("scrollWidth") <= 360
    box = browser.one(".sending").box
    bottom = box["y"] + box["height"] - browser.run("return scrollY")
    assert bottom <= 740


@pytest.mark.parametrize("dark", [False, True])
def test_the_frame_has_no_violation(scripted: Firefox, loopback: Site, violations, dark: bool):
    path = f"/submit?progress={NAME}"
    with Upload(loopback.listens, new_codename(), "a", SIZE, path=path) as sent:
        sent.send(bytes(SIZE // 2))
        # Without waiting for its end, which comes with the form's.
        scripted.open(f"{loopback.base}/")
        scripted.run("location.href = arguments[0]", f"{loopback.base}/progress/{NAME}")
        scripted.wait_for(".told .pace")
        assert violations(scripted) == ""
        sent.cut()
        scripted.wait_for(".told:not(:has(progress)) ~ .told:not(:has(progress))")
        assert violations(scripted) == ""


def test_what_the_frame_is_made_of_is_valid(loopback: Site, checker: Path, tmp_path: Path):
    frames = []
    path = f"/submit?progress={NAME}"
    with Upload(loopback.listens, new_codename(), "a", SIZE, path=path):
        for lang in ("en", "ar"):
            frames += [(lang, Frame(loopback.listens, name, lang=lang)) for name in (NAME, UNUSED)]
            frames[-2][1].next()
            frames[-2][1].next()
    for number, (lang, frame) in enumerate(frames):
        with frame:
            frame.rest()
        (tmp_path / f"{lang}-{number}.html").write_bytes(frame.content)

    assert errors(checker, tmp_path) == ""
