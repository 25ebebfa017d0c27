"""`keys reply`, `dispatch`, `sign`, `threads`: what goes back, and what is repeated when lost."""

import errno
import io
import os
from pathlib import Path

import pytest

from intake.wire.dispatch import SignedDispatch
from intake.wire.keyring import Keyring
from intake.wire.record import Ending
from intake.wire.reply import MAX_TEXT
from intake.wire.signing import fingerprint
from keys import dispatching, replying
from keys.cli import asking
from keys.desk import at_work
from keys.vault import Passphrase
from tests.keys.newsroom import PASSPHRASE, Answering, Newsroom, one


@pytest.fixture
def answering(newsroom: Newsroom) -> Answering:
    return Answering(newsroom)


def receipts(signed: SignedDispatch) -> list[tuple[str, int]]:
    return [(receipt.envelope.hex(), receipt.size) for receipt in signed.dispatch.receipts]


def test_a_reply_reaches_the_source_and_stays_in_the_thread(answering: Answering) -> None:
    assert answering.reply("Danke. Gibt es mehr?\n").code == 0
    assert answering.reply("PS: 日本語").code == 0
    folder = answering.newsroom.desk / "threads" / answering.thread
    assert (folder / "reply-001.txt").read_text() == "Danke. Gibt es mehr?\n"
    assert (folder / "reply-002.txt").read_text() == "PS: 日本語"
    assert answering.received(answering.dispatch()) == [
        (1, "Danke. Gibt es mehr?\n"), (2, "PS: 日本語"),
    ]  # fmt: skip


def test_what_was_dispatched_is_not_dispatched_again_by_itself(answering: Answering) -> None:
    answering.reply("once")
    first = answering.dispatch()
    second = answering.dispatch()
    assert len(first.dispatch.replies) == len(first.dispatch.receipts) == 1
    assert second.dispatch.replies == ()
    assert second.dispatch.receipts == ()
    assert "It is empty but for decoys" in answering.said
    assert second.dispatch.number > first.dispatch.number
    assert list((answering.newsroom.desk / "outbox").iterdir()) == []


def test_a_lost_dispatch_can_be_repeated_under_a_new_number(answering: Answering) -> None:
    answering.reply("one")
    lost = answering.dispatch()
    answering.reply("two")
    again = answering.dispatch("--again")
    assert answering.received(again) == [(1, "one"), (2, "two")]
    assert again.dispatch.receipts == lost.dispatch.receipts
    assert again.dispatch.number > lost.dispatch.number


def test_one_that_was_overtaken_on_its_way_can_be_repeated_as_well(answering: Answering) -> None:
    answering.reply("one")
    overtaken = answering.dispatch()
    answering.reply("two")
    answering.dispatch()
    answering.reply("three")
    again = answering.dispatch("--again", "--again")
    assert answering.received(again) == [(1, "one"), (2, "two"), (3, "three")]
    assert again.dispatch.receipts == overtaken.dispatch.receipts


def test_there_is_nothing_to_repeat_at_first(newsroom: Newsroom) -> None:
    ran = newsroom.keys("dispatch", newsroom.desk, newsroom.folder / "d", "--again")
    assert ran.code == 1
    assert "no dispatch yet" in ran.err


def test_a_receipt_is_given_for_what_was_opened_whole(answering: Answering) -> None:
    newsroom = answering.newsroom
    cut = answering.source.send(b"x" * 10, "half.txt", ending=Ending.CUT)
    truncated = answering.source.send(os.urandom(300_000), "cut.bin")
    truncated.write_bytes(truncated.read_bytes()[:200_000])
    damaged = answering.source.send(b"y", "bad.txt")
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    newsroom.open("--keep-damaged")
    given = receipts(answering.dispatch())
    whole = [answering.envelope, cut]
    assert given == sorted((path.name, path.stat().st_size) for path in whole)
    assert "1 cut off: no receipt" in answering.said
    assert receipts(answering.dispatch("--receipt-truncated")) == [(truncated.name, 200_000)]


def test_a_whole_copy_after_a_piece_has_a_receipt_of_its_own_size(answering: Answering) -> None:
    path = answering.source.send(os.urandom(300_000), "cut.bin")
    whole = path.read_bytes()
    path.write_bytes(whole[:200_000])
    answering.newsroom.open()
    answering.dispatch("--receipt-truncated")
    path.write_bytes(whole)
    answering.newsroom.open()
    assert (path.name, len(whole)) in receipts(answering.dispatch())


def test_an_envelope_that_comes_again_after_its_receipt_has_another(answering: Answering) -> None:
    answering.dispatch()
    assert receipts(answering.dispatch()) == []
    answering.newsroom.open()
    answering.newsroom.open()
    assert receipts(answering.dispatch()) == [
        (answering.envelope.name, answering.envelope.stat().st_size)
    ]


def test_a_dispatch_overwrites_nothing(answering: Answering) -> None:
    out = answering.newsroom.folder / "taken"
    out.write_text("mine")
    ran = answering.newsroom.keys("dispatch", answering.newsroom.desk, out)
    assert ran.code == 1
    assert "exists already" in ran.err
    assert out.read_text() == "mine"


def test_what_cannot_be_written_stays_queued(answering: Answering) -> None:
    answering.reply("keep me")
    nowhere = answering.newsroom.folder / "nowhere" / "d"
    ran = answering.newsroom.keys("dispatch", answering.newsroom.desk, nowhere)
    assert ran.code == 1
    assert f"{nowhere.parent} is no folder" in ran.err
    assert "All is still queued" in ran.err
    assert list((answering.newsroom.desk / "dispatched").iterdir()) == []
    assert answering.received(answering.dispatch()) == [(1, "keep me")]


def test_the_next_keyring_goes_with_it(answering: Answering) -> None:
    newsroom = answering.newsroom
    root, out = newsroom.folder / "root", newsroom.folder / "keyring"
    newsroom.keys("root", root, "--strength", "light")
    newsroom.keys("keyring", out, "--root", root, "--editor", newsroom.desk / "public")
    signed = answering.dispatch("--keyring", out)
    assert signed.dispatch.keyring == out.read_bytes()
    signed.check(Keyring.parse(out.read_bytes()), None)
    ran = newsroom.keys(
        "dispatch", newsroom.desk, newsroom.folder / "d", "--keyring", newsroom.passphrase
    )
    assert ran.code == 1
    assert "is not a keyring" in ran.err


def test_another_desk_signs_too_and_once(answering: Answering) -> None:
    newsroom = answering.newsroom
    other = newsroom.folder / "max"
    newsroom.new(other, "Max")
    answering.dispatch()
    path = newsroom.folder / "dispatch-1"
    assert newsroom.keys("sign", other, path).code == 0
    root, out = newsroom.folder / "root", newsroom.folder / "keyring"
    newsroom.keys("root", root, "--strength", "light")
    both = (newsroom.desk / "public", other / "public")
    newsroom.keys("keyring", out, "--root", root, "--editor", *both, "--threshold", 2)
    SignedDispatch.parse(path.read_bytes()).check(Keyring.parse(out.read_bytes()), None)
    for desk in (newsroom.desk, other):
        ran = newsroom.keys("sign", desk, path)
        assert ran.code == 1
        assert "signed it already" in ran.err
    path.write_bytes(path.read_bytes()[:-1])
    assert newsroom.keys("sign", other, path).code == 1


def test_a_dispatch_that_has_no_room_leaves_no_number(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(dispatching, "write_durably", full)
        ran = answering.newsroom.keys(
            "dispatch", answering.newsroom.desk, answering.newsroom.folder / "d"
        )
    assert ran.code == 1
    assert "No space left on device" in ran.err
    assert list((answering.newsroom.desk / "dispatched").iterdir()) == []


def test_no_more_goes_into_a_dispatch_than_the_format_holds(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAX_REPLIES", "MAX_RECEIPTS"):
        monkeypatch.setattr(dispatching, name, 2)
    for number in range(3):
        answering.reply(f"{number}")
        answering.source.send(b"more")
    answering.newsroom.open()
    first = answering.dispatch()
    assert (len(first.dispatch.replies), len(first.dispatch.receipts)) == (2, 2)
    assert "3 had no room in it" in answering.said
    second = answering.dispatch()
    assert (len(second.dispatch.replies), len(second.dispatch.receipts)) == (1, 2)


def signed_by(newsroom: Newsroom, desk: Path, dispatch: Path) -> str:
    ran = newsroom.keys("sign", desk, dispatch)
    assert ran.code == 0, ran.err
    return ran.err


def test_whoever_signs_is_told_what_they_have_not_opened(answering: Answering) -> None:
    newsroom = answering.newsroom
    other = newsroom.folder / "max"
    newsroom.new(other, "Max")
    answering.dispatch()
    path = newsroom.folder / "dispatch-1"
    unsigned = path.read_bytes()
    said = signed_by(newsroom, other, path)
    assert "1 of the receipts are for envelopes that this desk has not opened" in said
    path.write_bytes(unsigned)
    (other / "ledger.jsonl").write_bytes((newsroom.desk / "ledger.jsonl").read_bytes())
    assert "has not opened" not in signed_by(newsroom, other, path)


def test_whoever_signs_is_told_what_the_next_keyring_is(answering: Answering) -> None:
    newsroom = answering.newsroom
    other, third = newsroom.folder / "max", newsroom.folder / "ina"
    newsroom.new(other, "Max")
    newsroom.new(third, "Ina")
    root, out = newsroom.folder / "root", newsroom.folder / "keyring"
    root_said = newsroom.keys("root", root, "--strength", "light").out.strip()
    newsroom.keys("keyring", out, "--root", root, "--editor", third / "public")
    answering.dispatch("--keyring", out)
    authored = "This desk is not in it: after it, the server takes no more from there."
    told = ["The next keyring is number 1, of Ina.", f"Its root, to compare: {root_said}"]
    for line in (*told, authored):
        assert line in answering.said
    said = signed_by(newsroom, other, newsroom.folder / "dispatch-1")
    author = fingerprint(newsroom.editor.verify_key)
    for line in (*told, authored, f"The desk that signs as {author} is not in it"):
        assert line in said
    said = signed_by(newsroom, third, newsroom.folder / "dispatch-1")
    assert "This desk is not in it" not in said


def replies_of(answering: Answering) -> object:
    return one(answering.newsroom.keys("threads", answering.newsroom.desk, "--json").objects)[
        "replies"
    ]


def test_a_reply_takes_the_next_name_where_one_is_taken(answering: Answering) -> None:
    folder = answering.newsroom.desk / "threads" / answering.thread
    (folder / "reply-001.txt").write_text("a note of the editor's")
    assert answering.reply("thanks").code == 0
    assert (folder / "reply-001.txt").read_text() == "a note of the editor's"
    assert (folder / "reply-001 (2).txt").read_text() == "thanks"


def test_a_reply_that_cannot_be_kept_is_neither_queued_nor_counted(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(thread: object, name: str, text: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(replying, "_keep_text", full)
        ran = answering.reply("lost")
    assert ran.code == 1
    assert "Nothing was queued" in ran.err
    assert list((answering.newsroom.desk / "outbox").iterdir()) == []
    assert replies_of(answering) == 0
    answering.reply("sent")
    assert replies_of(answering) == 1
    answering.dispatch()
    assert replies_of(answering) == 1
    assert answering.received(answering.dispatch("--again")) == [(2, "sent")]


def test_a_reply_does_not_hold_the_desk_while_it_asks(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[bool] = []

    def known(*_: object) -> Passphrase:
        with at_work(answering.newsroom.desk):
            free.append(True)
        return Passphrase(PASSPHRASE)

    monkeypatch.setattr(asking, "known", known)
    assert answering.reply("thanks").code == 0
    assert free == [True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xff", "not UTF-8"),
        (b"x" * (MAX_TEXT + 1), f"has {MAX_TEXT + 1:,} bytes, and a reply holds {MAX_TEXT:,}"),
        ("ü".encode() * MAX_TEXT, "Split it into 2 files or more"),
    ],
)
def test_what_is_no_reply_is_told(answering: Answering, text: bytes, says: str) -> None:
    ran = answering.reply(text)
    assert ran.code == 1
    assert says in ran.err
    assert list((answering.newsroom.desk / "outbox").iterdir()) == []


def test_the_longest_reply_goes_through(answering: Answering) -> None:
    assert answering.reply("x" * MAX_TEXT).code == 0
    assert answering.received(answering.dispatch()) == [(1, "x" * MAX_TEXT)]


def test_a_reply_can_come_from_stdin(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("grüß".encode())))
    newsroom = answering.newsroom
    ran = newsroom.keys("reply", newsroom.desk, answering.thread, "--message-file", "-")
    assert ran.code == 0, ran.err
    assert answering.received(answering.dispatch()) == [(1, "grüß")]


def test_a_thread_is_meant_by_its_beginning_or_its_folder(answering: Answering) -> None:
    folder = answering.newsroom.desk / "threads" / answering.thread
    for meant in (answering.thread[:4], answering.thread.upper(), f"{folder}/", str(folder)):
        assert answering.reply("x", meant).code == 0, meant
    missing = answering.reply("x", "zzzzz")
    assert missing.code == 1
    assert "There is no thread zzzzz" in missing.err


def test_an_ambiguous_beginning_is_told(answering: Answering) -> None:
    newsroom = answering.newsroom
    newsroom.source().send(b"other")
    other = str(one(newsroom.open().objects)["thread"])
    threads = newsroom.desk / "threads"
    (threads / answering.thread).rename(threads / "same-one")
    (threads / other).rename(threads / "same-two")
    ran = answering.reply("x", "same")
    assert ran.code == 1
    assert "may be any of: same-one, same-two" in ran.err
    assert answering.reply("x", "same-o").code == 0


def test_a_thread_without_its_secrets_cannot_be_answered_and_says_so(answering: Answering) -> None:
    secrets = answering.newsroom.desk / "threads" / answering.thread / ".thread"
    data = bytearray(secrets.read_bytes())
    data[-1] ^= 1
    secrets.write_bytes(data)
    ran = answering.reply("x")
    assert ran.code == 1
    assert "cannot be read" in ran.err


def test_threads_are_listed_with_what_is_in_them(answering: Answering) -> None:
    answering.source.send(b"x", "a.txt")
    answering.newsroom.open()
    answering.reply("thanks")
    row = one(answering.newsroom.keys("threads", answering.newsroom.desk, "--json").objects)
    assert (row["thread"], row["submissions"], row["messages"], row["files"], row["replies"]) == (
        answering.thread, 1, 1, 1, 1,
    )  # fmt: skip
    shown = answering.newsroom.keys("threads", answering.newsroom.desk).out
    assert answering.thread in shown
    assert str(row["last_reply"]) in shown


def test_no_secret_of_a_thread_lies_open_at_the_desk(answering: Answering) -> None:
    answering.reply("thanks")
    answering.dispatch()
    thread = answering.source.thread
    for path in Path(answering.newsroom.desk).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for secret in (thread.capability, thread.reply_key):
                assert secret not in data
                assert secret.hex().encode() not in data
