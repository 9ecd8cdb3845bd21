"""One symbol and one colour for each task state; the symbol says it where there is no colour."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size

from cockpit.state import TaskState
from cockpit.text import plain
from panes.wrap import fit

MUTED = "$foreground 60%"
"""The style of what matters less; `$text-muted` works in style sheets only."""

SYMBOLS: Mapping[TaskState, tuple[str, str]] = {
    TaskState.SUGGESTED: ("·", MUTED),
    TaskState.QUEUED: ("○", MUTED),
    TaskState.CLAIMED: ("◔", "$text-primary"),
    TaskState.WORKING: ("◐", "$text-primary"),
    TaskState.TESTING: ("◑", "$text-primary"),
    TaskState.REVIEWING: ("◕", "$text-secondary"),
    TaskState.READY: ("◆", "$text-warning bold"),
    TaskState.MERGING: ("▶", "$text-accent"),
    TaskState.LANDED: ("✓", "$text-success"),
    TaskState.ANSWERED: ("¶", "$text-success"),
    TaskState.WAITING: ("…", MUTED),
    TaskState.REWORK: ("↻", "$text-secondary"),
    TaskState.ESCALATED: ("▲", "$text-error bold"),
    TaskState.FAILED: ("✗", "$text-error"),
    TaskState.SKIPPED: ("–", MUTED),
}
"""Symbol and style by state."""

ROLE_STYLES: Mapping[str, str] = {
    "explorer": "bold $text-primary",
    "builder": "bold $text-success",
    "reviewer": "bold $text-error",
}
"""Explorers are blue, builders green, reviewers red; the role's letter says it where there is no colour."""


def one_line(text: str) -> str:
    """Somebody else's text, safe and on one line."""
    return " ".join(plain(text).split())


def column(text: str, width: int, right: bool = False) -> str:
    """`text` in exactly `width` cells."""
    text = fit(text, width)
    if right:
        return " " * (width - cell_len(text)) + text
    return set_cell_size(text, width)
