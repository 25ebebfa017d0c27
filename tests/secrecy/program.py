"""The project's code as mypy understood it: trees with names resolved, and a type for each part."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mypy import build
from mypy.config_parser import parse_config_file
from mypy.find_sources import create_source_list
from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    MemberExpr,
    MypyFile,
    Node,
    RefExpr,
    SuperExpr,
    SymbolNode,
    TypeInfo,
)
from mypy.options import Options
from mypy.types import Instance, ProperType, TupleType, Type, UnionType, get_proper_type

ROOT = Path(__file__).resolve().parents[2]
#: What a node has that is no part of it: what a name refers to, and what was concluded.
_LINKS = {"node", "info", "type", "def_var", "method_type", "analyzed", "expanded", "original_def"}


@dataclass(frozen=True)
class Program:
    """Modules, and the types of all expressions in them."""

    modules: Sequence[MypyFile]
    types: dict[Expression, Type]

    def type_of(self, expression: Expression) -> ProperType | None:
        """Return an expression's type, where it has one."""
        found = self.types.get(expression)
        return None if found is None else get_proper_type(found)

    def classes_of(self, expression: Expression) -> list[TypeInfo]:
        """Return the classes that an expression may be an instance of."""
        return _classes(self.type_of(expression))

    def symbol(self, member: MemberExpr) -> tuple[SymbolNode | None, str]:
        """Return what an attribute refers to, and its full name, by the class that has it."""
        for info in self.classes_of(member.expr):
            found = info.get(member.name)
            if found is not None and found.node is not None:
                owner = next(one for one in info.mro if member.name in one.names)
                return found.node, f"{owner.fullname}.{member.name}"
        return member.node, member.fullname

    def callee(self, call: CallExpr) -> tuple[SymbolNode | None, str]:
        """Return what is called, and its full name."""
        if isinstance(call.callee, MemberExpr):
            return self.symbol(call.callee)
        if isinstance(call.callee, SuperExpr) and call.callee.info is not None:
            return _inherited(call.callee.info, call.callee.name)
        if isinstance(call.callee, RefExpr):
            return call.callee.node, call.callee.fullname
        return None, ""


def understand(paths: Sequence[Path]) -> Program:
    """Have mypy read these files and folders. What it finds fault with, ``make check`` says."""
    options, said = Options(), io.StringIO()
    parse_config_file(options, lambda: None, str(ROOT / "pyproject.toml"), said, said)
    options.export_types = options.preserve_asts = True
    options.incremental = False
    options.cache_dir = "/dev/null"
    sources = create_source_list([str(path) for path in paths], options)
    result = build.build(sources=sources, options=options)
    given = {source.module for source in sources}
    modules = [tree for name, tree in sorted(result.files.items()) if name in given]
    return Program(modules, result.types)


def parts(node: Node) -> Iterator[Node]:
    """Yield the parts of a node, in order."""
    for name in getattr(type(node), "__mypyc_attrs__", ()):
        if name not in _LINKS:
            yield from _nodes(getattr(node, name, None))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node) and not isinstance(value, TypeInfo):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _nodes(one)


def function_of(node: SymbolNode | None) -> FuncDef | None:
    """Return the function behind a symbol, decorators taken off."""
    if isinstance(node, Decorator):
        node = node.func
    return node if isinstance(node, FuncDef) else None


def constructor(info: TypeInfo) -> FuncDef | None:
    """Return the ``__init__`` of a class, its own or inherited."""
    found = info.get("__init__")
    return None if found is None else function_of(found.node)


def _inherited(info: TypeInfo, name: str) -> tuple[SymbolNode | None, str]:
    """Return what ``super()`` has under a name in a class's methods, and its full name."""
    for base in info.mro[1:]:
        if name in base.names:
            return base.names[name].node, f"{base.fullname}.{name}"
    return None, ""


def _classes(kind: ProperType | None) -> list[TypeInfo]:
    if isinstance(kind, Instance):
        return [kind.type]
    if isinstance(kind, TupleType):
        return [kind.partial_fallback.type]
    if isinstance(kind, UnionType):
        return [info for item in kind.items for info in _classes(get_proper_type(item))]
    return []
