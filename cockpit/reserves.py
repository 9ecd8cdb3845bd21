"""The words of admission: a reserve, a cap, a local day. Plain values, below State."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cockpit.value import Value, frozen

NIGHT, DAY, MONTH = "night", "day", "month"
ROLE, CATEGORY = "role ", "category "
"""A cap is named `night`, `day`, `month`, `role reviewer` or `category docs`; the last two are caps for a night."""

BOUND = "bound"
"""Who counted money that nobody could count: an answer that broke off is charged with the most it can have cost."""

DAY_SECONDS = 86_400.0


@frozen
class Reserve(Value):
    """Money that is set aside before it is spent, and what is left of it."""

    usd: float
    role: str
    category: str = ""
    task: str = ""
    model: str = ""
    extended: int = 0
    """How often it was made larger."""
    call: bool = False
    """A model call that answers once goes on with it now."""
    idea: str = ""
    """The idea it is for, where it is for one."""


class Days(NamedTuple):
    """A moment, and when its local day and month began and end."""

    now: float
    day: float
    month: float
    next_day: float


Calendar = Callable[[float], Days]
"""Tells the days of a moment; the local one is `days.local`."""


def utc(now: float) -> Days:
    """A calendar without months, for where no local one is given: thirty days are one."""
    day = now // DAY_SECONDS * DAY_SECONDS
    return Days(now, day, now // (30 * DAY_SECONDS) * 30 * DAY_SECONDS, day + DAY_SECONDS)


def cap_title(name: str) -> str:
    """`the day's cap`, `the cap of the role reviewer`."""
    for prefix in (ROLE, CATEGORY):
        if name.startswith(prefix):
            return f"the cap of the {prefix}{name.removeprefix(prefix)}"
    return f"the {name}'s cap"


def run_key(run: str) -> str:
    """The name of a run's reserve."""
    return f"run {run}"


def call_key(role: str, task: str) -> str:
    """The name of what a model call that answers once goes on with: a task's review, or a role's own call."""
    return review_key(task) if task else f"call {role}"


def review_key(task: str) -> str:
    """The name of what is set aside for a task's review."""
    return f"review {task}"


def idea_key(idea: str, role: str) -> str:
    """The name of what is set aside for a role's part in an idea."""
    return f"{role} {idea}"
