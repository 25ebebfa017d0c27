"""axe-core on every page: WCAG 2.2 A and AA, and its best practices."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from intake.i18n import LANGUAGES
from tests.browser.firefox import Firefox
from tests.browser.pages import StartPage
from tests.browser.places import CLOSED_PLACES, PLACES, Visit
from tests.browser.site import Site

Violations = Callable[[Firefox], str]

pytestmark = pytest.mark.slow

RUN = """
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(
    (result) => done(JSON.stringify(result.violations)),
    (error) => done(JSON.stringify([{id: String(error), help: "", nodes: []}])));
"""


@pytest.fixture
def violations(packages: Path) -> Violations:
    """What axe finds on the page that is open, a line each."""
    axe = (packages / "axe-core" / "axe.min.js").read_text()

    def look(browser: Firefox) -> str:
        browser.run(axe)
        return _lines(json.loads(browser.run_async(RUN)))

    return look


def _lines(found: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{one['id']}: {one['help']}: {node['html'][:200]}: {node.get('failureSummary', '')}"
        for one in found
        for node in one["nodes"] or [{"html": ""}]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("place", PLACES)
def test_a_page_has_no_violation(
    scripted: Firefox, loopback: Site, violations: Violations, place: str, lang: str
):
    PLACES[place](Visit(scripted, loopback, lang))
    assert violations(scripted) == ""


@pytest.mark.parametrize("place", PLACES)
def test_a_dark_page_has_no_violation(
    scripted: Firefox, loopback: Site, violations: Violations, place: str
):
    with scripted.in_the_dark():
        PLACES[place](Visit(scripted, loopback, "en"))
        assert violations(scripted) == ""


@pytest.mark.parametrize("place", CLOSED_PLACES)
def test_a_page_of_a_closed_newsroom_has_no_violation(
    scripted: Firefox, closed_site: Site, violations: Violations, place: str
):
    CLOSED_PLACES[place](Visit(scripted, closed_site, "en"))
    assert violations(scripted) == ""


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_page_that_warns_has_no_violation(
    scripted: Firefox, loopback: Site, violations: Violations, lang: str
):
    with scripted.as_another_browser():
        page = StartPage.visit(scripted, loopback.base, lang)
        assert page.warnings
        assert violations(scripted) == ""


def test_a_violation_would_be_seen(scripted: Firefox, loopback: Site, violations: Violations):
    StartPage.visit(scripted, loopback.base)
    scripted.run("document.querySelector('main p').style.color = '#888'")
    assert "color-contrast" in violations(scripted)
