"""The end of a keyring: who is told before, and what becomes of what is under way."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from intake.days import date_of
from intake.i18n import LANGUAGES
from intake.lasting import epoch_end
from intake.sender.errors import NewsroomError
from intake.sender.newsroom import Newsroom
from intake.wire.envelope import PRIVATE_KEY, Identity
from intake.wire.keyring import Epoch
from tests.newsroom import Desk, GnupgHome, Operator, Server, Source, request
from tests.newsroom.desk import today
from tests.sender.arrived import arrived
from tests.sender.source import Source as Sender

MAKE_THE_NEXT = (
    "Have the editors make the next one (keys renew, keys keyring), and deliver it in a dispatch."
)
BANNER = "You can send until"


def ending_in(folder: Path, days: int) -> Operator:
    return Operator(folder, Desk(last_day=today() + days))


def put_in_force(operator: Operator, **changes: object) -> None:
    """Deliver a keyring that follows the one in force."""
    desk = operator.desk
    desk.keyring = desk.successor(**changes)
    done = operator.deliver(desk.dispatch(keyring=desk.signed_keyring()))
    assert done.returncode == 0, done.stderr


def page(server: Server, path: str = "/") -> str:
    return request(server.address, "GET", path, headers={"Accept": "text/html"}).text


def test_the_operator_is_told_of_the_end_a_month_before(tmp_path: Path) -> None:
    desk = Desk()
    operator = Operator(tmp_path, desk)
    for days, told in ((30, False), (29, True), (0, True), (-1, True)):
        if days < 30:
            put_in_force(operator, last_day=today() + days)
        status = operator.run("status", operator.home).stdout
        assert f"until {date_of(today() + days)} ({days} day" in status
        assert (MAKE_THE_NEXT in status) is told
    assert "intake      closed: the keyring has run out" in status


@pytest.mark.parametrize(
    ("days", "said"),
    [(30, ""), (29, "The keyring ends on "), (-1, "The intake is closed: the keyring has run out")],
)
def test_the_server_says_so_when_it_starts(tmp_path: Path, days: int, said: str) -> None:
    with ending_in(tmp_path, days).serve() as server:
        words = server.stderr()
    assert words.startswith(f"intake: {said}" if said else "")
    assert words.count("\n") == bool(said)


def test_the_operator_is_told_until_when_the_present_keys_are_used(tmp_path: Path) -> None:
    desk = Desk(last_day=today() + 300)
    [editor] = desk.keyring.editors
    epochs = [Epoch(today() + 28 * i - 8, new_key()) for i in range(12)]
    several = desk.successor(editors=(replace(editor, epochs=tuple(epochs)),))
    assert epoch_end(several, today()) == today() + 19
    assert epoch_end(several, today() + 299) == today() + 299
    assert epoch_end(several, today() + 300) == today() + 300
    operator = Operator(tmp_path, desk)
    done = operator.deliver(desk.dispatch(keyring=desk.signed_keyring(several)))
    assert done.returncode == 0, done.stderr
    status = operator.run("status", operator.home).stdout
    assert f"epoch       until {date_of(today() + 19)} (19 days)\n" in status


def test_sources_are_told_two_weeks_before_on_every_page(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk())
    with operator.serve() as server:
        for days, told in ((14, False), (13, True), (0, True), (-1, False)):
            put_in_force(operator, last_day=today() + days)
            last = date_of(today() + days)
            for path in ("/", "/submit", "/replies", "/keyring", "/protection"):
                text = page(server, path)
                assert (f"{BANNER} {last:%B} {last.day}, {last.year}." in text) is told
                assert (BANNER in text) is told
                assert ("We are closed at the moment." in text) is (days < 0)
            # In the reader's own words.
            for code in LANGUAGES:
                text = page(server, f"/?lang={code}")
                assert (BANNER in text) is (told and code == "en")
                assert text.count('<div class="banner') == (told or days < 0)


def test_the_page_says_that_keys_are_destroyed_where_they_can_be(
    tmp_path: Path, gnupg: GnupgHome
) -> None:
    says = "they do not open what was taken from the server before"
    for name, desk in (("nacl", Desk()), ("gpg", Desk(gnupg=gnupg))):
        folder = tmp_path / name
        folder.mkdir()
        with Operator(folder, desk).serve() as server:
            assert (says in page(server, "/protection")) is (name == "nacl")


def test_what_the_closing_interrupts_goes_on_when_the_next_keys_are_there(tmp_path: Path) -> None:
    desk = Desk()
    operator = Operator(tmp_path, desk)
    leak = tmp_path / "leak"
    leak.mkdir()
    for number in range(4):
        (leak / f"{number}.bin").write_bytes(os.urandom(8_300_000))
    (tmp_path / "source").mkdir()
    source = Sender(tmp_path / "source")
    over = desk.successor(first_day=today() - 9, last_day=today() - 1)
    again = desk.successor(sequence=3)
    command = (leak, "--rate", "12M", "--circuits", "1")
    with operator.serve() as server, source.saying(server.address, *command) as sending:
        assert sending.stdin is not None
        assert sending.stderr is not None
        sending.stdin.write(f"{source.codename}\n")
        sending.stdin.close()
        wait_for_an_upload(operator)
        closing = desk.dispatch(keyring=desk.signed_keyring(over))
        assert operator.deliver(closing).returncode == 0
        said = ""
        while "This intake is closed at the moment" not in said:
            said = sending.stderr.readline()
            assert said, "it gave up, or was through before"
        # What was sent before is not in vain, and replies can be read meanwhile.
        reader = Source(server.address)
        reply = desk.reply(reader.thread(desk.salt), "We are back soon.")
        assert operator.deliver(desk.dispatch(replies=[reply])).returncode == 0
        assert "We are back soon." in reader.replies().text
        source.codename = reader.codename
        assert "We are back soon." in source.replies(server.address).stdout
        opening = desk.dispatch(keyring=desk.signed_keyring(again))
        assert operator.deliver(opening).returncode == 0
        assert sending.wait(60) == 0
        found = arrived(desk, operator, leak.parent)
    assert found.wrong == []
    assert found.files == {f"leak/{number}.bin": 8_300_000 for number in range(4)}
    assert len(found.manifests) == 1


def test_a_sender_whose_keyring_ends_meanwhile_is_told_to_come_back_with_the_same() -> None:
    desk, day = Desk(last_day=today()), today()
    newsroom = Newsroom(desk.signed_keyring, lambda: day)
    newsroom.check_open()
    day += 1
    with pytest.raises(NewsroomError, match="the keyring has run out") as told:
        newsroom.recipients()
    assert "wait some days for the newsroom's next keys" in told.value.hint
    assert "the same command again" in told.value.hint


def new_key() -> bytes:
    return Identity(os.urandom(PRIVATE_KEY)).public()


def wait_for_an_upload(operator: Operator) -> None:
    """Return when something of an upload is there that is not complete."""
    deadline = time.monotonic() + 30
    while not any((operator.home / "store" / "uploads").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
