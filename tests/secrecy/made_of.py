"""What an expression is made of: its *sources*.

They are ``SECRET`` and ``CONTENT``, or parameters of the function that the expression is in, which
stand for whatever they are called with. What by its type can carry nothing has none: numbers, truth
values, and objects of our own, each of whose attributes has sources of its own.
"""

from collections import defaultdict
from typing import Final

from mypy.nodes import (
    FUNC_NO_INFO,
    ArgKind,
    CallExpr,
    ConditionalExpr,
    Expression,
    FuncDef,
    FuncItem,
    GeneratorExpr,
    IndexExpr,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    TypeInfo,
    Var,
)

from tests.secrecy import rules
from tests.secrecy.carrying import can_carry, is_ours, is_path, is_secret
from tests.secrecy.program import Program, constructor, function_of, parts

#: The sources that are no parameters: keys and codenames, and what a source wrote.
SECRET: Final = "secret"
CONTENT: Final = "content"
Sources = set[Var | str]


class MadeOf:
    """What is known so far. It only grows, and whoever makes it grow asks again.

    Attributes:
        of: each variable's and attribute's.
        returned: each function's, as seen from inside.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.of: dict[Var, Sources] = defaultdict(set)
        self.returned: dict[FuncItem, Sources] = defaultdict(set)

    def expression(self, node: Expression) -> Sources:
        """Return the sources of an expression."""
        kind = self.program.type_of(node)
        if kind is not None and is_secret(kind):
            return {SECRET}
        if kind is not None and not can_carry(kind):
            return set()
        if isinstance(node, NameExpr):
            return self.variable(node.node) if isinstance(node.node, Var) else set()
        if isinstance(node, MemberExpr):
            return self._member(node)
        if isinstance(node, CallExpr):
            return self._call(node)
        if isinstance(node, IndexExpr):
            return self.expression(node.base)
        if isinstance(node, ConditionalExpr):
            return self.expression(node.if_expr) | self.expression(node.else_expr)
        if isinstance(node, GeneratorExpr):
            return self.expression(node.left_expr)
        if isinstance(node, LambdaExpr):
            return self.returned[node]
        found: Sources = set()
        for part in parts(node):
            if isinstance(part, Expression):
                found |= self.expression(part)
        return found

    def variable(self, variable: Var) -> Sources:
        """Return the sources of a variable, a parameter or an attribute."""
        if variable.fullname in rules.CONTENT:
            return {CONTENT}
        if _is_named_so(variable):
            return {SECRET}
        # A parameter is a source of its own; anything else is made of what was assigned to it.
        return self.of[variable] | ({variable} if variable.is_argument else set())

    def given_to(self, call: CallExpr) -> Sources:
        """Return the sources of all arguments."""
        return set().union(*(self.expression(one) for one in call.args))

    def is_container(self, call: CallExpr) -> bool:
        """Return whether it is a method of something that gives out again what it was given."""
        if not isinstance(call.callee, MemberExpr):
            return False
        owners = self.program.classes_of(call.callee.expr)
        return any(info.fullname in rules.CONTAINERS for info in owners)

    def bound(self, call: CallExpr) -> dict[Var, Sources]:
        """Return what each parameter of a function of ours is called with."""
        function = self._function(call)
        if function is None:
            return {}
        bound: dict[Var, Sources] = defaultdict(set)
        listed = [one.variable for one in function.arguments]
        free = [one.variable for one in function.arguments if not one.kind.is_named()]
        if function.info is not FUNC_NO_INFO and not function.is_static and listed:
            own = listed.pop(0)
            free.remove(own)
            if isinstance(call.callee, MemberExpr):
                bound[own] |= self.expression(call.callee.expr)
        by_name = {one.name: one for one in listed}
        given = zip(call.args, call.arg_kinds, call.arg_names, strict=True)
        for number, (value, kind, name) in enumerate(given):
            if name is not None and name in by_name:
                taken = [by_name[name]]
            elif kind == ArgKind.ARG_POS and free:
                taken = [free[min(number, len(free) - 1)]]
            else:
                # Behind a star anything may be anything's.
                taken = listed
            for one in taken:
                bound[one] |= self.expression(value)
        return bound

    def _function(self, call: CallExpr) -> FuncDef | None:
        """Return the function of ours that a call goes into."""
        node, _ = self.program.callee(call)
        function = constructor(node) if isinstance(node, TypeInfo) else function_of(node)
        return (
            None
            if function is None or not is_ours(function) or self.is_container(call)
            else function
        )

    def _member(self, node: MemberExpr) -> Sources:
        symbol, name = self.program.symbol(node)
        if name in rules.SAYABLE:
            return set()
        owners = self.program.classes_of(node.expr)
        if any(info.fullname in rules.SECRET_CLASSES for info in owners):
            return {SECRET}
        function, found = function_of(symbol), Sources()
        if isinstance(symbol, Var):
            found = self.variable(symbol)
        elif function is not None and function.is_property:
            found = lasting(self.returned[function])
        ours = any(is_ours(one) and one.fullname not in rules.CONTAINERS for one in owners)
        return found if ours else found | self.expression(node.expr)

    def _call(self, call: CallExpr) -> Sources:
        node, name = self.program.callee(call)
        if name in rules.SAYABLE:
            return set()
        function = self._function(call)
        if isinstance(node, TypeInfo) and is_ours(node) and node.fullname not in rules.CONTAINERS:
            return set()
        if function is None or isinstance(node, TypeInfo):
            # A library's: whatever it is given may come out, and what it is called on.
            return self.given_to(call) | self.expression(call.callee)
        bound, found = self.bound(call), Sources()
        for source in self.returned[function]:
            found |= bound.get(source, {source}) if isinstance(source, Var) else {source}
        return found


def lasting(sources: Sources) -> Sources:
    """Return the sources that are no parameters, and mean the same everywhere."""
    return {one for one in sources if isinstance(one, str)}


def _is_named_so(variable: Var) -> bool:
    """Return whether a name says that it holds a secret, and its type that it can."""
    if variable.type is None or not rules.SECRET_NAMES.fullmatch(variable.name):
        return False
    return can_carry(variable.type) and not is_path(variable.type)
