"""What all our small frozen dataclasses share: comparing, hashing and showing themselves by their fields.

`@dataclass` writes these three methods as source text for each class and compiles it; with a hundred
classes that is most of what `cockpit status` would spend. Here they are written once.
"""

from __future__ import annotations


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
