"""A source's ways through the pages, without JavaScript: on loopback, and through Tor."""

import hashlib
import os
import signal
from pathlib import Path

import pytest

from tests.browser.element import Key
from tests.browser.firefox import Firefox
from tests.browser.pages import LoginPage, ReceiptPage, StartPage, SubmitPage
from tests.browser.site import Site
from tests.newsroom.source import new_codename

pytestmark = pytest.mark.slow

MESSAGE = "The minutes of the meeting were changed afterwards.\nالمحضر الأصلي مرفق."


@pytest.fixture
def documents(tmp_path: Path) -> list[Path]:
    """Files as people have them: two of one name, one in Arabic, one with nothing in it."""
    sizes = {
        "monday/minutes.pdf": 300_000,
        "tuesday/minutes.pdf": 70_001,
        "محضر الاجتماع ٣.odt": 1_234,
        'a photo, "old" & 100% blurred.jpeg': 65_536,
        "empty.txt": 0,
    }
    paths = [tmp_path / name for name in sizes]
    for path, size in zip(paths, sizes.values(), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(size))
    return paths


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_first_page_says_whose_it_is_and_warns_of_nothing(browser: Firefox, site: Site):
    start = StartPage.visit(browser, site.base)

    assert "The Gazette" in browser.title
    assert "Write to us" in start.heading
    assert start.warnings == ""
    assert start.begin().codename.count(" ") == 6


def test_a_message_and_files_are_received_as_they_are(
    browser: Firefox, site: Site, documents: list[Path]
):
    form = StartPage.visit(browser, site.base).begin()
    codename = form.codename

    receipt = form.write(MESSAGE).choose(documents[:3]).choose(documents[3:], field=2).send()

    assert receipt.codename == codename
    assert [(row.name, row.sha256) for row in receipt.files] == [
        (path.name, sha256(path)) for path in documents
    ]
    message, *files = site.received(codename)
    assert message.content.decode().replace("\r\n", "\n") == MESSAGE
    assert [(file.header.name, file.content) for file in files] == [
        (path.name, path.read_bytes()) for path in documents
    ]


def test_replies_are_read_and_deleted_one_by_one_and_together(browser: Firefox, site: Site):
    form = StartPage.visit(browser, site.base).begin()
    codename = form.codename
    form.write(MESSAGE).send()
    assert LoginPage.visit(browser, site.base).enter(codename).replies == []

    site.answer(codename, "Thank you.", "Who else was there?", "شكرا لك.\n\nWe begin on Monday.")
    page = LoginPage.visit(browser, site.base).enter(codename)
    assert page.replies == ["شكرا لك.\n\nWe begin on Monday.", "Who else was there?", "Thank you."]

    page = page.delete(1)
    assert page.notice == "1 reply has been deleted."
    assert page.replies == ["شكرا لك.\n\nWe begin on Monday.", "Thank you."]

    page = page.delete_all()
    assert page.notice == "2 replies have been deleted."
    assert page.replies == []
    assert LoginPage.visit(browser, site.base).enter(codename).replies == []


def test_one_writes_back_on_the_page_with_the_replies(
    browser: Firefox, site: Site, documents: list[Path]
):
    codename = new_codename()
    site.answer(codename, "Do you have the other minutes?")

    page = LoginPage.visit(browser, site.base).enter(codename)
    receipt = page.write("Here they are.").choose(documents[:1]).send()

    assert receipt.codename == codename
    message, file = site.received(codename)
    assert message.content == b"Here they are."
    assert file.content == documents[0].read_bytes()


def test_an_upload_that_is_refused_at_once_shows_the_page_that_says_why(
    browser: Firefox, small_site: Site, tmp_path: Path
):
    large = tmp_path / "large.zip"
    large.write_bytes(os.urandom(16_000_000))

    page = StartPage.visit(browser, small_site.base).begin().choose([large]).send_in_vain()

    assert page.heading == "That is too much at once"
    assert "Error 413" in page.text


def test_the_button_says_that_it_sends_while_no_answer_comes(browser: Firefox, loopback: Site):
    page = StartPage.visit(browser, loopback.base).begin().write(MESSAGE)
    assert page.sending == ""
    os.kill(loopback.pid, signal.SIGSTOP)
    try:
        browser.one("button.primary").click()
        assert page.sending.startswith("On its way.")
    finally:
        os.kill(loopback.pid, signal.SIGCONT)
    browser.wait_for(ReceiptPage.mark)
    ReceiptPage(browser)


def test_a_slip_is_told_with_the_words_near_it(browser: Firefox, loopback: Site):
    words = new_codename().split()
    slip = " ".join([*words[:3], words[3] + "x", *words[4:]])

    page = LoginPage.visit(browser, loopback.base).enter_in_vain(slip)

    assert words[3] in page.suggestions
    assert browser.focused == browser.one("#problem")
    field = browser.one("input[name=codename]")
    assert field.attribute("aria-invalid") == "true"
    assert field.property("value") == slip

    assert LoginPage(browser).enter(" ".join(words)).replies == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "The codename is missing."), ("only three words", "A codename has 7 words")],
)
def test_what_is_no_codename_is_told(browser: Firefox, loopback: Site, typed: str, said: str):
    assert said in LoginPage.visit(browser, loopback.base).enter_in_vain(typed).problem


def test_a_message_with_the_codename_in_it_is_not_taken(browser: Firefox, loopback: Site):
    form = StartPage.visit(browser, loopback.base).begin()
    codename = form.codename

    page = form.write(f"My codename is {codename}.").send_in_vain()

    assert "contains your codename" in page.problem
    assert site_holds_nothing_of(codename, loopback)
    form = SubmitPage(browser)
    assert browser.one("input[name=codename]").property("value") == codename
    browser.one("textarea").clear()
    assert form.write("It is mine alone.").send().codename == codename


def site_holds_nothing_of(codename: str, site: Site) -> bool:
    return site.received(codename) == []


def test_a_form_with_nothing_in_it_is_told(browser: Firefox, loopback: Site):
    page = StartPage.visit(browser, loopback.base).begin().send_in_vain()

    assert "nothing to send" in page.problem


def test_the_codename_is_in_no_address_and_nothing_is_kept_in_the_browser(
    browser: Firefox, site: Site
):
    form = StartPage.visit(browser, site.base).begin()
    word = form.codename.split()[0]
    seen = [browser.address]
    form.write(MESSAGE).send()
    seen.append(browser.address)
    LoginPage.visit(browser, site.base).enter(form_codename := new_codename())
    seen.append(browser.address)

    assert not any(word in address or form_codename.split()[0] in address for address in seen)
    assert browser.call("WebDriver:GetCookies") == []


def test_the_keyboard_is_enough(browser: Firefox, loopback: Site):
    StartPage.visit(browser, loopback.base)
    press_until(browser, "a.primary")
    browser.follow(lambda: browser.press(Key.ENTER))
    codename = SubmitPage(browser).codename

    press_until(browser, "textarea")
    browser.press(*"Without a mouse.")
    press_until(browser, "button.primary")
    browser.follow(lambda: browser.press(Key.ENTER))

    assert ReceiptPage(browser).codename == codename
    (message,) = loopback.received(codename)
    assert message.content == b"Without a mouse."


def test_the_first_tab_leads_past_the_top_of_the_page(browser: Firefox, loopback: Site):
    StartPage.visit(browser, loopback.base)
    browser.press(Key.TAB)
    assert browser.focused == browser.one("a.skip")
    assert browser.focused.box["y"] >= 0

    browser.press(Key.ENTER)

    assert browser.focused == browser.one("main")


def press_until(browser: Firefox, css: str) -> None:
    """Press Tab until something has the focus, and shows it."""
    wanted = browser.one(css)
    for _ in range(40):
        browser.press(Key.TAB)
        if browser.focused == wanted:
            assert wanted.style("outline-style") != "none"
            return
    raise AssertionError(f"the Tab key never leads to {css}")
