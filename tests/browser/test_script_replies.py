"""Replies that the browser opens itself: the server sees what finds them, not what reads them."""

import pytest

from tests.browser.arrived import arrived
from tests.browser.firefox import Firefox
from tests.browser.scripted_pages import Login
from tests.browser.site import Site
from tests.browser.tap import Tap, gives_away
from tests.newsroom.source import new_codename

pytestmark = pytest.mark.slow


def test_replies_are_opened_in_the_browser_and_deleted_one_by_one_and_together(
    sealing: Firefox, loopback: Site, line: Tap
):
    codename = new_codename()
    loopback.answer(
        codename, "Thank you.", "Who else was there?", "شكرا لك.\n\nWe begin on Monday."
    )

    page = Login.visit(sealing, line.base).enter(codename)
    assert page.replies == ["شكرا لك.\n\nWe begin on Monday.", "Who else was there?", "Thank you."]
    assert sealing.focused.text == "Replies"

    page = page.delete(1)
    assert page.notice == "1 reply has been deleted."
    assert page.replies == ["شكرا لك.\n\nWe begin on Monday.", "Thank you."]

    page = page.delete_all()
    assert page.notice == "All replies have been deleted."
    assert "There are no replies at the moment." in page.text
    assert Login.visit(sealing, line.base).enter(codename).replies == []
    assert not gives_away(line.heard, codename)
    assert b"POST /replies" not in line.heard


def test_while_the_newsroom_is_closed_replies_are_opened_in_the_browser_too(
    sealing: Firefox, closed_site: Site
):
    codename = new_codename()
    closed_site.answer(codename, "We are back soon.")
    with Tap(closed_site.listens) as line:
        page = Login.visit(sealing, line.base).enter(codename)
        assert page.replies == ["We are back soon."]
        assert page.delete(0).notice == "1 reply has been deleted."
        assert not sealing.all("#letter")
        assert b"POST /replies" not in line.heard
        assert not gives_away(line.heard, codename)


def test_one_writes_back_on_the_page_with_the_replies(sealing: Firefox, loopback: Site, line: Tap):
    codename = new_codename()
    loopback.answer(codename, "Do you have the other minutes?")
    page = Login.visit(sealing, line.base).enter(codename)

    receipt = page.write("I have not.").send().receipt()

    assert receipt.codename == codename
    assert arrived(loopback, codename).messages == ["I have not."]
    assert not gives_away(line.heard, codename)


def test_looking_again_shows_what_came_meanwhile(sealing: Firefox, loopback: Site):
    codename = new_codename()
    page = Login.visit(sealing, loopback.base).enter(codename)
    assert page.replies == []
    loopback.answer(codename, "Here it is.")

    sealing.one("[data-act=again]").click()

    sealing.wait_until(lambda: page.replies == ["Here it is."])


def test_a_slip_is_told_without_asking_for_a_mailbox(sealing: Firefox, line: Tap):
    words = new_codename().split()

    told = Login.visit(sealing, line.base).enter_in_vain(" ".join([f"{words[0]}x", *words[1:]]))

    assert f"“{words[0]}x” is not one of our words. Near it are: {words[0]}" in told
    assert sealing.focused == sealing.one("#problem")
    told = Login(sealing).enter_in_vain(" ".join(words[:6]))
    assert "A codename has 7 words; what you entered has 6." in told
    assert "The codename is missing." in Login(sealing).enter_in_vain("")
    assert b"/mailbox" not in line.heard
    assert Login(sealing).enter(" ".join(words)).replies == []


def test_a_line_that_breaks_is_told_and_it_can_be_tried_again(
    sealing: Firefox, loopback: Site, line: Tap
):
    codename = new_codename()
    loopback.answer(codename, "Here it is.")
    Login.visit(sealing, line.base)
    line.down = True
    line.cut()

    assert "The server could not be reached." in Login(sealing).enter_in_vain(codename)

    line.down = False
    assert Login(sealing).enter(codename).replies == ["Here it is."]
