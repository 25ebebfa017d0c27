"""Nothing in the code says a secret; and what would say one is found."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from mypy.nodes import CallExpr, MemberExpr, NameExpr, Node, SuperExpr, SymbolTableNode

from tests.secrecy import rules
from tests.secrecy.flow import Finding, Flow
from tests.secrecy.program import ROOT, Program, parts, understand

CASES = Path(__file__).with_name("cases")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project() -> Program:
    return understand([ROOT / "intake", ROOT / "keys", *(ROOT / "deploy").glob("*.py")])


@pytest.fixture(scope="module")
def findings(project: Program) -> set[Finding]:
    return Flow(project).findings


@pytest.fixture(scope="module")
def in_cases() -> set[Finding]:
    return Flow(
        understand([ROOT / "intake" / "wire", ROOT / "intake" / "errors.py", CASES])
    ).findings


def test_nothing_says_a_secret(findings: set[Finding]) -> None:
    said = [one for one in findings if one.within not in rules.SAYS_ON_PURPOSE]
    assert sorted(said) == []


def test_what_says_a_secret_on_purpose_does(findings: set[Finding]) -> None:
    assert {one.within for one in findings} >= set(rules.SAYS_ON_PURPOSE)


def test_every_way_to_say_a_secret_is_found(in_cases: set[Finding]) -> None:
    leaks = CASES / "leaks.py"
    lines = enumerate(leaks.read_text("utf-8").splitlines(), 1)
    expected = {number for number, line in lines if "  # says" in line}
    assert len(expected) > 25
    assert {one.line for one in in_cases if one.file == str(leaks)} == expected


def test_what_says_none_is_left_alone(in_cases: set[Finding]) -> None:
    assert [one for one in in_cases if one.file != str(CASES / "leaks.py")] == []


def test_every_name_in_the_rules_is_one(project: Program) -> None:
    """A class that was renamed would no longer be looked for."""
    ours = rules.SECRET_CLASSES | rules.CONTENT | set(rules.SAYABLE) | rules.CONTAINERS
    ours |= rules.SAID_PLACES | set(rules.SAYS_ON_PURPOSE)
    names = {one for one in ours if one.startswith(("intake.", "keys."))}
    assert {one for one in names if not _exists(project, one)} == set()


def _exists(project: Program, name: str) -> bool:
    modules = {module.fullname: module for module in project.modules}
    owner = next(one for one in sorted(modules, reverse=True) if name.startswith(f"{one}."))
    names: dict[str, SymbolTableNode] = modules[owner].names
    for part in name.removeprefix(f"{owner}.").split("."):
        if part not in names:
            return False
        names = getattr(names[part].node, "names", {})
    return True


def test_every_call_in_the_code_is_looked_at(project: Program) -> None:
    """A kind of node that a newer mypy brings, and whose parts it hides, would be passed over."""
    passed_over = []
    for module in project.modules:
        seen = {
            (node.line, _called(node)) for node in _all(module.defs) if isinstance(node, CallExpr)
        }
        for node in ast.walk(ast.parse(Path(module.path).read_bytes())):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name.isidentifier() and (node.lineno, name) not in seen:
                    passed_over.append((module.path, node.lineno, name))
    assert passed_over == []


def _all(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(parts(node))


def _called(call: CallExpr) -> str:
    return call.callee.name if isinstance(call.callee, NameExpr | MemberExpr | SuperExpr) else ""
