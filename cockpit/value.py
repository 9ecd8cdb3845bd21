"""What all our small frozen dataclasses share: comparing, hashing, keeping and showing themselves by their fields.

`@dataclass` writes these methods as source text for each class and compiles it; with hundreds of classes that is
most of what `cockpit status` would spend, and half of an engine's start. Here they are written once, and
`__init__` when the first value of a kind is made, for most kinds are not met in most processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """Make a subclass of Value what `@dataclass(frozen=True, slots=True)` would make of it."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(kind)
    made.__init__ = _begin  # until the first is made
    return made  # type: ignore[no-any-return]


def _begin(value: Any, *given: Any, **named: Any) -> None:
    kind = type(value)
    kind.__init__ = _initialiser(kind)
    kind.__init__(value, *given, **named)


def _initialiser(kind: type[Any]) -> Callable[..., None]:
    """An `__init__` with the kind's fields; it sets them past what keeps them from being set."""
    taken, lines, space = "", "", dict[str, Any]()
    for one in fields(kind):
        name, value = one.name, one.name
        space[f"set_{name}"] = getattr(kind, name).__set__
        if one.default is not MISSING:
            space[f"default_{name}"] = one.default
            taken += f", {name}=default_{name}"
        elif one.default_factory is not MISSING:
            space |= {f"made_{name}": one.default_factory, "MISSING": MISSING}
            taken += f", {name}=MISSING"
            value = f"made_{name}() if {name} is MISSING else {name}"
        else:
            taken += f", {name}"
        lines += f"    set_{name}(self, {value})\n"
    exec(f"def __init__(self{taken}):\n{lines}    return None\n", space)
    made: Callable[..., None] = space["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


class Value:
    """Base of what `frozen` makes."""

    __slots__: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Never: it is frozen."""
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        """Never: it is frozen."""
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getstate__(self) -> list[Any]:
        """For a copy in another process."""
        return [getattr(self, name) for name in type(self).__slots__]

    def __setstate__(self, state: list[Any]) -> None:
        """The same."""
        for name, value in zip(type(self).__slots__, state, strict=True):
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        """Same kind, same fields."""
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).__slots__)

    def __hash__(self) -> int:
        """Of the kind and the fields."""
        return hash((type(self), *(getattr(self, name) for name in type(self).__slots__)))

    def __repr__(self) -> str:
        """As one would write it."""
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__slots__)
        return f"{type(self).__name__}({shown})"


WORTH = 50
"""Copies of one kind of value after which it pays to write a function for it."""

Copier = Callable[[Any, dict[str, Any]], Any]


def _first(value: Any, changes: dict[str, Any]) -> Any:
    """Copy field by field, until so many were copied that it pays to do better."""
    kind = type(value)
    _counts[kind] = _counts.get(kind, 0) + 1
    if _counts[kind] > WORTH:
        COPIERS[kind] = _written(kind)
    new = object.__new__(kind)
    for name in kind.__slots__:
        object.__setattr__(new, name, getattr(value, name))
    return in_place(new, changes)


def _written(kind: type[Any]) -> Copier:
    """A function that copies one kind of value, its fields written out: three times as quick."""
    fields = [name for name in kind.__slots__ if isinstance(name, str)]
    lines = "".join(f"    set_{name}(new, value.{name})\n" for name in fields)
    setters = {f"set_{name}": getattr(kind, name).__set__ for name in fields}
    space: dict[str, Any] = {**setters, "kind": kind, "make": object.__new__, "in_place": in_place}
    exec("def copied(value, changes):\n    new = make(kind)\n" + lines + "    return in_place(new, changes)\n", space)
    copied: Copier = space["copied"]
    return copied


def in_place(value: Any, changes: dict[str, Any]) -> Any:
    """`value` itself with other fields: for one that nobody else has seen yet."""
    for name, changed in changes.items():
        object.__setattr__(value, name, changed)
    return value


_counts: dict[type[Any], int] = {}

COPIERS: dict[type[Any], Copier] = {}
"""How each kind of value is copied with changes; `fold.bulk` has kinds that are changed where they are."""

if TYPE_CHECKING:
    from dataclasses import replace as replace  # its types are known to mypy field by field
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """The same as `dataclasses.replace`, for our own values, several times as quick."""
        return COPIERS.get(type(value), _first)(value, changes)
