"""What all our small frozen dataclasses share: comparing, hashing and showing themselves by their fields.

`@dataclass` writes these three methods as source text for each class and compiles it; with a hundred
classes that is most of what `cockpit status` would spend. Here they are written once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any


class Value:
    """Base of a dataclass made with `repr=False, eq=False, slots=True`."""

    __slots__: tuple[str, ...] = ()

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
    for name, field in changes.items():
        object.__setattr__(value, name, field)
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
