"""Whose issue it is: claimed on GitHub before anybody works on it, given back when it is over. Pure.

Nothing of this where `[github] claim` is off.
"""

from __future__ import annotations

from cockpit.policy import schedule
from cockpit.policy.actions import NOTHING, ClaimIssue, Decision, ReleaseIssue
from cockpit.state import SETTLED, State, Task, TaskState


def claim(state: State, now: float) -> Decision:
    """Claim the issues that come next, as many as agents are free; give back those that are over."""
    return _released(state) + _wanted(state, now)


def is_settled(state: State, task: Task | None) -> bool:
    """Whether nobody here goes on with a task: it is over, or the night is and it is not at a person's desk."""
    if task is None or task.state in SETTLED:
        return task is None or not state.holds_slot(task)
    is_at_desk = task.state in (TaskState.READY, TaskState.MERGING, TaskState.ESCALATED)
    return state.night is not None and bool(state.night.ended) and not is_at_desk


def _released(state: State) -> Decision:
    ours = [one for one in state.github.claims.values() if one.ours]
    over = [one for one in ours if is_settled(state, state.tasks.get(one.task))]
    return Decision(effects=tuple(ReleaseIssue(one.task, one.issue) for one in over))


def _wanted(state: State, now: float) -> Decision:
    night = state.night
    if night is None or not night.is_open or not state.github.locks:
        return NOTHING
    free = sum(not a.paused and a.run is None and a.number <= night.agents for a in state.agents.values())
    effects, wakes = list[ClaimIssue](), list[float]()
    for task in schedule.waiting_for_an_agent(state):
        if len(effects) >= free:
            break
        known = state.github.claims.get(task.id)
        if not task.issue or (known and known.ours):
            continue
        if known and now < known.again:
            wakes.append(known.again)
        else:
            effects.append(ClaimIssue(task.id, task.issue))
    return Decision(effects=tuple(effects), wake=min(wakes, default=None))
