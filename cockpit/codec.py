"""Frozen dataclasses to plain JSON values and back, by their type hints.

Light on purpose: `cockpit status` reads the ledger with it and must answer at once. It knows what our own
dataclasses use: str, int, float, bool, None, enums, tuples, sets, mappings with keys of str, int or a named tuple,
optional values and nested dataclasses.
Fields that are missing take their default and unknown ones are dropped, so an older or newer version of
the product can read what another wrote.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
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
        return {
            f.name: encode(getattr(value, f.name))
            for f in fields(value)
            if f.default is MISSING or getattr(value, f.name) != f.default
        }
    return value


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
    except (TypeError, ValueError) as error:
        raise BadValue(f"{cls.__name__}: {error}") from error


@cache
def _decoders(cls: type) -> Mapping[str, Decoder]:
    hints = typing.get_type_hints(cls)
    return {f.name: _decoder(hints[f.name]) for f in fields(cls)}


def _decoder(hint: Any) -> Decoder:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        item = _decoder(arguments[0])
        return lambda value: tuple(item(v) for v in _checked(value, list))
    if origin is frozenset:
        member = _decoder(arguments[0])
        return lambda value: frozenset(member(v) for v in _checked(value, list))
    if origin is Mapping and arguments[0] in (str, int) and arguments[1] is not Any:
        key, entry = arguments[0], _decoder(arguments[1])
        return lambda value: {key(k): entry(v) for k, v in _checked(value, Mapping).items()}
    if origin is Mapping and _is_named_tuple(arguments[0]):
        kind, entry = arguments[0], _decoder(arguments[1])
        return lambda value: {kind(*json.loads(k)): entry(v) for k, v in _checked(value, Mapping).items()}
    if origin in (types.UnionType, typing.Union):
        (inner,) = (a for a in arguments if a is not type(None))
        some = _decoder(inner)
        return lambda value: None if value is None else some(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: decode(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint is float:
        return lambda value: float(_checked(value, (int, float)))
    if hint in (str, int, bool):
        return lambda value: _checked(value, hint)
    return lambda value: value


def _is_named_tuple(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


def _checked(value: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kind):
        raise BadValue(f"expected {kind}, got {value!r:.60}")
    return value
