"""Decoy replies: what goes to the server with each dispatch says nothing of who was answered."""

import os
from collections import Counter

import pytest

from intake.wire.dispatch import MAX_REPLIES, SignedDispatch
from intake.wire.reply import NAME, SEALED
from keys.decoys import decoys
from tests.keys.newsroom import Answering, Newsroom


@pytest.fixture
def answering(newsroom: Newsroom) -> Answering:
    return Answering(newsroom)


def test_a_dispatch_has_decoys_though_nobody_was_answered(newsroom: Newsroom) -> None:
    newsroom.open()
    out = newsroom.folder / "dispatch"
    ran = newsroom.keys("dispatch", newsroom.desk, out)
    replies = SignedDispatch.parse(out.read_bytes()).dispatch.replies
    assert len(replies) >= 4
    assert f"0 replies, {len(replies)} decoys" in ran.err
    assert {(len(reply.name), len(reply.sealed)) for reply in replies} == {(NAME, SEALED)}


def test_a_reply_is_one_among_decoys_and_reaches_the_source(answering: Answering) -> None:
    answering.reply("a word")
    signed = answering.dispatch("--decoys", 7)
    assert len(signed.dispatch.replies) >= 8
    assert "1 reply, " in answering.said
    assert answering.received(signed) == [(1, "a word")]


def test_a_repeated_dispatch_has_the_same_decoys_and_more(answering: Answering) -> None:
    answering.reply("a word")
    lost = answering.dispatch("--decoys", 5)
    again = answering.dispatch("--again", "--decoys", 5)
    assert set(lost.dispatch.replies) < set(again.dispatch.replies)
    assert f"1 reply, {len(again.dispatch.replies) - 1} decoys" in answering.said


def test_a_dispatch_that_is_full_of_replies_has_no_decoys() -> None:
    assert decoys(4, 0, os.urandom) == []
    assert len(decoys(4, 3, os.urandom)) == 3
    assert len(decoys(1_000, MAX_REPLIES, os.urandom)) >= 1_000


def test_no_number_of_decoys_is_much_likelier_than_the_next() -> None:
    def small(size: int) -> bytes:
        # The boxes are not looked at here.
        return os.urandom(size) if size == 8 else b""

    drawn = Counter(len(decoys(4, MAX_REPLIES, small)) for _ in range(20_000))
    assert min(drawn) == 4
    # Each is four fifths of the one before; ten standard deviations are allowed.
    for number in range(4, 10):
        expected = drawn[number] * 4 / 5
        assert abs(drawn[number + 1] - expected) < 10 * (2 * expected) ** 0.5
    assert decoys(0, MAX_REPLIES, small) == []
