"""The language of a page: Accept-Language, ``?lang=``, and links that carry it on."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, urlsplit

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from intake.i18n import FALLBACK, LANGUAGES, choose, in_language
from tests.fuzz.recipes import joined, parts_of

LONGEST = 512
RATE = 10_000


def one_input(data: bytes) -> None:
    accepted, query, path = [*parts_of(data), b"", b"", b""][:3]
    asked = parse_accept_header(accepted.decode("latin-1"), LanguageAccept)
    chosen = choose(query.decode("utf-8", "replace") or None, asked)
    assert chosen in LANGUAGES
    assert (
        chosen == FALLBACK or chosen in query.decode("latin-1") + accepted.decode("latin-1").lower()
    )
    # A page's links to itself, of any path that a request can have and any query of ours.
    before, _, after = path.decode("utf-8", "replace").partition("?")
    local = f"{quote('/' + before.lstrip('/'))}?{after}"
    link = in_language(local, chosen)
    given = parse_qsl(urlsplit(link).query)
    assert given[-1] == ("lang", chosen)
    assert [name for name, _ in given].count("lang") == 1
    assert in_language(link, chosen) == link
    assert link.startswith(quote("/" + before.lstrip("/")))


def seeds() -> Iterator[bytes]:
    for accepted, query, path in (
        ("en-US,en;q=0.5", "", "submit"),
        ("pt-BR,es;q=0.8,de;q=0.9", "de", "replies?lang=fr&a=b"),
        ("*", "xx", "//[::1"),
        ("ar;q=0", "ru", "a#b?c"),
        ("de;q=x, fr;q=-1, ru;q=2", "", "%2f%00"),
        (",;,;q=,", "", "http://x:y@z:port/"),
    ):
        yield joined((accepted.encode(), query.encode(), path.encode()))
