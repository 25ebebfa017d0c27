"""What every answer has, and what none has."""

import gzip
import json
from pathlib import Path

import pytest

from intake.headers import LEAST_PAGE
from intake.i18n import LANGUAGES
from intake.script import integrity_of
from intake.wire.codename import LEAST_LIST
from intake.wordlists import words
from tests.newsroom import Answer, Desk, File, GnupgHome, Operator, Server, Source, request
from tests.newsroom.http import raw
from tests.newsroom.source import Page

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
FORM_POLICY = f"{POLICY}; script-src 'self'; worker-src blob:; connect-src 'self'; frame-src 'self'"
FORMS = ("/submit", "/replies", "/replies/delete")
NEVER = ("Date", "Server", "Set-Cookie", "Last-Modified", "ETag", "Expires", "X-Powered-By", "Age")
ROUTES = [
    *("/", "/submit", "/replies", "/keyring", "/protection"),
    *("/static/style.css", "/static/script.js", "/words/en"),
]
ROOT = Path(__file__).resolve().parents[2]

REQUESTS = {
    **{f"GET {path}": ("GET", path) for path in ROUTES},
    **{f"HEAD {path}": ("HEAD", path) for path in ROUTES},
    **{f"OPTIONS {path}": ("OPTIONS", path) for path in ROUTES},
    "the keyring itself": ("GET", "/keyring?raw=1"),
    "no such page": ("GET", "/no/such/page"),
    "a folder": ("GET", "/static/"),
    "a way out": ("GET", "/static/../app.py"),
    "a way out, encoded": ("GET", "/static/%2e%2e/app.py"),
    "a method nobody has": ("BREW", "/"),
    "a method that does not fit": ("PUT", "/submit"),
    "deleting by GET": ("GET", "/replies/delete"),
    "no form": ("POST", "/submit"),
    "nothing": ("POST", "/replies"),
}


def is_a_bucket(size: int) -> bool:
    return size >= LEAST_PAGE and (size // LEAST_PAGE).bit_count() == 1 and size % LEAST_PAGE == 0


def check_headers(answer: Answer, policy: str = FORM_POLICY) -> None:
    names = [name.lower() for name, _ in answer.headers]
    assert len(names) == len(set(names))
    assert not {name.lower() for name in NEVER} & set(names)
    assert answer.header("Content-Security-Policy") == policy
    assert (answer.header("Integrity-Policy") is not None) == (policy == FORM_POLICY)
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("X-Frame-Options") == "DENY"


def check_padding(answer: Answer, method: str = "GET") -> None:
    if (answer.header("Content-Type") or "").startswith("text/html"):
        assert is_a_bucket(int(answer.header("Content-Length") or 0))
        assert len(answer.body) == (0 if method == "HEAD" else int(answer.header("Content-Length")))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", REQUESTS)
def test_every_answer_has_the_same_strict_headers(server: Server, name: str) -> None:
    method, path = REQUESTS[name]
    answer = request(server.address, method, path)
    check_headers(answer, FORM_POLICY if path in FORMS else POLICY)
    check_padding(answer, method)
    assert answer.status < 500


@pytest.mark.parametrize(
    ("name", "status"),
    [
        *((f"GET {path}", 200) for path in ROUTES),
        *((f"HEAD {path}", 200) for path in ROUTES),
        ("no such page", 404),
        ("a way out", 404),
        ("a way out, encoded", 404),
        ("a method nobody has", 405),
        ("a method that does not fit", 405),
        ("deleting by GET", 405),
        ("no form", 400),
        ("nothing", 400),
    ],
)
def test_the_status_says_what_happened(server: Server, name: str, status: int) -> None:
    assert request(server.address, *REQUESTS[name]).status == status


def test_answers_to_forms_have_them_too(server: Server) -> None:
    source = Source(server.address)
    for answer, status in (
        (source.send("Hello.", [File("x", b"x")]), 200),
        (source.send(), 400),
        (source.replies(), 200),
        (source.delete("all"), 200),
        (source.post("/replies", {"codename": "x" * 20_000}), 413),
        (source.post("/submit", {"codename": source.codename, "message": "x" * 300_000}), 413),
    ):
        assert answer.status == status
        check_headers(answer)
        check_padding(answer)


def test_a_page_grows_by_buckets(server: Server) -> None:
    source = Source(server.address)
    answer = source.send(files=[File(f"file {number}", b"") for number in range(400)])
    assert answer.status == 200
    assert len(answer.body) > LEAST_PAGE
    check_padding(answer)


def test_a_page_is_padded_to_the_same_length_in_every_language(server: Server) -> None:
    for path in ("/", "/submit", "/submit?have=1", "/replies", "/keyring", "/protection"):
        mark = "&" if "?" in path else "?"
        sizes = {
            len(request(server.address, "GET", f"{path}{mark}lang={code}").body)
            for code in LANGUAGES
        }
        assert sizes == {LEAST_PAGE}, path


def test_the_translations_are_compiled() -> None:
    for path in (ROOT / "intake" / "translations").glob("*/LC_MESSAGES/messages.po"):
        assert path.with_suffix(".mo").exists(), "run: make catalogs"


def test_the_script_is_the_one_that_the_page_names(server: Server) -> None:
    served = request(server.address, "GET", "/static/script.js").body
    (script,) = [
        one
        for one in Page(request(server.address, "GET", "/submit").text).attributes("script")
        if "src" in one
    ]
    assert script["integrity"] == integrity_of(served)
    assert integrity_of(served) in request(server.address, "GET", "/protection").text
    packed = request(
        server.address, "GET", "/static/script.js", headers={"Accept-Encoding": "gzip, deflate"}
    )
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == served


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_words_is_the_one_that_codenames_are_drawn_from(
    server: Server, language: str
) -> None:
    answer = request(server.address, "GET", f"/words/{language}")
    listed = answer.text.splitlines()
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert tuple(listed) == words(language)
    assert len(set(listed)) == len(listed) >= LEAST_LIST


def test_a_newsroom_with_openpgp_keys_has_no_script(gnupg: GnupgHome, tmp_path: Path) -> None:
    with Operator(tmp_path, Desk(gnupg=gnupg)).serve() as server:
        for path in ("/submit", "/submit?have=1", "/replies", "/protection"):
            page = Page(request(server.address, "GET", path).text)
            assert page.attributes("script") == []
            assert page.attributes("template") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_in_the_language_that_was_chosen(server: Server, language: str) -> None:
    source = Source(server.address)
    english = {path: Page(request(server.address, "GET", path).text) for path in ROUTES[:5]}
    answers = {
        path: request(server.address, "GET", f"{path}?lang={language}") for path in ROUTES[:5]
    }
    answers["receipt"] = source.send("Hello.", [File("x", b"x" * 2_000)], lang=language)
    answers["nothing"] = source.send(lang=language)
    answers["slip"] = Source(server.address, "seven wrong words").replies(lang=language)
    answers["none"] = source.replies(lang=language)
    answers["missing"] = request(server.address, "GET", f"/missing?lang={language}")
    for name, answer in answers.items():
        page = Page(answer.text)
        [root] = page.attributes("html")
        assert root["lang"] == language, name
        assert root["dir"] == ("rtl" if language == "ar" else "ltr"), name
        if name in english and language != "en":
            assert page.text != english[name].text, name


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,de;q=0.8,en-US;q=0.5,en;q=0.3", "de"),
        ("xx, fr;q=0.3", "fr"),
        ("*", "en"),
        (",;q=x,,\t;", "en"),
        ("ar-EG;q=0.9, ru;q=0.95", "ru"),
    ],
)
def test_the_browsers_language_is_taken_where_none_was_chosen(
    server: Server, accepted: str, shown: str
) -> None:
    answer = request(server.address, "GET", "/", headers={"Accept-Language": accepted})
    assert Page(answer.text).attributes("html")[0]["lang"] == shown


def test_a_choice_of_language_travels_in_every_link_and_form(server: Server) -> None:
    page = Page(request(server.address, "GET", "/submit?lang=fr").text)
    links = [one["href"] for one in page.attributes("a") if one.get("href", "#")[0] != "#"]
    chosen = [link for link in links if "hreflang" not in link]
    assert all("lang=" in link for link in chosen)
    assert all("lang=fr" in form["action"] for form in page.attributes("form"))


def test_a_page_loads_one_stylesheet_of_its_own_and_with_a_form_one_script(server: Server) -> None:
    for path in ROUTES[:5]:
        page = Page(request(server.address, "GET", path).text)
        tags = {tag for tag, _ in page.elements}
        assert not tags & {"img", "object", "embed", "video", "audio", "base"}
        assert not any("src" in frame for frame in page.attributes("iframe"))
        scripts = [one for one in page.attributes("script") if one.get("type") is None]
        assert [one["src"] for one in scripts] == ["/static/script.js"] * (path in FORMS)
        assert [link["href"] for link in page.attributes("link")] == ["/static/style.css"]
        assert not any("style" in attributes for _, attributes in page.elements)
        assert not any(name.startswith("on") for _, one in page.elements for name in one)
    style = request(server.address, "GET", "/static/style.css").text
    assert not any(word in style for word in ("url(", "@import", "http:", "https:"))


def test_the_keyring_is_given_as_it_was_signed(server: Server, operator: Operator) -> None:
    signed = (operator.home / "keyring").read_bytes()
    for path, accept in (("/keyring?raw=1", "text/html"), ("/keyring", "*/*")):
        answer = request(server.address, "GET", path, headers={"Accept": accept})
        assert (answer.status, answer.body) == (200, signed)
        assert answer.header("Content-Type") == "application/octet-stream"


@pytest.mark.parametrize(
    ("headers", "warned"),
    [
        ({}, []),
        ({"User-Agent": "curl/8.0"}, ["Tor Browser"]),
        ({"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/130.0 Safari/537.36"}, ["Tor Browser"]),
        ({"X-Forwarded-For": "10.0.0.1"}, ["Tor2web"]),
        ({"X-Tor2web": "1", "User-Agent": ""}, ["Tor2web", "Tor Browser"]),
    ],
)
def test_a_way_here_that_does_not_protect_is_warned_of(
    server: Server, headers: dict[str, str], warned: list[str]
) -> None:
    page = Page(request(server.address, "GET", "/", headers=headers).text)
    assert ("a so-called Tor2web proxy" in page.text) == ("Tor2web" in warned)
    assert ("does not look like Tor Browser" in page.text) == ("Tor Browser" in warned)


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_answered_without_a_word_about_the_server(
    server: Server, line: bytes
) -> None:
    answer = raw(server.address, line, timeout=10)
    assert b"\r\nDate:" not in answer
    assert b"\r\nServer:" not in answer
    assert not answer.startswith(b"HTTP/1.1 5")
    assert request(server.address, "GET", "/").status == 200


def test_the_name_of_the_newsroom_is_on_every_page(server: Server) -> None:
    for path in ROUTES[:5]:
        assert "The Gazette" in Page(request(server.address, "GET", path).text).text
    assert json.dumps("The Gazette") in (server.home / "config.toml").read_text()
