"""The numbers that bound the policies; made from the configuration, free of its library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cockpit.ideas import CATEGORIES
from cockpit.policy.notify_rules import NO_NOTIFICATIONS, NotifyRules
from cockpit.policy.routing import Route, Routes, Worker, route
from cockpit.reserves import Calendar, utc
from cockpit.state import Task
from cockpit.tokens import Yardstick


@dataclass(frozen=True, slots=True)
class IdeaRules:
    """When ideas are proposed, and what becomes of them."""

    enabled: bool = False
    categories: tuple[str, ...] = tuple(CATEGORIES)
    per_night: int = 3
    per_category: int = 1
    """In a night."""
    waiting: int = 10
    """So many suggestions that wait for a person are enough."""
    auto: bool = False
    """Promote what the reviewer says yes to."""
    validate: bool = True
    min_left_usd: float = 0.0
    """What must be left of the night's cap after an idea."""
    share: float = 0.5
    """Of what was left of the night's cap when the first was asked for, all of them together may cost this much."""
    room_seconds: float = 1800.0
    """Before the deadline."""
    refused: int = 3
    refused_of: int = 4
    """So many refused of so many of a category's newest, and it is switched off; 0: never."""
    usd: float | None = 0.0
    """What asking for one can cost at most; None where the model has no price."""
    review_usd: float | None = 0.0
    """The same of the reviewer who weighs it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the policies need to know of the configuration."""

    review_cycles: int = 3
    """Reviews that may ask for rework before a person decides."""
    gate_attempts: int = 3
    """Gate failures that are given back before a person decides."""
    conflict_attempts: int = 1
    """Merge conflicts that are given back before a person decides."""
    clean_seconds: float = 24 * 3600.0
    """How long after landing a branch is cleaned away at a night's end; 0: never by itself."""
    worktree_bytes: int = 0
    """What all worktrees together may take on disk; 0: no bound."""
    open_conflicts: int = 3
    """Open conflicts that an agent may have before it pauses."""
    flaky: str = "ask"
    """`pass`, `ask` or `fail`: what a gate is taken for that failed and then passed on the same tree."""
    restarts: int = 3
    """Deaths in the middle of a turn that are mended before a person decides."""
    restart_seconds: float = 2.0
    """Wait before the second restart, three times that before the third; the first comes at once."""
    review_attempts: int = 2
    """Reviews without a usable answer before a person decides."""
    blocked_seconds: float = 5.0
    """Wait before a blocked merge is tried again; doubles with each."""
    linger_seconds: float = 12 * 3600.0
    """How long the engine waits for a person when nothing else is left to do."""
    heartbeat_seconds: float = 5.0
    alerts: tuple[int, ...] = (50, 75, 90)
    """Percentages of the cap that are said when they are reached."""
    question_seconds: float = 1800.0
    """How long an agent waits for an answer before the default is given; 0: for ever."""
    question_default: str = "first"
    """`first`: the first choice; else the text that is answered."""
    permission_default: str = "deny"
    """allow or deny."""
    silent_seconds: float = 60.0
    """Without a heartbeat of its host, watched all the while, before a run is cut."""
    stuck_seconds: float = 1800.0
    """Without activity and without a changed file before an agent is asked how it stands."""
    nudge_seconds: float = 300.0
    """How long it has after that, before its process is ended."""
    run_seconds: float = 7200.0
    """The longest that an agent may work on one run."""
    hand_ons: int = 1
    """Times a task is handed on to another agent before a person decides."""
    grace_seconds: float = 600.0
    """How long turns may go on after the deadline."""
    crash_loop: int = 4
    """Agents that die at once, in a row and on more than one task, before nothing starts any more."""
    quota: str = "api"
    """Who shares a limit: all agents and reviewers of a night, called after what they work by."""
    parks: bool = True
    """Wait for limits of the model's service; else a limit is a failure like any other."""
    jitter_seconds: float = 60.0
    """After a limit's end everybody waits up to this much longer, so that not all come at once."""
    unknown_limit_seconds: float = 300.0
    """The wait where the service did not say how long; doubles with each in a row, up to an hour."""
    room_memory_mb: float = 0.0
    """What must be free for another agent to start; 0: not looked at."""
    room_disk_mb: float = 0.0
    """The same of the disk that holds the worktrees."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Role to model."""
    routes: Routes = field(default_factory=Routes)
    """The same with all else that says which model a task goes to; where it says nothing, `models` does."""
    caps: Mapping[str, float] = field(default_factory=dict)
    """Caps beside the night's, by the names that `reserves` has for them."""
    currency: str = ""
    """What money is shown in; empty: US dollars."""
    rate: float = 1.0
    """What a dollar is in that currency."""
    extensions: int = 2
    """How often a run's reserve is made larger before a person is asked."""
    reserves: bool = True
    """Whether runs have reserves; those of agents whose spending nobody knows have none."""
    hold_back: Mapping[str, float | None] = field(default_factory=dict)
    """Model to what its agent may spend beyond its own bound; None where the model has no price."""
    review_usd: float | None = 0.0
    """What a review can cost at most; None where its model has no price."""
    yardstick: Yardstick | None = None
    """The strongest model that is configured, with its price; None where no price was looked up."""
    calendar: Calendar = utc
    """Tells the days that caps count by."""
    delivers: bool = False
    """Work goes to GitHub as a pull request and lands by being merged there; else it lands here."""
    marks: bool = False
    """Issues show how far their tasks are."""
    ci_seconds: float = 60.0
    """How long checks may take to appear on a commit that was pushed; after that there are none."""
    notify: NotifyRules = NO_NOTIFICATIONS
    """Who is told what, and when."""

    def route(self, task: Task) -> Route:
        """Who works on a task, with which model, and why."""
        known = self.routes if self.routes.workers else Routes({n: Worker(model) for n, model in self.models.items()})
        return route(task, known)

    def held_back(self, models: Iterable[str]) -> float | None:
        """What an agent may spend beyond its own bound, whichever model it uses; None where one has no price."""
        found = [self.hold_back.get(model, 0.0) for model in models]
        return None if None in found else max((usd for usd in found if usd is not None), default=0.0)

    def unpriced(self, models: Iterable[str]) -> str:
        """The first of the models whose price nobody knows."""
        return next((model for model in models if self.hold_back.get(model, 0.0) is None), "")

    ideas: IdeaRules = IdeaRules()
    """When ideas are proposed."""
