"""Values that only one fold knows and therefore may change where they are; see `fold.bulk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cockpit.state import Run, State, Task
from cockpit.value import COPIERS, in_place, replace

K = TypeVar("K")
V = TypeVar("V")


class OwnState(State):
    """A State that only one fold knows."""

    __slots__ = ()


class OwnTask(Task):
    """A task that only one fold knows."""

    __slots__ = ()


class OwnRun(Run):
    """A run that only one fold knows."""

    __slots__ = ()


OWN: Mapping[type[Any], type[Any]] = {State: OwnState, Task: OwnTask, Run: OwnRun}
SHARED = {own: shared for shared, own in OWN.items()}
for _shared, _own in OWN.items():
    _own.__slots__ = _shared.__slots__  # comparing goes by these
    COPIERS[_own] = in_place


STAND_INS: dict[type[Any], type[Any]] = {}
"""Kinds of value that have an event's fields and are quicker to make; only for events that have a quick way."""


def genuine(event: V) -> V:
    """The event itself where it is a stand-in for one."""
    kind = STAND_INS.get(type(event))
    return event if kind is None else kind(*(getattr(event, name) for name in kind.__slots__))


class Own(dict[K, V]):
    """A mapping that only one fold knows; tasks and runs that are put into it become such values too."""

    def put(self, key: K, value: V) -> Own[K, V]:
        """Set `key`; a value that is not there already was made for this."""
        own = OWN.get(type(value))
        if own is not None and self.get(key) is not value:
            object.__setattr__(value, "__class__", own)
        self[key] = value
        return self


def owned(mapping: Mapping[K, V], key: K, value: V) -> V:
    """The value at `key`, fit to be changed where it is."""
    if type(mapping) is Own and type(value) in OWN:
        value = replace(value)  # type: ignore[type-var]
        mapping.put(key, value)
    return value
