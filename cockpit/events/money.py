"""What happened to caps and reserves; part of the vocabulary of `events`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from cockpit.tokens import Tokens
from cockpit.value import Value, frozen


@frozen
class CapsConfigured(Value):
    """The configuration has these caps, beside the night's, and shows money in this currency."""

    caps: Mapping[str, float] = field(default_factory=dict)
    """By name, as `reserves` has them."""
    currency: str = ""
    """Empty: US dollars."""
    rate: float = 1.0
    """What a dollar is in that currency."""


@frozen
class CapChanged(Value):
    """A person gave a cap another amount; it holds until the configuration says something else."""

    cap: str
    usd: float
    by: str = ""


@frozen
class MoneyReserved(Value):
    """More money is set aside for a run, or for the review of its task."""

    task: str
    run: str
    usd: float
    review: bool = False
    extends: bool = False
    """The run had used up what it had; counts against the bound on extensions."""
    why: str = ""


@frozen
class MoneyAsked(Value):
    """A run used up its reserve and gets no more by itself: a person is asked. Its work is kept."""

    task: str
    run: str
    usd: float
    """What it would need."""
    reason: str


@frozen
class MoneyGranted(Value):
    """A person gave a task more money: it goes on in the same conversation."""

    task: str
    usd: float
    by: str = ""


@frozen
class TaskWaitsForMoney(Value):
    """A task could start but for a cap that can't hold its reserve."""

    task: str
    cap: str
    """Which cap; empty where a model has no price."""
    usd: float
    """What would have to be set aside under that cap."""
    why: str = ""


@frozen
class CallStarted(Value):
    """A model call that answers once begins; what was set aside for it is its own now."""

    role: str
    task: str
    model: str
    usd: float


@frozen
class BudgetAlert(Value):
    """So much of a cap is spent; said once until the cap is raised, and for each day and month anew."""

    percent: int
    spent_usd: float
    of_usd: float
    cap: str = "night"
    since: float = 0.0
    """When the day or the month began that it is about."""


@frozen
class CostSeen(Value):
    """A run's running cost, cumulative over the whole run."""

    run: str
    seq: int
    usd: float
    tokens: int
    model: str = ""
    source: str = ""
    role: str = "builder"
    open_usd: float = 0.0
    """What may have been charged beyond `usd`: requests that are on their way, and answers that broke off."""
    spent_at: float = 0.0
    """When its host saw it, where that was not just now."""
    used: tuple[Tokens, ...] = ()
    """The tokens by model and sort, cumulative too, where they are known so exactly."""


@frozen
class CallPaid(Value):
    """A model call that answers once (review, plan, idea) cost this much."""

    role: str
    usd: float
    tokens: int
    model: str
    source: str
    task: str = ""
    bound_usd: float = 0.0
    """What may have been charged beyond `usd`, by answers that broke off; it counts, at its most."""
    idea: str = ""
    """The idea that it is about."""
    used: tuple[Tokens, ...] = ()
    """The tokens by model and sort, where they are known so exactly."""
