"""The Nu Html Checker on every page in every language, as it is sent."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from intake.i18n import LANGUAGES
from tests.browser.places import REPLIES
from tests.browser.site import Site
from tests.newsroom import Answer, File, Source, request
from tests.newsroom.source import new_codename

pytestmark = pytest.mark.slow

ADDRESSES = ("/", "/submit", "/submit?have=1", "/replies", "/protection", "/keyring", "/nowhere")


@pytest.fixture
def checker(packages: Path) -> Path:
    """The checker's program."""
    if shutil.which("java") is None:
        pytest.skip("java is not on PATH")
    return packages / "vnu-jar" / "build" / "dist" / "vnu.jar"


def pages(site: Site, lang: str) -> Iterator[tuple[str, Answer]]:
    """Return every page in a language, with a name for it."""
    for path in ADDRESSES:
        address = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        yield path, request(site.listens, "GET", address)
    source = Source(site.listens)
    files = [File("a.pdf", b"a" * 5_000), File("محضر.odt", b"")]
    yield "receipt", source.send("A message.", files, lang=lang)
    yield "no-replies", source.replies(lang=lang)
    site.answer(source.codename, *REPLIES)
    yield "replies", source.replies(lang=lang)
    yield "slip", Source(site.listens, new_codename() + "x").replies(lang=lang)
    yield "slip-on-the-form", Source(site.listens, "one two").send("A message.", lang=lang)
    yield "nothing-to-send", source.send(lang=lang)
    yield "codename-in-message", source.send(source.codename, lang=lang)
    yield (
        "deleted",
        source.post("/replies/delete", {"codename": source.codename, "reply": "all"}, lang=lang),
    )


def unusual_pages(site: Site, closed: Site, lang: str) -> Iterator[tuple[str, Answer]]:
    """Return what most never see."""
    proxied = {"Via": "1.1 a proxy", "User-Agent": "Another/1.0"}
    yield "warnings", request(site.listens, "GET", f"/?lang={lang}", headers=proxied)
    for path in ("/", "/submit"):
        yield f"closed-{path[1:]}", request(closed.listens, "GET", f"{path}?lang={lang}")
    yield "closed-replies", Source(closed.listens).replies(lang=lang)
    yield "closed-sent", Source(closed.listens).send("A message.", lang=lang)
    yield "no-form", request(site.listens, "POST", f"/submit?lang={lang}", b"?")


def test_every_page_in_every_language_is_valid(
    loopback: Site, closed_site: Site, checker: Path, tmp_path: Path
):
    for lang in LANGUAGES:
        everything = chain(pages(loopback, lang), unusual_pages(loopback, closed_site, lang))
        for number, (name, answer) in enumerate(everything):
            assert answer.header("Content-Type") == "text/html; charset=utf-8", name
            file = f"{lang}-{number}-{name.replace('/', '').replace('?', '-')}.html"
            (tmp_path / file).write_bytes(answer.body)
    (tmp_path / "style.css").write_bytes(request(loopback.listens, "GET", "/static/style.css").body)

    assert errors(checker, tmp_path) == ""


def test_an_error_would_be_seen(checker: Path, tmp_path: Path):
    (tmp_path / "page.html").write_text('<!DOCTYPE html><html lang="en"><title>A</title><p></div>')
    (tmp_path / "style.css").write_text("a { colr: red }")

    found = errors(checker, tmp_path)

    assert "Stray end tag “div”" in found
    assert "colr" in found


def errors(checker: Path, folder: Path) -> str:
    """Return what the checker finds in a folder's pages and style sheets, a line each."""
    command = [
        "java",
        "-jar",
        str(checker),
        "--format",
        "json",
        "--stdout",
        "--also-check-css",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return "\n".join(
        f"{Path(one['url']).name}:{one.get('lastLine')}: {one['message']}: {one.get('extract', '')}"
        for one in json.loads(done.stdout)["messages"]
    )
