"""What the project is made of is known, and may be part of it."""

import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.supply.audit import CLEAN, KNOWN, UNCHECKED, Audit, of_npm_audit, of_pip_audit, told
from tests.supply.bom import bom
from tests.supply.licences import COMPATIBLE, FREE, fits
from tests.supply.locks import ROOT, RUNS, TOOLS, Package, pinned


@pytest.fixture(scope="module")
def packages() -> list[Package]:
    return pinned()


def problems(document: dict) -> object:
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))


def test_the_bill_of_materials_is_cyclonedx_1_6(packages: list[Package]) -> None:
    assert problems(bom(packages)) is None


def test_what_is_not_is_told(packages: list[Package]) -> None:
    document = bom(packages)
    document["components"][0]["hashes"][0]["content"] = "none"
    assert problems(document) is not None


def test_the_same_locks_give_the_same_bytes(packages: list[Package]) -> None:
    assert json.dumps(bom(packages)) == json.dumps(bom(pinned()))


def test_every_package_of_every_lock_is_in_it_with_every_hash(packages: list[Package]) -> None:
    hashes = {(one.name, digest) for one in packages for _, digest in one.hashes}
    for lock in (*RUNS, *TOOLS):
        text = (ROOT / lock).read_text("utf-8")
        if lock.endswith(".txt"):
            names = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
            assert set(names) <= {one.name for one in packages if one.kind == "pypi"}
            assert set(re.findall(r"sha256:([0-9a-f]{64})", text)) <= {
                digest for _, digest in hashes
            }
        else:
            assert len(json.loads(text)["packages"]) - 1 == len(
                [one for one in packages if any(at.startswith(lock) for at in one.locks)]
            )


def test_every_lock_there_is_is_read() -> None:
    """But the two of tools that are installed apart, and make what is read here."""
    found = {f"requirements/{path.name}" for path in (ROOT / "requirements").glob("*.txt")}
    apart = {f"requirements/{name}.txt" for name in ("lock", "audit", "script")}
    assert found - apart == {lock for lock in (*RUNS, *TOOLS) if lock.startswith("requirements")}


def test_dependencies_are_components(packages: list[Package]) -> None:
    purls = {one.purl for one in packages}
    assert {need for one in packages for need in one.needs} <= purls
    flask = next(one for one in packages if one.name == "flask")
    assert "pkg:pypi/werkzeug@" in " ".join(flask.needs)


def test_what_runs_may_be_part_of_a_work_under_the_agpl(packages: list[Package]) -> None:
    running = [one for one in packages if one.runs]
    assert {"flask", "pynacl", "@noble/hashes"} <= {one.name for one in running}
    assert [(one.name, one.licence) for one in running if not fits(one.licence, COMPATIBLE)] == []


def test_every_tool_is_free(packages: list[Package]) -> None:
    assert [(one.name, one.licence) for one in packages if not fits(one.licence, FREE)] == []


@pytest.mark.parametrize(
    ("expression", "fitting"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-2.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("(MIT OR SSPL-1.0) AND ISC", True),
        ("(MIT OR ISC) AND SSPL-1.0", False),
        ("MIT AND SSPL-1.0", False),
        ("GPL-2.0-only", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("BSD", False),
        ("", False),
    ],
)
def test_a_licence_fits_if_one_choice_of_it_does(expression: str, fitting: bool) -> None:
    assert fits(expression, COMPATIBLE) is fitting


def test_what_pip_audit_skipped_was_not_checked() -> None:
    said = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "skip_reason": "Dependency not found on PyPI"},
        ]
    }
    assert of_pip_audit("x", json.dumps(said)) == Audit("x", 1, 2)
    assert of_pip_audit("x", "") == of_pip_audit("x", "[]") == Audit("x", 0, 0)


def test_a_known_hole_is_told_with_the_version_that_mends_it() -> None:
    hole = {"id": "PYSEC-1", "fix_versions": ["2"]}
    said = {"dependencies": [{"name": "a", "version": "1", "vulns": [hole]}]}
    assert of_pip_audit("x", json.dumps(said)).holes == ("a 1: PYSEC-1, mended in 2",)


def test_an_npm_that_cannot_ask_has_checked_nothing() -> None:
    refused = {"message": "405 Method Not Allowed", "error": {"summary": ""}}
    assert of_npm_audit("x", json.dumps(refused)) == Audit("x", 0, 0)
    answered = {
        "vulnerabilities": {"a": {"range": "<2", "severity": "high"}},
        "metadata": {"dependencies": {"total": 3}},
    }
    assert of_npm_audit("x", json.dumps(answered)) == Audit("x", 3, 3, ("a <2: high",))


def test_nothing_is_claimed_of_what_was_not_checked() -> None:
    clean, none, part = Audit("a", 2, 2), Audit("b", 0, 0), Audit("c", 1, 2)
    assert told([clean]) == ("a: 2 packages checked, 0 holes known.", CLEAN)
    for audits in ([clean, none], [clean, part], [none]):
        text, code = told(audits)
        assert code == UNCHECKED
        assert text.endswith("This says nothing about holes in what was not checked.")
    assert "b: no database could be reached. Nothing was checked." in told([none])[0]
    assert told([none, Audit("d", 1, 1, ("hole",))])[1] == KNOWN
