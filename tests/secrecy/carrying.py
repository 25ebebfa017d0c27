"""Which types can carry a secret as text or bytes, and which are secret themselves."""

from typing import Final

from mypy.nodes import SymbolNode
from mypy.types import (
    Instance,
    NoneType,
    TupleType,
    Type,
    TypeType,
    UnionType,
    get_proper_type,
)

from tests.secrecy import rules

_OURS: Final = ("intake", "keys", "deploy", "tests")
_NUMBERS: Final = {"builtins.int", "builtins.bool", "builtins.float", "datetime.date"}


def is_ours(symbol: SymbolNode) -> bool:
    """Return whether a class, a function or an attribute is of the project, and so is read."""
    return symbol.fullname.partition(".")[0] in _OURS


def is_secret(kind: Type) -> bool:
    """Return whether it is one of the secret classes, or a container of it."""
    kind = get_proper_type(kind)
    if isinstance(kind, Instance):
        return kind.type.fullname in rules.SECRET_CLASSES or any(map(is_secret, kind.args))
    if isinstance(kind, TupleType | UnionType):
        return any(map(is_secret, kind.items))
    return False


def can_carry(kind: Type) -> bool:
    """Return whether a value of this type could hold a secret that can be read off it."""
    kind = get_proper_type(kind)
    if isinstance(kind, Instance):
        info = kind.type
        if info.fullname in _NUMBERS or info.is_enum:
            return False
        if info.fullname in rules.SECRET_CLASSES or info.fullname in rules.CONTAINERS:
            return True
        if is_ours(info):
            return False
        return not kind.args or any(map(can_carry, kind.args))
    if isinstance(kind, TupleType | UnionType):
        return any(map(can_carry, kind.items))
    return not isinstance(kind, NoneType | TypeType)


def is_path(kind: Type) -> bool:
    """Return whether it is a path, which is often called what the file at it holds."""
    kind = get_proper_type(kind)
    if isinstance(kind, UnionType):
        return any(map(is_path, kind.items))
    return isinstance(kind, Instance) and kind.type.has_base("pathlib.PurePath")
