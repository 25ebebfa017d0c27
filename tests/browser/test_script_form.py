"""The form that the script has taken over; and the same form where it has not."""

import secrets

import pytest

from intake.script import script
from tests.browser.arrived import arrived
from tests.browser.element import Key
from tests.browser.firefox import Firefox
from tests.browser.pages import ReceiptPage
from tests.browser.scripted_pages import TakenOver
from tests.browser.site import Site
from tests.browser.tap import Tap, gives_away
from tests.newsroom.source import new_codename

pytestmark = pytest.mark.slow

MESSAGE = "The minutes of the meeting were changed afterwards."


def test_nothing_is_kept_in_the_browser(sealing: Firefox, line: Tap):
    TakenOver.visit(sealing, line.base).write(MESSAGE).send().receipt()

    assert sealing.call("WebDriver:GetCookies") == []
    assert sealing.run("return localStorage.length + sessionStorage.length") == 0
    assert sealing.run_async("indexedDB.databases().then((all) => arguments[0](all.length))") == 0


def test_a_codename_that_is_drawn_is_one_that_the_server_takes(sealing: Firefox, line: Tap):
    drawn = {TakenOver.visit(sealing, line.base, lang).codename for lang in ("en", "de", "ru")}

    assert len(drawn) == 3
    assert all(len(codename.split()) == 7 for codename in drawn)


def test_the_keyboard_is_enough(sealing: Firefox, loopback: Site, line: Tap):
    codename = new_codename()
    form = TakenOver.with_codename(sealing, line.base, codename).write("Without a mouse.")

    sealing.one("#codename").type(Key.ENTER)

    assert sealing.focused.property("tagName") in ("H1", "BODY")
    sealing.wait_for("[data-slot=complete]")
    assert sealing.focused.text == "Everything has arrived"
    assert arrived(loopback, codename).messages == ["Without a mouse."]
    assert form.browser.address.endswith("/submit?have=1&lang=en")


@pytest.mark.parametrize(
    ("write", "told"),
    [
        ("", "There was nothing to send"),
        ("My codename is {codename}.", "Your message contains your codename"),
        ("x" * 300_000, "The message is too long"),
    ],
    ids=["nothing", "codename", "long"],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    sealing: Firefox, line: Tap, write: str, told: str
):
    form = TakenOver.visit(sealing, line.base)
    text = write.format(codename=form.codename.upper().replace(" ", "\n"))
    sealing.run("document.getElementById('message').value = arguments[0]", text)

    assert form.send_in_vain().problem.startswith(told)

    assert sealing.focused == sealing.one("#problem")
    assert sealing.one("#message").attribute("aria-invalid") == "true"
    assert b"/uploads" not in line.heard


def test_a_slip_is_told_with_the_words_near_it_and_nothing_of_it_is_sent(
    sealing: Firefox, line: Tap
):
    words = new_codename().split()
    typed = " ".join([*words[:3], words[3] + "x", *words[4:]])

    form = TakenOver.with_codename(sealing, line.base, typed).write(MESSAGE).send_in_vain()

    assert words[3] in [one.text for one in sealing.all("#problem b")]
    assert sealing.one("#message").property("value") == MESSAGE
    assert sealing.one("#codename").attribute("aria-invalid") == "true"
    field = sealing.one("#codename")
    field.clear()
    field.type(" ".join(words))
    assert form.send().receipt().codename == " ".join(words)
    assert not gives_away(line.heard, " ".join(words))


def test_what_is_no_word_at_all_is_a_slip_too(sealing: Firefox, line: Tap):
    form = TakenOver.with_codename(sealing, line.base, "one (two [three * four").write(MESSAGE)

    assert "A codename has 7 words" in form.send_in_vain().problem


def test_without_the_script_the_same_form_is_sent_to_the_server(scripted: Firefox, loopback: Site):
    scripted.open(f"{loopback.base}/submit")
    # It is held back for a moment: the script might have come, and drawn another.
    assert scripted.one(".codename").style("visibility") == "hidden"
    scripted.wait_until(lambda: scripted.one(".codename").style("visibility") == "visible")
    codename = scripted.one(".codename").text
    assert scripted.one(".seal").text == "The server seals what you send as it arrives."

    scripted.one("#message").type("Sealed on arrival.")
    scripted.follow(scripted.one("button.primary").click)

    assert ReceiptPage(scripted).codename == codename
    assert [one.content for one in loopback.received(codename)] == [b"Sealed on arrival."]


def test_a_script_that_is_not_the_one_of_the_page_does_not_run(sealing: Firefox, loopback: Site):
    true = script().integrity
    assert true is not None
    with Tap(loopback.listens, lies={true.encode(): f"sha384-{'A' * 64}".encode()}) as line:
        sealing.open(f"{line.base}/submit")
        sealing.run_async("setTimeout(arguments[0], 1000)")

        assert sealing.one("#letter").attribute("method") == "post"
        assert sealing.all(".offered")


def test_a_browser_that_cannot_seal_is_told_that_the_server_does(sealing: Firefox, loopback: Site):
    sealing.block("/words/en")
    try:
        sealing.open(f"{loopback.base}/submit")
        sealing.wait_until(lambda: "cannot seal" in sealing.one(".seal").text)
        codename = sealing.one(".codename").text
        sealing.one("#message").type("Sealed on arrival.")
        sealing.follow(sealing.one("button.primary").click)
    finally:
        sealing.block("/words/en", blocked=False)

    assert ReceiptPage(sealing).codename == codename
    assert len(loopback.received(codename)) == 1


def test_a_codename_given_away_would_be_seen():
    codename = new_codename()
    noise = secrets.token_bytes(100_000)
    for written in (codename, codename.replace(" ", "%20"), codename.upper()):
        assert gives_away(noise + written.encode() + noise, codename)
    assert not gives_away(noise, codename)
