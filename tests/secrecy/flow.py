"""Follows secrets from where they are made to where they would be said.

What an expression is made of is passed on by names, attributes, calls in both ways, operators,
formatting, containers and loops, until nothing changes.

What it cannot see: a value that only a key of a dictionary or ``getattr`` tells; what a library
keeps and gives out later; a callable that is stored here and called there; which of several values
in a container it is; and what a template shows, which is why ``tests/hostile`` looks at answers.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mypy.nodes import (
    AssertStmt,
    AssignmentExpr,
    AssignmentStmt,
    CallExpr,
    ClassDef,
    DictionaryComprehension,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IndexExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    ReturnStmt,
    StarExpr,
    TupleExpr,
    TypeInfo,
    Var,
    WithStmt,
    YieldExpr,
    YieldFromExpr,
)

from tests.secrecy import rules
from tests.secrecy.carrying import is_ours
from tests.secrecy.made_of import CONTENT, SECRET, MadeOf, Sources, lasting
from tests.secrecy.program import Program, constructor, function_of, parts

_SHOWING: Final = ("__repr__", "__str__", "__format__")


@dataclass(frozen=True, order=True)
class Finding:
    """A place that would say a secret.

    Attributes:
        within: the full name of the function that it is in.
    """

    file: str
    line: int
    within: str
    what: str


class Flow:
    """One reading of a program; ``findings`` are there when it is made."""

    def __init__(self, program: Program) -> None:
        self.findings: set[Finding] = set()
        self._program = program
        self._made_of = MadeOf(program)
        # Parameters that come to be said, and those that come to be kept, with the attributes.
        self._said: Sources = set()
        self._kept: dict[Var | str, set[Var]] = defaultdict(set)
        self._file = self._within = ""
        self._changed = True
        while self._changed:
            self._changed = False
            for module in program.modules:
                self._file, self._within = module.path, module.fullname
                for node in module.defs:
                    self._visit(node, None)

    # --- What is said ----------------------------------------------------------------------------

    def _visit(self, node: Node, inside: FuncItem | None) -> None:
        before = self._within
        if isinstance(node, FuncItem):
            inside = node
        if isinstance(node, FuncDef):
            self._within = node.fullname if "." in node.fullname else f"{before}.{node.name}"
            if node.name in _SHOWING:
                self._tell(self._made_of.returned[node], node, f"{node.name} gives it")
        elif isinstance(node, ClassDef):
            self._look_at_class(node)
        elif isinstance(node, ReturnStmt | YieldExpr | YieldFromExpr) and node.expr and inside:
            self._add(self._made_of.returned[inside], self._made_of.expression(node.expr))
        elif isinstance(node, AssertStmt) and node.msg is not None:
            self._say([node.msg], node, "an assertion's message")
        elif isinstance(node, CallExpr):
            self._look_at_call(node)
        for target, value in _assigned(node):
            self._assign(target, self._made_of.expression(value))
        for part in parts(node):
            self._visit(part, inside)
        self._within = before

    def _look_at_class(self, node: ClassDef) -> None:
        """A dataclass shows its fields, but for one that is told not to, or that does so itself."""
        own = any("__repr__" in one.names for one in node.info.mro[:-1] if is_ours(one))
        if own or any(map(_makes_no_repr, node.decorators)):
            return
        for name in _fields(node.info):
            found = node.info.names.get(name)
            if found is not None and isinstance(found.node, Var):
                shown = lasting(self._made_of.variable(found.node))
                self._tell(shown, node, f"the repr that dataclass makes shows {name}")

    def _look_at_call(self, call: CallExpr) -> None:
        node, name = self._program.callee(call)
        if rules.SAYING.fullmatch(name):
            self._say(call.args, call, name.removeprefix("builtins."))
        if isinstance(node, TypeInfo) and node.has_base("builtins.BaseException"):
            made_by = constructor(node)
            # Python's own keeps all that it is given; for ours, see what it hands on.
            if made_by is None or not is_ours(made_by):
                self._say(call.args, call, f"an error, {node.name}")
        for parameter, sources in self._made_of.bound(call).items():
            if parameter in self._said:
                self._tell(sources, call, f"{name} says its {parameter.name}")
            for kept in self._kept[parameter]:
                self._keep(kept, sources, call)
        if isinstance(node, TypeInfo) and is_ours(node):
            self._fill(node, call)
        elif isinstance(call.callee, MemberExpr) and (
            function_of(node) is None or self._made_of.is_container(call)
        ):
            # A list that is appended to, and the like.
            self._assign(call.callee.expr, self._made_of.given_to(call))

    def _say(self, said: Sequence[Expression], node: Node, where: str) -> None:
        for one in said:
            names = ", ".join(dict.fromkeys(self._secret_names(one)))
            what = f"{where}: {names}" if names else where
            self._tell(self._made_of.expression(one), node, what)

    def _tell(self, sources: Sources, node: Node, what: str) -> None:
        theirs = self._within.startswith(rules.CONTENT_IS_THEIRS)
        if SECRET in sources or (CONTENT in sources and not theirs):
            self.findings.add(Finding(self._file, node.line, self._within, what))
        self._add(self._said, sources - lasting(sources))

    def _secret_names(self, node: Node) -> Iterator[str]:
        """Yield the names in an expression that hold a secret."""
        if isinstance(node, NameExpr | MemberExpr) and lasting(self._made_of.expression(node)):
            yield node.name
        for part in parts(node):
            yield from self._secret_names(part)

    # --- What is passed on -----------------------------------------------------------------------

    def _fill(self, info: TypeInfo, call: CallExpr) -> None:
        """Give the fields of a dataclass what it is made of."""
        names = _fields(info)
        for number, (value, name) in enumerate(zip(call.args, call.arg_names, strict=True)):
            field = info.get(name or (names[number] if number < len(names) else ""))
            if field is not None and isinstance(field.node, Var):
                self._keep(field.node, self._made_of.expression(value), call)

    def _assign(self, target: Expression, sources: Sources) -> None:
        if isinstance(target, TupleExpr | ListExpr):
            for item in target.items:
                self._assign(item, sources)
        elif isinstance(target, StarExpr):
            self._assign(target.expr, sources)
        elif isinstance(target, IndexExpr):
            self._assign(target.base, sources)
        elif isinstance(target, MemberExpr):
            symbol, _ = self._program.symbol(target)
            if isinstance(symbol, Var):
                self._keep(symbol, sources, target)
        elif isinstance(target, NameExpr) and isinstance(target.node, Var):
            self._add(self._made_of.of[target.node], sources)

    def _keep(self, attribute: Var, sources: Sources, node: Node) -> None:
        """An attribute keeps secrets; and where it keeps a parameter, what callers give."""
        if not is_ours(attribute):
            return
        if attribute.fullname in rules.SAID_PLACES:
            self._tell(sources, node, f"{attribute.fullname} is said")
        self._add(self._made_of.of[attribute], lasting(sources))
        for source in sources - lasting(sources):
            if attribute not in self._kept[source]:
                self._kept[source].add(attribute)
                self._changed = True

    def _add(self, to: Sources, sources: Sources) -> None:
        if not sources <= to:
            to |= sources
            self._changed = True


def _assigned(node: Node) -> Iterator[tuple[Expression, Expression]]:
    """Yield what a node assigns: the target and the value."""
    if isinstance(node, AssignmentStmt):
        yield from ((target, node.rvalue) for target in node.lvalues)
    elif isinstance(node, AssignmentExpr):
        yield node.target, node.value
    elif isinstance(node, OperatorAssignmentStmt):
        yield node.lvalue, node.rvalue
    elif isinstance(node, ForStmt):
        yield node.index, node.expr
    elif isinstance(node, WithStmt):
        pairs = zip(node.target, node.expr, strict=True)
        yield from ((target, value) for target, value in pairs if target is not None)
    elif isinstance(node, GeneratorExpr | DictionaryComprehension):
        yield from zip(node.indices, node.sequences, strict=True)


def _fields(info: TypeInfo) -> list[str]:
    """Return the names of a dataclass's fields, in order; none of another class."""
    made = info.metadata.get("dataclass", {})
    return [str(one["name"]) for one in made.get("attributes", [])]


def _makes_no_repr(decorator: Expression) -> bool:
    """Return whether it is ``dataclass(repr=False)``."""
    return isinstance(decorator, CallExpr) and any(
        name == "repr" and isinstance(value, NameExpr) and value.name == "False"
        for name, value in zip(decorator.arg_names, decorator.args, strict=True)
    )
