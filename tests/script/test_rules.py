"""What the script decides without a page: packs, words that are near, rates, amounts."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from intake import i18n
from intake.days import date_of
from intake.i18n import LANGUAGES
from intake.wire.resumable import MAX_CONTENT
from intake.wordlists import words
from tests.newsroom.source import new_codename
from tests.script.other import Other


@pytest.fixture(scope="module")
def rules(program) -> Iterator[Other]:
    with Other(program("rules")) as running:
        yield running


def seen(path: str, size: int, changed: int = 0) -> dict[str, Any]:
    return {"path": path, "size": size, "changed": changed}


def a_collection(seed: int) -> list[dict[str, Any]]:
    """Return files as people have them: most small, a few large, some of no bytes."""
    draw = random.Random(seed)
    sizes = [int(draw.paretovariate(0.5)) * 100 for _ in range(1_500)] + [0, 0, 2 * MAX_CONTENT]
    return [seen(f"folder/{number} ö.pdf", size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize("seed", range(5))
def test_every_byte_is_in_one_pack_and_no_pack_is_too_large(rules: Other, seed: int):
    files = a_collection(seed)

    packs = rules.ask("packs", files=files)

    reached = {file["path"]: 0 for file in files}
    for pack in packs:
        assert sum(length + len(path.encode()) + 23 for path, _, length in pack) <= MAX_CONTENT
        assert len(pack) <= 16_384
        for path, offset, length in pack:
            assert offset == reached[path]
            reached[path] += length
    assert reached == {file["path"]: file["size"] for file in files}
    assert {path for pack in packs for path, _, _ in pack} == set(reached)


def test_small_files_share_packs(rules: Other):
    packs = rules.ask("packs", files=[seen(f"{number}.txt", 100) for number in range(40_000)])

    assert 3 <= len(packs) <= 8


def test_a_file_more_changes_few_packs(rules: Other):
    files = [seen(f"folder/{number}.pdf", 150_000) for number in range(4_000)]
    before = rules.ask("packs", files=files)

    after = rules.ask("packs", files=[seen("folder/.new.pdf", 1_000_000), *files])

    new = [pack for pack in after if pack not in before]
    assert len(before) > 70
    assert len(new) < 20


def test_a_letter_more_less_other_or_swapped_is_near(rules: Other):
    draw = random.Random(1)
    lists = [list(words("en")), list(words("de"))]
    for _ in range(4):
        typed = new_codename().split()
        word = next(one for one in typed if len(one) > 4)
        at = draw.randrange(2, len(word) - 1)
        slips = [
            f"{word[:at]}q{word[at:]}",
            word[:at] + word[at + 1 :],
            f"{word[:at]}q{word[at + 1 :]}",
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
        ]
        for slip in slips:
            slipped = [slip if one == word else one for one in typed]
            wrong = rules.ask("wrong", typed=slipped, lists=lists)
            if slip in words("en"):
                assert wrong == []
            else:
                assert [one["word"] for one in wrong] == [slip]
                assert word in wrong[0]["near"] or len(wrong[0]["near"]) == 3


def test_what_is_like_no_word_has_none_near_it(rules: Other):
    lists = [list(words("en"))]
    assert rules.ask("wrong", typed=["qqqqqqqq"], lists=lists) == [{"word": "qqqqqqqq", "near": []}]
    assert rules.ask("wrong", typed=list("abcd"), lists=lists) == [
        {"word": letter, "near": []} for letter in "abcd"
    ]


@pytest.mark.parametrize("between", [" ", "\n", ", ", "-", " _ ", "…  "])
def test_a_codename_in_a_text_is_found_however_it_is_written(rules: Other, between: str):
    codename = new_codename()
    written = codename.upper().replace(" ", between)
    assert rules.ask("givesAway", text=f"It is {written}.", codename=codename)
    assert not rules.ask("givesAway", text=" ".join(codename.split()[:6]), codename=codename)


def test_a_codename_in_a_text_is_looked_for_as_it_is_folded_where_it_is_typed(rules: Other):
    typed = "strasse haus one two three four five"
    assert rules.ask("givesAway", text="Straße, HAUS: one two three four five!", codename=typed)
    odd = "one (two [three *four ?five \\six seven+"
    assert not rules.ask("givesAway", text="one two three four five six seven", codename=odd)


def test_two_files_of_one_name_and_size_have_names_of_their_own(rules: Other):
    files = [seen("a.pdf", 5, 1), seen("a.pdf", 5, 2), seen("a.pdf", 5, 1), seen("a.pdf", 5, 3)]
    assert rules.ask("chosen", files=files) == ["a.pdf", "a (2).pdf", "a (3).pdf"]
    assert rules.ask("chosen", files=[seen("a", 5, 1), seen("a", 5, 2)]) == ["a", "a (2)"]
    long = f"{'ö' * 3_000}.pdf"
    (path,) = rules.ask("chosen", files=[seen(long, 5)])
    assert len(path.encode()) <= 4_080
    assert path.endswith("öö.pdf")
    assert "\ufffd" not in path


def test_the_rate_is_that_of_the_last_half_minute(rules: Other):
    steady = [[second, 1_000 * second] for second in range(100)]
    assert rules.ask("rate", samples=steady, left=5_000) == [1_000, 5]
    slower = [*steady, *[[100 + second, 100_000 + 10 * second] for second in range(60)]]
    assert rules.ask("rate", samples=slower, left=5_000) == [10, 500]


def test_no_rate_is_told_at_first_and_after_a_break(rules: Other):
    assert rules.ask("rate", samples=[], left=1) == [None, None]
    assert rules.ask("rate", samples=[[0, 0], [1, 5_000]], left=1) == [None, None]
    assert rules.ask("rate", samples=[[0, 0], [9, 9_000], [10, 4_000]], left=1) == [None, None]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", [25_004, 999_499, 1_400_321, 123_456_789, 10**12 + 10**11])
def test_amounts_are_written_as_the_server_writes_them(rules: Other, lang: str, size: int):
    app = Flask("none")
    i18n.init(app)
    with app.test_request_context(f"/?lang={lang}"):
        server = {
            "size": i18n.human_size(size),
            "rate": i18n.human_rate(size),
            "count": i18n.number(size),
            "day": i18n.day(date_of(20_000)),
        }
    script = rules.ask("amounts", lang=lang, bytes=size) | {
        "day": rules.ask("day", lang=lang, day=20_000)
    }
    # They have kinds of space of their own.
    assert {key: said.split() for key, said in script.items()} == {
        key: said.split() for key, said in server.items()
    }
