"""What a night is made of: drawn from one seed, and then plain data that can be made smaller piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cockpit.state import MergePolicy
from tests.sim.dice import Dice

HOUR = 3600.0

LUCK: Mapping[str, float] = {
    "launch fails": 0.03,
    "host dies at once": 0.05,
    "dies": 0.15,
    "hangs": 0.05,
    "empty diff": 0.1,
    "broken work": 0.3,
    "garbage": 0.1,
    "overspends": 0.1,
    "turn fails": 0.15,
    "fatal error": 0.05,
    "rate limit": 0.1,
    "asks": 0.2,
    "flaky gate": 0.15,
    "conflict": 0.15,
    "clash": 0.08,
    "rebase fails": 0.6,
    "drops what landed": 0.05,
    "rework asked": 0.35,
    "silent reviewer": 0.15,
    "gates break down": 0.03,
    "late news": 0.3,
    "double news": 0.3,
    "reads late": 0.3,
    "service hangs": 0.2,
    "service fails": 0.5,
}
"""What goes wrong by chance, and how often at most."""

FAULTS = (
    "engine killed",
    "engine killed at a record",
    "host killed",
    "agent killed",
    "everything killed",
    "disk full",
    "clock jumps",
    "laptop suspended",
    "target moved",
    "target broken",
    "target rewritten",
    "checkout dirty",
)
"""What happens at a moment."""

WISHES = (
    *("pause", "resume", "resume all", "kill", "reassign", "approve", "approve", "approve", "reject", "skip", "retry"),
    *("edit", "prioritise", "move", "promote", "add", "suggest", "answer", "answer", "message", "message"),
    *("hold", "release", "release", "hold reviewer", "raise cap", "lower cap", "emergency stop", "stop", "start"),
    *("resume", "resume all", "approve", "reject", "retry", "retry", "start", "start"),
    *("roll back", "roll back", "take over", "hand back", "hand back", "agents"),
)
"""What a person presses or types at a moment."""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task of the plan; its number is its name in all rolls."""

    number: int
    needs: tuple[int, ...] = ()
    category: str = ""
    is_idle: bool = False
    """It was taken away: nobody works on it, and it keeps its number, so that all other tasks keep theirs."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something breaks."""

    at: float
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A person wants something."""

    at: float
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One night."""

    seed: int
    agents: int
    tasks: tuple[TaskPlan, ...]
    faults: tuple[Fault, ...]
    wishes: tuple[Wish, ...]
    luck: Mapping[str, float]
    cap: float | None
    reserve: float
    hours: float | None
    merge: MergePolicy
    review: bool

    def chance_of(self, what: str) -> float:
        """How often something goes wrong."""
        return self.luck.get(what, 0.0)

    @property
    def worked_on(self) -> list[int]:
        """The numbers of the tasks that were not taken away."""
        return [task.number for task in self.tasks if not task.is_idle]

    @property
    def pieces(self) -> int:
        """How much there is to take away."""
        return len(self.worked_on) + len(self.faults) + len(self.wishes) + len(self.luck)


def draw(seed: int, agents: int = 10, tasks: int | None = None) -> Scenario:
    """The night of a seed."""
    dice = Dice(seed)
    count = tasks if tasks is not None else dice.count(2, 14, "tasks")
    trouble = dice.roll("trouble") ** 1.5
    """Most nights have some; a few have none, and a few have nothing else."""
    faults = sorted(_fault(dice, n) for n in range(int(trouble * dice.count(0, 12, "faults"))))
    wishes = sorted(_wish(dice, n) for n in range(int(dice.roll("busy user") ** 2 * 40)))
    luck = {what: most * trouble * dice.roll("luck", what) * 2 for what, most in LUCK.items()}
    return Scenario(
        seed=seed,
        agents=dice.count(1, agents, "agents") if dice.chance(0.5, "few agents") else agents,
        tasks=tuple(_task(dice, n) for n in range(count)),
        faults=tuple(Fault(*one) for one in faults),
        wishes=tuple(Wish(*one) for one in wishes),
        luck={what: share for what, share in luck.items() if share > 0.01},
        cap=dice.between(0.5, 12, "cap") if dice.chance(0.6, "has a cap") else None,
        reserve=dice.between(0.2, 1.0, "reserve"),
        hours=dice.between(1, 9, "hours") if dice.chance(0.5, "has a deadline") else None,
        merge=MergePolicy.ASK if dice.chance(0.3, "asks before merging") else MergePolicy.AUTO,
        review=not dice.chance(0.15, "no review"),
    )


def _task(dice: Dice, number: int) -> TaskPlan:
    needs = tuple(n for n in range(max(0, number - 6), number) if dice.chance(0.15, "needs", number, n))
    return TaskPlan(number, needs, dice.pick(("", "docs", "testing"), "category", number))


def _fault(dice: Dice, n: int) -> tuple[float, str, int]:
    at = dice.between(0, 5 * HOUR, "fault at", n) * dice.roll("fault sooner", n)
    return at, dice.pick(FAULTS, "fault", n), dice.count(0, 9999, "fault number", n)


def _wish(dice: Dice, n: int) -> tuple[float, str, int]:
    at = dice.between(0, 8 * HOUR, "wish at", n) * dice.roll("wish sooner", n)
    return at, dice.pick(WISHES, "wish", n), dice.count(0, 9999, "wish number", n)


def without_task(scenario: Scenario, number: int) -> Scenario:
    """The same night without one of its tasks."""
    kept = (replace(task, needs=tuple(n for n in task.needs if n != number)) for task in scenario.tasks)
    return replace(scenario, tasks=tuple(replace(t, is_idle=True) if t.number == number else t for t in kept))
