"""Scheduling: which free agent takes which task."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import chain

from cockpit.events import TaskClaimed, TaskWaitsForMoney
from cockpit.fold import slots
from cockpit.policy import budget, estimates, order, reserving, room
from cockpit.policy.rules import Rules
from cockpit.standing import having, named, of
from cockpit.state import Agent, State, Task, TaskState

_SESSIONS = uuid.UUID("6b1f3f9e-6a0e-4d52-9f0a-2f7a7a3c5b11")
"""Namespace of the conversations' ids, so that deciding twice names the same conversation."""


def claims(state: State, rules: Rules | None = None, now: float = 0.0) -> tuple[TaskClaimed, ...]:
    """Give free agents work: rework before new tasks, then as the queue has it.

    A task that is pinned to a busy agent lets the next one pass, so it never holds up the others; and an
    unpinned task leaves an agent that is waited for to those who wait for it, as long as another is free.
    A task starts only if every cap can hold its reserve. One that can't be held by a cap over everything holds up
    those behind it, or a dear task would never have its turn; one that its own sort's cap can't hold lets them pass.
    """
    night, rules = state.night, rules or Rules()
    if night is None or not night.is_open or room.is_full(state):
        return ()
    waiting = waiting_for_an_agent(state)
    if not has_free(state) or (first := next(waiting, None)) is None:
        return ()
    free = free_agents(state)
    wanted = {pin(state, task) for task in _pinned(state) if _is_claimable(state, task) and is_ours(state, task)}
    made: list[TaskClaimed] = []
    asked: list[budget.Ask] = []
    capped = budget.has_caps(state)
    days = rules.calendar(now)
    held: tuple[budget.Cap, ...] | None = None
    for task in chain((first,), waiting):
        if not free:
            break
        if not is_ours(state, task):
            continue
        sized = estimates.estimate(state, rules, task)
        if (capped and sized.unpriced) or sized.refused:
            continue
        asks = estimates.asks(task, sized)
        refused = None
        usd = sum(ask.usd for ask in (*asked, *asks))
        if capped and usd > budget.room_anyway(state, days, usd):
            held = budget.caps(state, days) if held is None else held
            refused = next(iter(budget.refusals_of(held, [*asked, *asks])), None)
        if refused is not None and refused.is_for_all:
            break
        agent = _best([a for a in free if may_take(state, a, task)], task, wanted)
        if agent is not None and refused is None:
            free.remove(agent)
            asked += asks
            made.append(_claim(state, task, agent, rules, sized if capped else estimates.by_role(rules, task)))
    return tuple(made)


def held_back(state: State, rules: Rules, now: float) -> tuple[TaskWaitsForMoney, ...]:
    """Say which tasks money holds back, where agents are free for them."""
    night = state.night
    if night is None or not night.is_open:
        return ()
    if not has_free(state):
        return ()
    return reserving.waits(state, rules, now, waiting_for_an_agent(state))


def has_free(state: State) -> bool:
    """Whether an agent of this night could begin something."""
    most = state.night.agents if state.night is not None else 0
    return any(number <= most for number in slots.slots(state).free)


def free_agents(state: State) -> list[Agent]:
    """The agents of this night that could begin something."""
    most = state.night.agents if state.night is not None else 0
    return [state.agents[number] for number in sorted(slots.slots(state).free) if number <= most]


def _pinned(state: State) -> list[Task]:
    return named(state, of(state.tasks).pinned)


def pin(state: State, task: Task) -> int | None:
    """The only agent that may take a task; None where any may, also because this night has no such agent."""
    night = state.night
    return task.pinned if task.pinned and night is not None and 1 <= task.pinned <= night.agents else None


def may_take(state: State, agent: Agent, task: Task) -> bool:
    """Whether the task is for this agent: not for one that it was taken from, where there is another one."""
    pinned = pin(state, task)
    if pinned is None and task.avoid == agent.number:
        count = state.night.agents if state.night else 1
        return not any(a.number <= count and not a.paused and a is not agent for a in state.agents.values())
    return pinned in (None, agent.number)


def is_ours(state: State, task: Task) -> bool:
    """Whether the task's issue on GitHub, if it has one, is claimed as far as it must be."""
    return not task.issue or not state.github.locks or state.github.holds(task.id)


def waiting_for_an_agent(state: State) -> Iterator[Task]:
    """The tasks that could be worked on now if there were agents for all, soonest first."""
    yield from sorted((t for t in having(state, TaskState.REWORK) if _is_claimable(state, t)), key=order.place)
    for name in of(state.tasks).ready:
        if _is_claimable(state, state.tasks[name]):
            yield state.tasks[name]


def _is_claimable(state: State, task: Task) -> bool:
    if state.hold_on(task) is not None or state.holds_slot(task):
        return False  # a slot that is just being freed still has the run
    match task.state:
        case TaskState.QUEUED:
            return not state.missing(task)
        case TaskState.REWORK:
            return True
        case _:
            return False


def _best(free: list[Agent], task: Task, wanted: set[int | None]) -> Agent | None:
    """The agent that knows the task already, if it is free; then one that nobody else waits for."""
    return min(free, key=lambda a: (a.number in wanted, a.number != task.agent), default=None)


def _claim(state: State, task: Task, agent: Agent, rules: Rules, sized: estimates.Estimate) -> TaskClaimed:
    old = state.task_run(task)
    old = None if task.fresh else old
    run = old.id if old else f"{task.id}-{task.attempts + 1}"
    session = old.session if old else str(uuid.uuid5(_SESSIONS, f"{run}@{task.added!r}"))
    way = rules.route(task)
    return TaskClaimed(
        task.id,
        agent.number,
        run,
        session,
        resume=old is not None,
        reserve_usd=sized.run,
        review_usd=sized.review,
        model=way.model,
        reserve_why=sized.why,
        route_why=way.why,
    )
