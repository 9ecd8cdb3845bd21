"""The night's end: when nothing new starts, and when everything is at rest."""

from __future__ import annotations

from cockpit import standing
from cockpit.events import NightEnded, NightStopping
from cockpit.policy import budget, estimates, room, windows
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.policy.schedule import claims, may_take, waiting_for_an_agent
from cockpit.reserves import DAY, MONTH, NIGHT
from cockpit.state import RESTING, Agent, Night, State, TaskState

_MOVING = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.TESTING, TaskState.REVIEWING, TaskState.MERGING})


def bounds(state: State, rules: Rules, now: float) -> Decision:
    """Whether the night must stop now, or has come to rest."""
    night = state.night
    if night is None or night.ended:
        return NOTHING
    if night.stopping:
        held = any(agent.run for agent in state.agents.values())
        return NOTHING if held else Decision(records=(NightEnded(night.stopping),))
    if reason := _reason(state, rules, night, now):
        return Decision(records=(NightStopping(reason, "policy"),))
    wakes = [night.until] if night.until is not None else []
    if is_quiet(state):
        another_day = waits_for_another_day(state, rules, now)
        wakes.append(rules.calendar(now).next_day if another_day else lingers_until(state, rules, now))
    return Decision(wake=min((wake for wake in wakes if wake > now), default=None))


def _reason(state: State, rules: Rules, night: Night, now: float) -> str:
    if night.until is not None and now >= night.until:
        return "deadline"
    if budget.is_used_up(state):
        return "budget"
    if standing.is_all_in(state, RESTING) and not _may_have_an_idea(state, rules):
        return "done"
    if is_quiet(state):
        if waits_for_another_day(state, rules, now):
            return ""
        if waits_for_money(state, rules, now) and not any(agent.run for agent in state.agents.values()):
            return "budget"
        if _could_start(state, rules, now):
            return ""
        if now >= lingers_until(state, rules, now):
            return "nobody came"
    return ""


def lingers_until(state: State, rules: Rules, now: float) -> float:
    """How long a night that has come to rest waits for a person."""
    begun = max(quiet_since(state), rules.calendar(now).day if DAY in state.caps else 0.0)
    return begun + rules.linger_seconds


def _could_start(state: State, rules: Rules, now: float) -> bool:
    """Work is about to be claimed: an engine that has just come begins with what has long been waiting."""
    if state.breaker is not None or state.starts_held is not None or windows.is_closed(state):
        return False
    return bool(claims(state, rules, now))


def _may_have_an_idea(state: State, rules: Rules) -> bool:
    """An idea is on its way, or may be once an agent that is just done is free."""
    is_over = not rules.ideas.enabled or bool(state.ideas.rests)
    return state.ideas.current is not None or (not is_over and any(a.run for a in state.agents.values()))


def waits_for_money(state: State, rules: Rules, now: float) -> bool:
    """Something could start, and no cap can hold what any of it needs."""
    waiting = list(waiting_for_an_agent(state))
    return bool(waiting) and budget.has_caps(state) and len(_refused_by(state, rules, now)) == len(waiting)


def waits_for_another_day(state: State, rules: Rules, now: float) -> bool:
    """The same, and a cap that begins anew by itself is among those that refuse, and would do for it then."""
    if not (DAY in state.caps or MONTH in state.caps) or not waits_for_money(state, rules, now):
        return False
    return any(cap in (DAY, MONTH) for cap in _refused_by(state, rules, now))


def _refused_by(state: State, rules: Rules, now: float) -> list[str]:
    """The caps that refuse what waits, one for each task; who stands behind one that waits, waits for the same."""
    days, found, behind = rules.calendar(now), list[str](), ""
    for task in waiting_for_an_agent(state):
        sized = estimates.estimate(state, rules, task)
        refused = [] if behind else budget.refusals(state, estimates.asks(task, sized), days)
        if behind or sized.unpriced or sized.refused:
            found.append(behind)
        elif refused:  # a cap that does not begin anew counts first, and a reserve larger than the cap waits for ever
            lasting = any(one.cap.name not in (DAY, MONTH) or one.usd > one.cap.usd for one in refused)
            found.append(NIGHT if lasting else refused[0].cap.name)
            behind = found[-1] if refused[0].is_for_all else ""
    return found


def is_quiet(state: State) -> bool:
    """Nothing moves by itself any more: what is open waits for a person, or for what does."""
    if state.ideas.current is not None:
        return False
    resting = set[str]()
    for agent in state.agents.values():
        if agent.run and not _rests(state, agent):
            return False
        resting |= {agent.run} if agent.run else set()
    return all(task.stumble or task.run in resting for task in standing.having(state, *_MOVING))


def _rests(state: State, agent: Agent) -> bool:
    """Whether an agent paused itself over its open conflicts, in the middle of what it is at, until a person looked."""
    run = state.agent_run(agent.number)
    task = state.tasks.get(run.task) if run is not None else None
    if task is None or not (agent.paused and agent.held) or (run is not None and run.kill_asked):
        return False
    return task.state in _AT_IT and not task.fresh


_AT_IT = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.REWORK})
"""What goes on only if the agent itself does; tests and a review go on without it."""


def needs_you(state: State) -> bool:
    """Everything that could go on without a person has; something is left that can't."""
    night = state.night
    if night is None or not is_quiet(state):
        return False
    if room.is_full(state) or state.breaker is not None:
        return True
    ready = [agent for agent in state.agents.values() if not agent.paused]
    return not any(may_take(state, agent, task) for task in waiting_for_an_agent(state) for agent in ready)


def quiet_since(state: State) -> float:
    """When a task last changed its state, in this night."""
    return max([state.night.started if state.night else 0.0, *(t.since for t in state.tasks.values())])
