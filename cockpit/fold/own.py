"""Values that only one fold knows and therefore may change where they are; see `fold.bulk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cockpit.state import Run, State, Task
from cockpit.value import COPIERS

K = TypeVar("K")
V = TypeVar("V")


class OwnState(State):
    """A State that only one fold knows."""

    __slots__ = ()
    __setattr__ = object.__setattr__  # type: ignore[assignment]  # nobody else has it, so it need not be frozen


class OwnTask(Task):
    """A task that only one fold knows."""

    __slots__ = ()
    __setattr__ = object.__setattr__  # type: ignore[assignment]  # nobody else has it, so it need not be frozen


class OwnRun(Run):
    """A run that only one fold knows."""

    __slots__ = ()
    __setattr__ = object.__setattr__  # type: ignore[assignment]  # nobody else has it, so it need not be frozen


def changed(value: Any, changes: dict[str, Any]) -> Any:
    """The value itself with other fields."""
    for name, new in changes.items():
        setattr(value, name, new)
    return value


def _state_changed(state: Any, changes: dict[str, Any]) -> Any:
    """The same for a State; what begins anew in it (a night's charges, say) may grow again."""
    for name, new in changes.items():
        setattr(state, name, Own(new) if type(new) is dict and name in GROWING else new)
    return state


GROWING = frozenset(
    {"tasks", "runs", "agents", "messages", "questions", "pending", "askers", "answers", "reserves"}
    | {"charges", "quarters", "minutes", "tallies"}
)
"""The mappings of State that are changed where they are."""

OWN: Mapping[type[Any], type[Any]] = {State: OwnState, Task: OwnTask, Run: OwnRun}
SHARED = {own: shared for shared, own in OWN.items()}
for _shared, _own in OWN.items():
    _own.__slots__ = _shared.__slots__  # comparing goes by these
    COPIERS[_own] = _state_changed if _own is OwnState else changed


STAND_INS: dict[type[Any], type[Any]] = {}
"""Kinds of value that have the fields of an event and are quicker to make, where its part of the fold wants no more."""


class Own(dict[K, V]):
    """A mapping that only one fold knows; tasks and runs that are put into it become such values too."""

    def put(self, key: K, value: V) -> Own[K, V]:
        """Set `key`; a value that is not there already was made for this."""
        if type(value) in OWN and self.get(key) is not value:
            object.__setattr__(value, "__class__", OWN[type(value)])
        self[key] = value
        return self


def own_like(outer: Mapping[Any, Mapping[K, V]], inner: Mapping[K, V]) -> Mapping[K, V]:
    """`inner`, which only one fold knows too where that is so of the mapping that it lies in."""
    return Own(inner) if type(outer) is Own and type(inner) is not Own else inner
