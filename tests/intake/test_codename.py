"""The codename: made on the page, checked for slips, and never anywhere that it could be left."""

import re
from collections.abc import Iterator

import pytest

from intake.wire.codename import passes, split
from intake.wordlists import FILES, words
from tests.intake.arrivals import arrived
from tests.newsroom import Answer, File, Operator, Server, Source, request
from tests.newsroom.source import Page, new_codename

TITLE = "Please check the codename"


@pytest.fixture
def source(server: Server) -> Source:
    return Source(server.address)


def everything_stored(operator: Operator) -> set[str]:
    """Return the names of all envelopes and replies; the tick may move them meanwhile."""
    store = operator.home / "store"
    folders = ("ready", "shelf", "replies", "uploads")
    return {path.name for folder in folders for path in (store / folder).iterdir()}


def slipped(codename: str) -> list[str]:
    """Return slips of memory that no codename is left after."""
    learnt = codename.split()
    other = next(w for w in words("en") if not passes([w, *learnt[1:]]) and w not in learnt)
    unknown = next(
        w for w in (learnt[0] + x for x in ("x", "xx", "xxx")) if not passes([w, *learnt[1:]])
    )
    swaps = (
        [*learnt[:i], learnt[i + 1], learnt[i], *learnt[i + 2 :]]
        for i in range(6)
        if learnt[i] != learnt[i + 1]
    )
    swapped = next(swap for swap in swaps if not passes(swap))
    return [
        " ".join([other, *learnt[1:]]),
        " ".join(swapped),
        " ".join(learnt[:6]),
        " ".join([*learnt, learnt[0]]),
        " ".join([unknown, *learnt[1:]]),
        learnt[0],
        "",
        " ",
        "\0" * 100,
        "word " * 90,
    ]


KINDS = ["one word", "order", "six", "eight", "no word", "one", "none", "space", "zeros", "many"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_slip_is_told_and_nothing_is_stored(
    source: Source, operator: Operator, kind: str
) -> None:
    typed = slipped(source.codename)[KINDS.index(kind)]
    before = everything_stored(operator)
    slip = Source(source.address, typed or " ")
    for answer in (
        slip.send("A message.", [File("x", b"x" * 100_000)]),
        slip.post("/submit", {"codename": typed, "message": "A message."}),
        slip.post("/replies", {"codename": typed}),
        slip.post("/replies/delete", {"codename": typed, "reply": "all"}),
    ):
        assert answer.status == 400
        assert TITLE in answer.text
    assert everything_stored(operator) == before


def test_a_word_on_no_list_is_answered_with_the_words_that_are_near(source: Source) -> None:
    learnt = source.codename.split()
    learnt[2] = next(w for w in (f"{learnt[2]}{x}" for x in "qxzj") if not passes_with(learnt, w))
    answer = source.post("/replies", {"codename": " ".join(learnt)})
    page = Page(answer.text)
    assert f"“{learnt[2]}” is not one of our words. Near it are:" in page.text
    assert learnt[2][:-1] in page.text


def passes_with(learnt: list[str], word: str) -> bool:
    """Return whether the check would not tell another third word: one in 256 does not show."""
    return passes([*learnt[:2], word, *learnt[3:]])


@pytest.mark.parametrize("field", ["message", "codename"])
def test_what_was_typed_is_not_run_by_the_page(source: Source, field: str) -> None:
    answer = source.post("/replies", {"codename": "<script>alert(1)</script> " * 7})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "typed",
    [
        str.upper,
        str.title,
        lambda c: c.replace(" ", "-"),
        lambda c: c.replace(" ", "  \t\r\n "),
        lambda c: f"  {c}\n",
        lambda c: c.replace(" ", ", "),
        lambda c: c.replace(" ", "_"),
        lambda c: c.replace(" ", "\u00a0"),
    ],
    ids=["upper", "title", "hyphens", "white space", "around", "commas", "underscores", "no-break"],
)
def test_the_codename_is_accepted_as_people_type_it(
    source: Source, operator: Operator, typed: object
) -> None:
    assert callable(typed)
    other = Source(source.address, typed(source.codename))
    assert other.send("Typed another way.").status == 200
    [record] = arrived(operator, source)
    assert record.content == b"Typed another way."


@pytest.mark.parametrize("language", [*FILES, "ru", "ar"])
def test_the_page_draws_a_codename_from_the_languages_list(server: Server, language: str) -> None:
    answer = request(server.address, "GET", f"/submit?lang={language}")
    page = Page(answer.text)
    [codename] = page.field("codename")
    assert passes(split(codename))
    assert set(codename.split()) <= set(words(language))
    assert codename in page.text
    assert Source(server.address, codename).replies(lang="en").status == 200


def test_no_two_visits_are_given_one_codename(server: Server, operator: Operator) -> None:
    before = everything_stored(operator)
    pages = [Page(request(server.address, "GET", "/submit").text) for _ in range(20)]
    assert len({page.field("codename")[0] for page in pages}) == 20
    assert everything_stored(operator) == before


def test_nobody_is_given_a_new_codename_who_has_one(server: Server) -> None:
    page = Page(request(server.address, "GET", "/submit?have=1").text)
    assert page.field("codename") == [""]


def test_the_receipt_shows_the_codename_once_more(source: Source) -> None:
    assert source.codename in Page(source.send("Hello.").text).text


def all_answers(source: Source) -> Iterator[Answer]:
    yield source.send("Hello.", [File("x", b"x")])
    yield source.send(source.codename)
    yield source.send()
    yield source.replies()
    yield source.delete("all")
    yield Source(source.address, slipped(source.codename)[0]).replies()
    for path in ("/", "/submit", "/replies", "/keyring", "/protection"):
        yield request(source.address, "GET", path)


OURS = {"action", "base", "delete", "frame", "progress", "script", "self", "static", "style"}


def test_the_codename_is_in_no_address_and_no_header_and_no_cookie_is_set(source: Source) -> None:
    # Some words of the lists are in our own addresses and headers.
    words_of_it = [*({*source.codename.split()} - OURS), source.codename]
    for answer in all_answers(source):
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers).lower()
        assert "cookie" not in headers
        assert not any(re.search(rf"\b{word}\b", headers) for word in words_of_it)
        for tag, attributes in Page(answer.text).elements:
            for name in ("href", "action", "src", "formaction"):
                address = attributes.get(name, "")
                assert not set(re.findall("[a-z]+", address)) & set(words_of_it), tag
            assert attributes.get("method", "post") in ("post", "dialog")


def test_the_codename_in_an_address_is_not_taken(source: Source) -> None:
    answer = request(
        source.address, "POST", f"/replies?codename={source.codename.replace(' ', '+')}"
    )
    assert answer.status == 400
    assert source.codename not in answer.text


@pytest.mark.parametrize(
    "message",
    ["{}", "My codename is {}.", "one\n{}\ntwo", "{upper}", "{spaced}", "{hyphens}"],
)
def test_a_message_with_the_codename_in_it_is_stopped(
    source: Source, operator: Operator, message: str
) -> None:
    before = everything_stored(operator)
    text = message.format(
        source.codename,
        upper=source.codename.upper(),
        spaced=source.codename.replace(" ", "\r\n  "),
        hyphens=source.codename.replace(" ", "-"),
    )
    for answer in (
        source.send(text),
        source.post("/submit", {"codename": source.codename, "message": text}),
        source.post("/submit", {"message": text, "codename": source.codename}),
    ):
        assert answer.status == 400
        assert "Your message contains your codename" in answer.text
    assert everything_stored(operator) == before


def test_a_message_with_another_codename_in_it_is_not_stopped(source: Source) -> None:
    assert source.send(f"Mine is not {new_codename()}.").status == 200


def test_the_codename_is_not_in_what_the_server_complains_of(
    source: Source, server: Server
) -> None:
    list(all_answers(source))
    assert not any(word in server.stderr() for word in source.codename.split() if len(word) > 4)


def test_what_is_no_slip_of_memory_is_not_looked_up(source: Source) -> None:
    """To compare every word with every other would be worth a flood."""
    near = source.post("/replies", {"codename": "abacuss abdomenn abidee zoom zoom zoom zoom"}).text
    assert re.search(r"\babacus\b", near)
    far = source.post("/replies", {"codename": "abacuss abdomenn abidee zooom zoom zoom zoom"}).text
    assert not re.search(r"\babacus\b", far)
