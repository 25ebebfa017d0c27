"""The codename: what may be typed differently, what a slip is, and what is derived (F5)."""

import random
import time
from collections import Counter

import pytest
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from hypothesis import given
from hypothesis import strategies as st

from intake.wire import codename
from intake.wire.codename import COST, Cost, derive_thread, draw, passes, split, thread_id
from intake.wire.errors import Malformed
from tests.wire.model import blake

CHEAP = Cost(memory_kib=8, passes=1)
LIST = tuple(
    f"{a}{b}{c}" for a in "bdfghjklmnprstvw" for b in "aeiou" for c in
    [x + y + z for x in "bdfgklmnprst" for y in "aeiou" for z in "kn"]
)  # fmt: skip
DRAWN = draw(LIST, random.Random(1).randrange)
SALT = bytes(range(16))


def test_a_drawn_codename_has_seven_words_of_the_list_and_passes():
    for seed in range(20):
        words = draw(LIST, random.Random(seed).randrange)
        assert len(words) == 7
        assert set(words) <= set(LIST)
        assert passes(words)
        assert split(" ".join(words)) == words


def test_every_word_of_the_list_is_drawn_as_often():
    firsts = Counter(draw(LIST, random.Random(seed).randrange)[0][0] for seed in range(400))
    assert len(firsts) == 16


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (LIST[:6999], "too short"),
        (LIST[:10] * 1000, "10 different words is too short"),
        ([f"T-{word}" for word in LIST], "as split gives them back"),
    ],
)
def test_a_list_that_would_give_weak_or_unreadable_codenames_is_refused(words, why):
    with pytest.raises(ValueError, match=why):
        draw(words, random.Random(1).randrange)


@pytest.mark.parametrize(
    "typed",
    [
        "{}", " {} ", "{}\n", "\u200e{}\u200f", "\ufeff{}", "{}\u00ad", "\u2066{}\u2069",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "between",
    [" ", "  ", "-", "–", "—", "‑", "_", ".", ", ", "; ", "\t", "\r\n", "\u00a0", "\u3000", "\x1c"],
)
def test_spacing_hyphens_and_invisible_marks_do_not_matter(typed, between):
    assert split(typed.format(between.join(DRAWN))) == DRAWN


def test_case_width_and_composition_do_not_matter():
    assert split(" ".join(DRAWN).upper()) == DRAWN
    assert split("".join(chr(ord(c) + 0xFEE0) if c > " " else c for c in " ".join(DRAWN))) == DRAWN
    assert split("E\u0301te\u0301 STRASSE Straße ΣΊΣΥΦΟΣ") == (
        "été",
        "strasse",
        "strasse",
        "σίσυφοσ",
    )


@given(st.text(max_size=600))
def test_split_takes_any_text_and_gives_words(text):
    words = split(text)
    assert all(word and not word.isspace() for word in words)
    assert words == () or len(text) <= codename.MAX_CODENAME


def test_a_text_longer_than_any_codename_has_no_words_and_costs_nothing():
    begun = time.perf_counter()
    assert split(" ".join(DRAWN) + " " * 10_000_000) == ()
    assert time.perf_counter() - begun < 0.5
    assert split(" ".join(DRAWN).ljust(512)) == DRAWN
    assert split(" ".join(DRAWN).ljust(513)) == ()


def test_of_256_slips_one_passes():
    chance = random.Random(7)
    slipped = 40_000
    passed = 0
    for _ in range(slipped):
        words = list(DRAWN)
        words[chance.randrange(7)] = chance.choice(LIST)
        passed += tuple(words) != DRAWN and passes(words)
    assert 0.6 < passed / (slipped / 256) < 1.5


def test_words_left_out_or_added_never_pass():
    assert not passes(DRAWN[:6])
    assert not passes((*DRAWN, "one"))
    assert not passes(())


def test_the_check_is_the_first_byte_of_a_personalised_hash():
    assert blake(b"intake1 check", b"", " ".join(DRAWN).encode(), 1) == b"\0"


def test_what_is_derived_is_what_the_format_says():
    thread = derive_thread(DRAWN, SALT, CHEAP)
    root = hash_secret_raw(
        " ".join(DRAWN).encode(), SALT, time_cost=1, memory_cost=8, parallelism=1, hash_len=32,
        type=Type.ID, version=19,
    )  # fmt: skip
    assert ARGON2_VERSION == 19
    assert thread.capability == blake(b"intake1 mailbox", root, b"", 32)
    assert thread.reply_key == blake(b"intake1 replykey", root, b"", 32)
    assert thread.id == blake(b"intake1 thread", thread.capability, b"", 16)
    assert thread.id == thread_id(thread.capability)


def test_another_newsroom_another_thread():
    threads = [derive_thread(DRAWN, salt, CHEAP) for salt in (SALT, bytes(16))]
    assert threads[0].capability != threads[1].capability


def test_a_slip_derives_nothing():
    with pytest.raises(Malformed, match="not a codename"):
        derive_thread(DRAWN[:6], SALT, CHEAP)


def test_a_salt_of_another_size_is_refused():
    with pytest.raises(ValueError, match="a salt of 15 bytes"):
        derive_thread(DRAWN, SALT[:15], CHEAP)


def test_a_thread_shows_nothing_of_its_secrets():
    thread = derive_thread(DRAWN, SALT, CHEAP)
    assert repr(thread) == "<Thread>"


def test_a_login_costs_tens_of_milliseconds():
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        derive_thread(DRAWN, SALT, COST)
        times.append(time.perf_counter() - begun)
    assert 0.005 < min(times) < 0.25
