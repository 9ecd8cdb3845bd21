"""Cockpit: a terminal in which one developer runs a small fleet of coding agents overnight."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cockpit.api import Cockpit as Cockpit
    from cockpit.api import CockpitError as CockpitError
    from cockpit.api import Refused as Refused

__version__ = "0.1.0"

FOR_PROGRAMS = ("Cockpit", "CockpitError", "Refused")
"""What programs use (`cockpit.api`); imported when first asked for, since `cockpit status` must answer at once."""


def __getattr__(name: str) -> Any:
    if name not in FOR_PROGRAMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("cockpit.api"), name)
