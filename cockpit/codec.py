"""Frozen dataclasses to plain JSON values and back, by their type hints.

Light on purpose: `cockpit status` reads the ledger with it and must answer at once. It knows what our own
dataclasses use: str, int, float, bool, None, enums, tuples, sets, mappings with keys of str, int or a named tuple,
optional values and nested dataclasses.
Fields that are missing take their default and unknown ones are dropped, so an older or newer version of
the product can read what another wrote.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

Decoder = Callable[[Any], Any]


class BadValue(ValueError):
    """A stored value does not have the shape its type asks for."""


def encode(value: Any) -> Any:
    """Give `value` as JSON-ready data; dataclasses become objects without their default values."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list, frozenset)):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {_key(key): encode(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        found = ((name, getattr(value, name), default) for name, default in _defaults(type(value)))
        return {
            name: field if type(field) in _PLAIN else encode(field)
            for name, field, default in found
            if field is not default and field != default
        }
    return value


_PLAIN = frozenset({str, int, float, bool, type(None)})


@cache
def _defaults(cls: type) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass with their defaults; what has none is equal to nothing."""
    return tuple((f.name, f.default) for f in fields(cls))


def parse(text: str | bytes) -> Any:
    """What a JSON text says. Raises BadValue for what is none, or nests too deeply to be anybody's."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"no JSON: {error}"[:200]) from error


def _key(key: Any) -> str:
    """A mapping's key as JSON has keys: text."""
    return json.dumps(key) if isinstance(key, tuple) else str(key)


def decode(cls: type[T], data: Any) -> T:
    """Make a `cls` of what `encode` gave. Raises BadValue where the data does not fit."""
    if not isinstance(data, Mapping):
        raise BadValue(f"{cls.__name__}: expected an object, got {type(data).__name__}")
    known = _decoders(cls)  # type: ignore[arg-type]  # mypy knows no hashable type[T]
    try:
        return cls(**{name: known[name](value) for name, value in data.items() if name in known})
    except BadValue:
        raise
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise BadValue(f"{cls.__name__}: {error}"[:300]) from error


@cache
def _decoders(cls: type) -> Mapping[str, Decoder]:
    hints = typing.get_type_hints(cls)
    return {f.name: decoder(hints[f.name]) for f in fields(cls)}


def decoder(hint: Any) -> Decoder:
    """What makes a value of a type out of JSON data; raises BadValue, TypeError or ValueError where it does not fit."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        item = decoder(arguments[0])
        return lambda value: tuple(item(v) for v in _checked(value, list))
    if origin is frozenset:
        member = decoder(arguments[0])
        return lambda value: frozenset(member(v) for v in _checked(value, list))
    if origin is Mapping and arguments[0] in (str, int) and arguments[1] is not Any:
        key, entry = arguments[0], decoder(arguments[1])
        return lambda value: {key(k): entry(v) for k, v in _checked(value, Mapping).items()}
    if origin is Mapping and _is_named_tuple(arguments[0]):
        kind, entry = arguments[0], decoder(arguments[1])
        return lambda value: {kind(*json.loads(k)): entry(v) for k, v in _checked(value, Mapping).items()}
    if origin in (types.UnionType, typing.Union):
        (inner,) = (a for a in arguments if a is not type(None))
        some = decoder(inner)
        return lambda value: None if value is None else some(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: decode(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint is float:
        return _number
    if hint in (str, int, bool):
        return lambda value: _checked(value, hint)
    return lambda value: value


def _is_named_tuple(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


def _number(value: Any) -> float:
    """A number that can be counted with: sums, clocks and bounds know no infinity, and nothing is more than NaN."""
    found = float(_checked(value, (int, float)))
    if not math.isfinite(found):
        raise BadValue(f"expected a finite number, got {found}")
    return found


def _checked(value: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kind):
        raise BadValue(f"expected {kind}, got {value!r:.60}")
    return value
