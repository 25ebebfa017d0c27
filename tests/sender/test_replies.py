"""Reading replies: the newest first, deleted when they are not wanted, opened by nobody else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.reach.errors import WrongAnswer
from intake.sender.mailbox import read_mailbox
from intake.wire.codename import Thread, derive_thread, split
from intake.wire.reply import Reply, SealedReply, seal_reply
from tests.newsroom import Desk, GnupgHome, Operator, Server
from tests.sender.proxy import Proxy
from tests.sender.source import Source

THREAD = Thread(b"c" * 32, b"k" * 32)


def sealed(
    text: str, *, number: int = 1, day: int = 20_000, thread: Thread = THREAD
) -> SealedReply:
    return seal_reply(
        Reply(number, day, text), thread, name_random=os.urandom(16), nonce=os.urandom(24)
    )


def box(*replies: SealedReply) -> bytes:
    """Return a mailbox as a server fills it up (P3)."""
    data = len(replies).to_bytes(4, "big") + b"".join(one.name + one.sealed for one in replies)
    size = 65_536
    while size < len(data):
        size *= 2
    return data.ljust(size, b"\0")


@pytest.fixture
def answered(desk: Desk, operator: Operator, server: Server, source: Source) -> list[str]:
    """Replies to the source, in the order in which they are to be shown."""
    thread = derive_thread(split(source.codename), desk.salt)
    texts = ["The newest.\nTwo lines.", "Same day, earlier.", "Long ago \x1b[2J."]
    replies = [
        desk.reply(thread, texts[2], number=1, day=19_000),
        desk.reply(thread, texts[0], number=3, day=20_000),
        desk.reply(thread, texts[1], number=2, day=20_000),
        desk.reply(Thread(os.urandom(32), os.urandom(32)), "Another's."),
    ]
    assert operator.deliver(desk.dispatch(replies=replies)).returncode == 0
    return texts


def test_replies_are_shown_the_newest_first(
    server: Server, source: Source, answered: list[str]
) -> None:
    done = source.replies(server.address)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "1.  2024-10-04\n\n    The newest.\n    Two lines.\n\n"
        "2.  2024-10-04\n\n    Same day, earlier.\n\n"
        "3.  2022-01-08\n\n    Long ago \\x1b[2J.\n\n"
    )
    assert source.replies(server.address).stdout == done.stdout


def test_all_can_be_deleted_and_nobody_elses_are(
    operator: Operator, server: Server, source: Source, answered: list[str]
) -> None:
    stored = operator.home / "store" / "replies"
    before = set(stored.iterdir())
    done = source.replies(server.address, "--delete", "all")
    assert done.stdout.endswith("3 replies deleted.\n")
    assert source.replies(server.address).stdout == "There are no replies.\n"
    assert len(before - set(stored.iterdir())) == 3


def test_the_server_is_shown_no_codename_and_no_key_to_replies(
    desk: Desk, server: Server, source: Source, answered: list[str]
) -> None:
    thread = derive_thread(split(source.codename), desk.salt)
    passed: list[bytes] = []
    with Proxy(server.address, seen=passed.append) as proxy:
        assert source.replies(proxy.address, "--delete", "all").returncode == 0
    heard = b"".join(passed)
    assert proxy.requests == ["GET /keyring?raw", "POST /mailbox", "POST /mailbox/delete"]
    assert heard.count(thread.capability) == 2
    assert thread.reply_key not in heard
    assert not any(word.encode() in heard for word in source.codename.split())


def test_replies_of_a_newsroom_with_openpgp_keys_can_be_read(
    gnupg: GnupgHome, source: Source, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = Desk(gnupg=gnupg)
    operator = Operator(tmp_path_factory.mktemp("gpg"), desk)
    thread = derive_thread(split(source.codename), desk.salt)
    with operator.serve() as server:
        assert operator.deliver(desk.dispatch(replies=[desk.reply(thread, "Hi.")])).returncode == 0
        assert "    Hi.\n" in source.replies(server.address).stdout


def test_a_mailbox_opens_what_is_ours_and_counts_the_rest():
    forged = sealed("x", thread=Thread(THREAD.capability, b"another" + bytes(25)))
    strange = sealed("x", thread=Thread(b"another" + bytes(25), THREAD.reply_key))
    opened, closed = read_mailbox(box(sealed("Mine."), forged, strange), THREAD)
    assert [one.reply.text for one in opened] == ["Mine."]
    assert closed == 2


@given(st.integers(0, 9))
def test_a_mailbox_of_any_size_is_read(count):
    replies = [sealed(str(number), number=number) for number in range(1, count + 1)]
    opened, closed = read_mailbox(box(*replies), THREAD)
    assert [one.reply.number for one in opened] == list(range(count, 0, -1))
    assert [one.name for one in reversed(opened)] == [one.name for one in replies]
    assert closed == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0\0\0",
        bytes(4),
        bytes(65_535),
        bytes(65_537),
        bytes(131_072),
        bytes(65_535) + b"x",
        b"\0\0\0\x04" + bytes(65_532),
        b"\xff" * 65_536,
        box(sealed("x"))[:-1] + b"x",
    ],
    ids=range(10),
)
def test_what_is_no_mailbox_is_told(answer):
    with pytest.raises(WrongAnswer):
        read_mailbox(answer, THREAD)
