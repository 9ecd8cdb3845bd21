"""Where a plan leads: its cost, how long it takes, and its critical path. Pure, and estimates throughout.

Cost is what such tasks cost before, in the middle, else a guess. Time is how long such runs took from their start to
their end, else what the plan's author says, else an hour; as many tasks at once as there are agents, each as soon as
all that it waits for is done. What waits for your yes takes as long as you do, which is in no estimate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cockpit.policy import graph
from cockpit.state import ROLE_OF, Kind, State, TaskDraft

ENOUGH = 3
"""So many of a kind make a history."""

USUAL_MINUTES = 60.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate, and what it rests on."""

    usd: float
    minutes: float
    """From start to end, with all agents at work."""
    work_minutes: float
    """Of all tasks together."""
    path: tuple[str, ...]
    """The keys of the critical path: the longest chain in time; it can't be done sooner, with any number of agents."""
    path_minutes: float
    agents: int
    cost_from: str
    time_from: str
    by_task: Mapping[str, tuple[float, float]]
    """Key to dollars and minutes."""


def forecast(state: State, drafts: Sequence[TaskDraft], guesses: Mapping[str, float], agents: int) -> Forecast | None:
    """Where these drafts lead; None where there are none, or where they wait for each other."""
    needs = {draft.key: _needs(draft, drafts) for draft in drafts}
    if not drafts or any(graph.circle(needs, key, after) for key, after in needs.items()):
        return None
    costs = {draft.key: _usd(state, draft.kind, guesses) for draft in drafts}
    times = {draft.key: _minutes(state, draft) for draft in drafts}
    path = longest(needs, times)
    return Forecast(
        sum(costs.values()),
        _span(needs, times, max(1, agents)),
        sum(times.values()),
        path,
        sum(times[key] for key in path),
        max(1, agents),
        _source((bool(_costs(state, draft.kind)) for draft in drafts), "what such tasks cost before", "a guess"),
        _source((bool(_spans(state, draft.kind)) for draft in drafts), "how long such tasks took", _said(drafts)),
        {draft.key: (costs[draft.key], times[draft.key]) for draft in drafts},
    )


def agents_of(state: State, configured: int) -> int:
    """How many agents would work on it: those of the night that goes on, else as many as are configured."""
    return state.night.agents if state.night is not None and not state.night.ended else configured


def _needs(draft: TaskDraft, drafts: Sequence[TaskDraft]) -> tuple[str, ...]:
    keys = {one.key for one in drafts}
    return tuple(key for key in draft.depends_on if key in keys)


def _source(known: Iterable[bool], history: str, other: str) -> str:
    found = set(known)
    return history if found == {True} else other if found == {False} else f"{history}, and {other}"


def _said(drafts: Sequence[TaskDraft]) -> str:
    return "the plan's own estimates" if any(draft.minutes for draft in drafts) else "a guess"


# ── one task ─────────────────────────────────────────────────────────────────────────────────────────


def _usd(state: State, kind: Kind, guesses: Mapping[str, float]) -> float:
    run = _middle(_costs(state, kind))
    reviews = _known(state, ROLE_OF[Kind.REVIEW])
    review = _middle(reviews) if len(reviews) >= ENOUGH else guesses.get("review", 0.0)
    return (run if run is not None else guesses.get(str(kind), 0.0)) + (review or 0.0)


def _costs(state: State, kind: Kind) -> list[float]:
    found = _known(state, str(kind))
    return found if len(found) >= ENOUGH else []


def _known(state: State, name: str) -> list[float]:
    """What such things cost before, with any model."""
    return [usd for key, costs in state.costs.items() if key.partition("/")[0] == name for usd in costs]


def _minutes(state: State, draft: TaskDraft) -> float:
    found = _middle(_spans(state, draft.kind))
    return found if found is not None else draft.minutes or USUAL_MINUTES


def _spans(state: State, kind: Kind) -> list[float]:
    """How many minutes runs of tasks of a kind took that came to a good end."""
    kinds = {task.id: task.kind for task in state.tasks.values()}
    done = (run for run in state.runs.values() if run.outcome == "done" and run.ended > run.started > 0)
    found = [(run.ended - run.started) / 60 for run in done if kinds.get(run.task) is kind]
    return found if len(found) >= ENOUGH else []


def _middle(values: Sequence[float]) -> float | None:
    if not values:
        return None
    found = sorted(values)
    return (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────


def longest(needs: graph.Needs, times: Mapping[str, float]) -> tuple[str, ...]:
    """The chain that takes longest, first to last."""
    until: dict[str, float] = {}
    before: dict[str, str] = {}
    for key in graph.bottom_up(needs):
        slowest = max(needs[key], key=lambda need: until[need], default="")
        until[key] = times[key] + (until[slowest] if slowest else 0.0)
        before[key] = slowest
    key = max(until, key=lambda name: until[name], default="")
    path: list[str] = []
    while key:
        path.append(key)
        key = before[key]
    return tuple(reversed(path))


def _span(needs: graph.Needs, times: Mapping[str, float], agents: int) -> float:
    """How long all of it takes: whoever is free takes the first in the plan's order that may begin."""
    waiting = list(needs)
    ends: dict[str, float] = {}
    free = [0.0] * agents
    now = 0.0
    while waiting:
        agent = min(range(agents), key=lambda n: free[n])
        now = max(now, free[agent])
        ready = next((key for key in waiting if all(need in ends and ends[need] <= now for need in needs[key])), None)
        if ready is None:
            now = min(end for end in ends.values() if end > now)
            free[agent] = now
            continue
        waiting.remove(ready)
        ends[ready] = free[agent] = now + times[ready]
    return max(ends.values(), default=0.0)
