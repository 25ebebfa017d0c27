"""Dispatches: what they bring is shown to whom it is for, and a wrong one changes nothing."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.headers import LEAST_PAGE
from intake.i18n import LANGUAGES
from intake.wire.dispatch import Receipt
from intake.wire.record import Kind
from intake.wire.reply import MAX_TEXT
from tests.intake.arrivals import arrived
from tests.newsroom import Desk, File, Operator, Server, Source, request
from tests.newsroom.operator import is_root
from tests.newsroom.server import ROOT
from tests.newsroom.source import Page


@pytest.fixture
def source(server: Server) -> Source:
    return Source(server.address)


def reply_ids(page: Page) -> list[str]:
    return [value for value in dict.fromkeys(page.field("reply")) if value != "all"]


def delivered(operator: Operator, source: Source, *texts: str) -> None:
    """Have the desk answer a source, oldest first."""
    desk = operator.desk
    thread = source.thread(desk.salt)
    replies = [desk.reply(thread, text, number=i) for i, text in enumerate(texts, 1)]
    done = operator.deliver(desk.dispatch(replies=replies))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reply_is_shown_to_the_codename_that_it_is_for(
    source: Source, operator: Operator
) -> None:
    text = "Danke! Können Sie <b>mehr</b> schicken? 🔥 شكرا"
    assert text not in Page(source.replies().text).text
    delivered(operator, source, text)
    answer = source.replies()
    assert (answer.status, text in Page(answer.text).text) == (200, True)
    assert "<b>mehr</b>" not in answer.text


def test_a_reply_is_shown_to_no_other_codename(source: Source, operator: Operator) -> None:
    delivered(operator, source, "For one alone.")
    other = Source(source.address).replies()
    assert "For one alone." not in Page(other.text).text
    assert reply_ids(Page(other.text)) == []


def test_the_newest_reply_stands_first(source: Source, operator: Operator) -> None:
    delivered(operator, source, "The first.", "The second.", "The third.")
    text = Page(source.replies().text).text
    assert text.index("The third.") < text.index("The second.") < text.index("The first.")


def test_one_reply_is_deleted_and_the_others_stay(source: Source, operator: Operator) -> None:
    delivered(operator, source, "The first.", "The second.")
    page = Page(source.replies().text)
    newest = reply_ids(page)[0]
    after = Page(source.delete(newest).text).text
    assert "The second." not in after
    assert "The first." in after
    assert "The second." not in Page(source.replies().text).text


def test_all_replies_are_deleted_and_other_peoples_stay(source: Source, operator: Operator) -> None:
    other = Source(source.address)
    delivered(operator, source, "The first.", "The second.")
    delivered(operator, other, "Another's.")
    source.delete("all")
    assert reply_ids(Page(source.replies().text)) == []
    assert "Another's." in Page(other.replies().text).text


def test_nobody_deletes_the_reply_of_another(source: Source, operator: Operator) -> None:
    other = Source(source.address)
    delivered(operator, source, "Mine.")
    [mine] = reply_ids(Page(source.replies().text))
    for which in (mine, "all", "", "..", f"../replies/{mine}", mine.upper()):
        assert other.delete(which).status == 200
    assert "Mine." in Page(source.replies().text).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_one_length_with_no_reply_and_with_three(
    source: Source, operator: Operator, language: str
) -> None:
    before = source.replies(lang=language).body
    delivered(operator, source, *("word " * (MAX_TEXT // 5) for _ in range(3)))
    after = source.replies(lang=language).body
    assert after.count(b"word word") > 3
    assert (len(before), len(after)) == (LEAST_PAGE, LEAST_PAGE)


def test_three_short_replies_do_not_show_in_the_length_whatever_they_hold(
    source: Source, operator: Operator
) -> None:
    delivered(operator, source, *('<&">' * 500 for _ in range(3)))
    assert len(source.replies().body) == LEAST_PAGE


def test_the_count_of_replies_grows_the_page_by_buckets(source: Source, operator: Operator) -> None:
    delivered(operator, source, *("x" * MAX_TEXT for _ in range(9)))
    size = len(source.replies().body)
    assert size % LEAST_PAGE == 0
    assert (size // LEAST_PAGE).bit_count() == 1


def test_a_dispatch_that_is_delivered_again_is_refused(source: Source, operator: Operator) -> None:
    desk = operator.desk
    dispatch = desk.dispatch(replies=[desk.reply(source.thread(desk.salt), "Once.")])
    assert operator.deliver(dispatch).returncode == 0
    source.delete("all")
    again = operator.deliver(dispatch)
    assert (again.returncode, "delivered already" in again.stderr) == (1, True)
    assert "hint:" in again.stderr
    assert reply_ids(Page(source.replies().text)) == []


def test_a_dispatch_that_is_older_than_one_delivered_is_refused(
    source: Source, operator: Operator
) -> None:
    desk = operator.desk
    older = desk.dispatch(replies=[desk.reply(source.thread(desk.salt), "Too late.")])
    assert operator.deliver(desk.dispatch()).returncode == 0
    refused = operator.deliver(older)
    assert (refused.returncode, "--again" in refused.stderr) == (1, True)
    assert "Too late." not in Page(source.replies().text).text


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield the data with one byte another, at its ends and in between."""
    for at in (0, 7, 8, 40, 47, 48, 60, len(data) // 2, len(data) - 70, len(data) - 1):
        yield data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_dispatch_that_is_not_the_desks_is_refused(source: Source, operator: Operator) -> None:
    desk, stranger = operator.desk, Desk()
    thread = source.thread(desk.salt)
    genuine = desk.dispatch(replies=[desk.reply(thread, "Forged?")])
    forged = [
        stranger.dispatch(replies=[desk.reply(thread, "Forged?")]),
        *flipped(genuine),
        genuine[:-1],
        genuine + b"\0",
        genuine[: len(genuine) // 2],
        b"",
        os.urandom(5_000),
        desk.signed_keyring(),
    ]
    for dispatch in forged:
        done = operator.deliver(dispatch)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("intake: ")
        assert "Traceback" not in done.stderr
    assert "Forged?" not in Page(source.replies().text).text
    assert operator.deliver(genuine).returncode == 0


def one_envelope(operator: Operator, source: Source) -> Path:
    """Have the source send one, and return it as it lies on the stick."""
    source.send("For the receipts.")
    [record] = arrived(operator, source)
    assert record.header.kind is Kind.MESSAGE
    return record.path


def test_an_envelope_with_a_receipt_is_deleted_and_no_other(
    source: Source, operator: Operator
) -> None:
    other = Source(source.address)
    opened, unopened = one_envelope(operator, source), one_envelope(operator, other)
    done = operator.deliver(operator.desk.dispatch(receipts=[opened]))
    assert (done.returncode, "1 envelope deleted" in done.stdout) == (0, True)
    assert not (operator.shelf / opened.name).exists()
    assert (operator.shelf / unopened.name).exists()


def test_a_receipt_for_a_piece_does_not_delete_the_whole(
    source: Source, operator: Operator
) -> None:
    path = one_envelope(operator, source)
    receipt = operator.desk.receipt(path)
    wrong = [
        Receipt(receipt.envelope, receipt.size - 1),
        Receipt(receipt.envelope, receipt.size + 1),
        Receipt(os.urandom(16), receipt.size),
    ]
    done = operator.deliver(operator.desk.dispatch(receipts=wrong))
    assert (done.returncode, "0 envelopes deleted" in done.stdout) == (0, True)
    assert (operator.shelf / path.name).read_bytes() == path.read_bytes()


def test_a_receipt_takes_effect_on_what_the_tick_has_not_shown_yet(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(), tick=3_600)
    with operator.serve() as server:
        source = Source(server.address)
        source.send("Collected at once.")
        [path] = operator.collect().iterdir()
        source.send("Not collected.")
        done = operator.deliver(operator.desk.dispatch(receipts=[path]))
    assert "1 envelope deleted" in done.stdout
    assert len(arrived(operator, source)) == 1


@pytest.fixture
def newsroom(tmp_path: Path) -> Operator:
    """A newsroom of one test, whose keyring can be changed."""
    return Operator(tmp_path, Desk(editors=3, threshold=1))


def in_force(operator: Operator) -> bytes:
    return (operator.home / "keyring").read_bytes()


def test_the_next_keyring_comes_in_a_dispatch_and_is_used_at_once(newsroom: Operator) -> None:
    desk = newsroom.desk
    successor = desk.successor(editors=desk.keyring.editors[1:])
    with newsroom.serve() as server:
        done = newsroom.deliver(desk.dispatch(keyring=desk.signed_keyring(successor)))
        assert (done.returncode, "Keyring 2 is in force." in done.stdout) == (0, True)
        answer = request(server.address, "GET", "/keyring?raw=1")
        assert answer.body == desk.signed_keyring(successor)
        Source(server.address).send("To the new editors.")
    [path] = newsroom.collect().iterdir()
    assert int.from_bytes(path.read_bytes()[8:10], "big") == 2
    desk.identities = desk.identities[1:]
    assert desk.open(path).content == b"To the new editors."


def test_a_keyring_that_is_not_newer_or_not_ours_is_refused_with_all_else(
    newsroom: Operator,
) -> None:
    desk, before = newsroom.desk, in_force(newsroom)
    assert newsroom.deliver(desk.dispatch(keyring=before)).returncode == 0
    newer = desk.signed_keyring(desk.successor(last_day=desk.keyring.last_day + 1))
    stranger = Desk()
    refused = [
        desk.signed_keyring(desk.successor(sequence=1, last_day=desk.keyring.last_day + 1)),
        desk.signed_keyring(desk.successor(sequence=0)),
        desk.signed_keyring(desk.successor(salt=os.urandom(16))),
        stranger.signed_keyring(stranger.successor()),
        newer[:-1],
        newer[:-1] + bytes([newer[-1] ^ 1]),
        b"no keyring",
    ]
    thread = Source("").thread(desk.salt)
    for keyring in refused:
        done = newsroom.deliver(
            desk.dispatch(replies=[desk.reply(thread, "Not delivered.")], keyring=keyring)
        )
        assert (done.returncode, done.stderr[:8]) == (1, "intake: ")
        assert in_force(newsroom) == before
    assert list((newsroom.home / "store" / "replies").iterdir()) == []


def test_a_dispatch_can_be_delivered_after_a_refused_keyring(newsroom: Operator) -> None:
    desk = newsroom.desk
    assert newsroom.deliver(desk.dispatch(keyring=b"no keyring")).returncode == 1
    assert newsroom.deliver(desk.dispatch()).returncode == 0


def test_where_two_have_to_sign_one_is_too_few(tmp_path: Path) -> None:
    desk = Desk(editors=3, threshold=2)
    operator = Operator(tmp_path, desk)
    stranger = Desk()
    desk.seeds.append(stranger.seeds[0])
    one = operator.deliver(desk.dispatch(signers=[0]))
    assert (one.returncode, "1 of 2 editors" in one.stderr) == (1, True)
    assert operator.deliver(desk.dispatch(signers=[0, 3])).returncode == 1
    assert operator.deliver(desk.dispatch(signers=[0, 2])).returncode == 0
    assert operator.deliver(desk.dispatch(signers=[2, 1, 0])).returncode == 0


def test_each_desk_numbers_for_itself(newsroom: Operator) -> None:
    desk = newsroom.desk
    early = desk.dispatch(signers=[1])
    assert newsroom.deliver(desk.dispatch(signers=[0])).returncode == 0
    assert newsroom.deliver(early).returncode == 0


def test_a_dispatch_that_was_not_delivered_whole_is_delivered_again_also_by_who_leaves(
    newsroom: Operator,
) -> None:
    """A crash after the keyring, before the rest: the author is in the old keyring alone."""
    desk = newsroom.desk
    thread = Source("").thread(desk.salt)
    leaving = desk.signed_keyring(desk.successor(editors=desk.keyring.editors[1:]))
    dispatch = desk.dispatch(replies=[desk.reply(thread, "Goodbye.")], keyring=leaving)
    path = newsroom.folder / "dispatch"
    path.write_bytes(dispatch)
    replies = newsroom.home / "store" / "replies"
    for _ in range(200):
        process = newsroom.begin("deliver", newsroom.home, path)
        while process.poll() is None and in_force(newsroom) != leaving:
            pass
        process.kill()
        process.wait()
        if in_force(newsroom) == leaving:
            break
    newsroom.run("deliver", newsroom.home, path)
    assert len([one for one in replies.iterdir() if not one.name.startswith(".")]) == 1


def test_a_dispatch_with_thousands_of_replies_is_delivered(newsroom: Operator) -> None:
    desk = newsroom.desk
    reply = desk.reply(Source("").thread(desk.salt), "One of many.")
    many = [replace(reply, name=os.urandom(32)) for _ in range(2_000)]
    done = newsroom.deliver(desk.dispatch(replies=many))
    assert done.returncode == 0
    assert done.stdout.startswith("2000 replies delivered, decoys among them.\n")


def test_writing_back_from_the_page_of_replies_is_the_same_thread(
    source: Source, operator: Operator
) -> None:
    delivered(operator, source, "More, please.")
    page = Page(source.replies().text)
    [codename] = set(page.field("codename"))
    Source(source.address, codename).send("Here.", [File("more", b"more")])
    assert [one.content for one in arrived(operator, source)] == [b"Here.", b"more"]


def test_a_dispatch_is_delivered_where_a_folder_of_home_is_tors() -> None:
    """As on an installed machine: HOME is the server's, the onions' keys are tor's."""
    if not is_root():
        pytest.skip("only root can be two users")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        newsroom = Operator(folder, Desk())
        thread = Source("").thread(newsroom.desk.salt)
        dispatch = folder / "dispatch"
        dispatch.write_bytes(newsroom.desk.dispatch(replies=[newsroom.desk.reply(thread, "Yes.")]))
        (newsroom.home / "onion").mkdir()
        subprocess.run(["chown", "-R", "65534", folder], check=True)
        subprocess.run(["chown", "1", newsroom.home / "onion"], check=True)
        command = [sys.executable, "-m", "intake", "deliver", newsroom.home, dispatch]
        for code, told in ((0, "1 reply delivered."), (1, "delivered already")):
            done = subprocess.run(
                ["setpriv", "--reuid", "65534", "--clear-groups", *map(str, command)],
                capture_output=True,
                text=True,
                check=False,
                cwd=ROOT,
            )
            assert (done.returncode, told in done.stdout + done.stderr) == (code, True), done
