"""What happened to a plan that a model makes of prose; part of the vocabulary of `events`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.state import TaskDraft
from cockpit.value import Value, frozen


@frozen
class PlanAsked(Value):
    """A person wants tasks made of these files; the planner is asked when there is money for it."""

    plan: str
    files: tuple[str, ...]
    section: str = ""
    least: int = 0
    most: int = 0
    by: str = ""


@frozen
class PlanProposed(Value):
    """The planner answered: these tasks, which wait for a person's yes."""

    plan: str
    drafts: tuple[TaskDraft, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    """How many tasks were asked for."""
    usd: float = 0.0
    unpriced: bool = False
    agents: int = 1
    guesses: Mapping[str, float] = field(default_factory=dict)


@frozen
class PlanFailed(Value):
    """There is no plan: the call failed, was broken off, or would not fit under a cap. Nothing of it is kept."""

    plan: str
    reason: str


@frozen
class PlanChanged(Value):
    """A person changed what is proposed."""

    plan: str
    drafts: tuple[TaskDraft, ...]
    warnings: tuple[str, ...] = ()
    by: str = ""


@frozen
class PlanAgreed(Value):
    """A person agreed: what was proposed is in the queue."""

    plan: str
    tasks: tuple[str, ...] = ()
    by: str = ""


@frozen
class PlanDiscarded(Value):
    """A person does not want it, or does not want it any more while it is made."""

    plan: str
    by: str = ""


PlanEvent = PlanAsked | PlanProposed | PlanFailed | PlanChanged | PlanAgreed | PlanDiscarded
