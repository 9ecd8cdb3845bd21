"""What the configuration says about the screen; plain data, because the screen opens before anything heavy loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """How the screen behaves."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """Action to key, over the key table."""
    theme: str = ""
    """A theme by name; empty is the default."""
    frames: str = "fast"
    """`fast` or `slow`: how often the screen is painted."""
    bell: bool = False
    """Ring the terminal's bell when something new waits."""
    desktop: bool = False
    """Ask the terminal for a desktop notification then."""
