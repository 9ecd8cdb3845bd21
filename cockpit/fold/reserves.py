"""What caps and reserves change: money set aside, used, given back, and what runs cost before."""

from __future__ import annotations

from typing import assert_never

from cockpit import events
from cockpit.fold.changes import CLEAR, FRESH, change_run, change_task, move_task, newest, notice, with_, without
from cockpit.reserves import Reserve, call_key, cap_title, review_key, run_key
from cockpit.state import IN_FLIGHT, ROLE_OF, Kind, State, Task, TaskState, is_reached
from cockpit.value import replace

COSTS_KEPT = 40
"""Of each kind of task with each model."""

PAIRS_KEPT = 64
SAID_KEPT = 60
CENT_FRACTION = 1e-9
"""Sums of floats are equal when they differ by less."""

ReserveEvent = (
    events.CapsConfigured
    | events.CapChanged
    | events.MoneyReserved
    | events.MoneyAsked
    | events.MoneyGranted
    | events.TaskWaitsForMoney
    | events.CallStarted
)


def reserve(state: State, event: ReserveEvent, at: float) -> State:
    match event:
        case events.CapsConfigured(caps=caps, currency=currency, rate=rate):
            changed = caps if caps != state.configured else state.caps
            state = replace(state, caps=changed, configured=caps, currency=currency, rate=rate)
            return _said_again(state)
        case events.CapChanged(cap=cap, usd=usd):
            return _said_again(replace(state, caps=with_(state.caps, cap, usd)))
        case events.MoneyReserved():
            return _reserved(state, event, at)
        case events.MoneyAsked(task=name, usd=usd, reason=reason):
            return move_task(state, name, TaskState.ESCALATED, at, reason=reason, asks_usd=usd, broke=False, **CLEAR)
        case events.MoneyGranted(task=name, usd=usd):
            return _granted(state, name, usd, at)
        case events.TaskWaitsForMoney(task=name, cap=cap, usd=usd, why=why):
            return change_task(state, name, waits_cap=cap, waits_usd=usd, waits_why=why)
        case events.CallStarted():
            return _call_started(state, event)
        case _:
            assert_never(event)


def claimed(state: State, event: events.TaskClaimed) -> State:
    """Set aside what a claim brings for the run and for its review."""
    task = state.tasks.get(event.task)
    if task is None:
        return state
    state = replace(state, reserves=_without_of(state, task, event.run))
    if event.reserve_usd > 0:
        one = Reserve(event.reserve_usd, task.works_as, task.category, task.id, event.model)
        state = replace(state, reserves=with_(state.reserves, run_key(event.run), one))
    if event.review_usd > 0:
        state = _set_aside_review(state, task, event.review_usd)
    return change_run(state, event.run, reserve_why=event.reserve_why)


def used(state: State, key: str, usd: float) -> State:
    """So much of a reserve became a charge."""
    found = state.reserves.get(key)
    if found is None or usd <= 0:
        return state
    return replace(state, reserves=with_(state.reserves, key, less(found, usd)))


def less(reserve: Reserve, usd: float) -> Reserve:
    """What is left of it when so much became a charge."""
    left = reserve.usd - usd
    return replace(reserve, usd=left if left > CENT_FRACTION else 0.0)


def ended(state: State, run: str, outcome: str) -> State:
    """A run's slot is free: what is left goes back, and what it cost is remembered."""
    found = state.runs.get(run)
    task = state.tasks.get(found.task) if found else None
    if found is None or task is None:
        return state
    if outcome in ("done", "failed") and found.usd > 0:
        state = remembered(state, cost_key(task.kind, found.model), found.usd)
    return replace(state, reserves=_without_of(state, task, run))


def cost_key(kind: Kind, model: str) -> str:
    """Under what name the cost of a run is remembered."""
    return f"{kind}/{model}"


def remembered(state: State, key: str, usd: float) -> State:
    """One more of what such a thing costs; old ones are forgotten."""
    known = (*state.costs.get(key, ()), usd)[-COSTS_KEPT:]
    return replace(state, costs=newest(with_(without(state.costs, key), key, known), PAIRS_KEPT))


def alerted(state: State, event: events.BudgetAlert) -> State:
    """A share of a cap beside the night's was said."""
    key = f"{event.cap}@{event.since:.0f}"
    known = (*state.said.get(key, ()), event.percent)
    state = replace(state, said=newest(with_(without(state.said, key), key, known), SAID_KEPT))
    what = f"{event.percent} % of {cap_title(event.cap)} is reached"
    return notice(state, f"{what}: ${event.spent_usd:.2f} of ${event.of_usd:.2f}")


def of_new_night(state: State) -> State:
    """A night begins: its caps count from nothing; what a call or a person still holds stays set aside."""
    kept = {key: one for key, one in state.reserves.items() if one.call or one.idea or _is_in_flight(state, one)}
    said = {key: told for key, told in state.said.items() if key.startswith(("day@", "month@"))}
    return replace(state, reserves=kept, by_category={}, said=said)


def _is_in_flight(state: State, one: Reserve) -> bool:
    task = state.tasks.get(one.task)
    return task is not None and (task.state in IN_FLIGHT or state.holds_slot(task))


def _reserved(state: State, event: events.MoneyReserved, at: float) -> State:
    task = state.tasks.get(event.task)
    if task is None:
        return state
    if event.review:
        return _set_aside_review(state, task, event.usd)
    run = state.runs.get(event.run)
    key = run_key(event.run)
    old = state.reserves.get(key) or Reserve(0.0, task.works_as, task.category, task.id, run.model if run else "")
    new = replace(old, usd=old.usd + event.usd, extended=old.extended + event.extends)
    state = replace(state, reserves=with_(state.reserves, key, new))
    state = change_run(state, event.run, stale=run is not None and run.live)
    if task.state is TaskState.WORKING:
        reason = event.why or "its reserve is larger now"
        return move_task(state, task.id, TaskState.CLAIMED, at, reason=reason, broke=False, **CLEAR)
    return change_task(state, task.id, broke=False)


def _set_aside_review(state: State, task: Task, usd: float) -> State:
    key = review_key(task.id)
    old = state.reserves.get(key) or Reserve(0.0, ROLE_OF[Kind.REVIEW], task.category, task.id)
    return replace(state, reserves=with_(state.reserves, key, replace(old, usd=old.usd + usd)))


def _granted(state: State, name: str, usd: float, at: float) -> State:
    return move_task(
        state, name, TaskState.QUEUED, at, reason="", asks_usd=0.0, granted_usd=usd, broke=False, **FRESH, **CLEAR
    )


def _call_started(state: State, event: events.CallStarted) -> State:
    task = state.tasks.get(event.task)
    key = call_key(event.role, event.task)
    category = task.category if task else ""
    old = state.reserves.get(key) or Reserve(event.usd, event.role, category, event.task)
    return replace(state, reserves=with_(state.reserves, key, replace(old, model=event.model, call=True)))


def _without_of(state: State, task: Task, run: str) -> dict[str, Reserve]:
    """All reserves but the run's and its review's; a call that goes on keeps its own."""
    review = state.reserves.get(review_key(task.id))
    left = without(state.reserves, run_key(run))
    return left if review is None or review.call else without(left, review_key(task.id))


def _said_again(state: State) -> State:
    """What a higher cap has not reached yet may be said again; which caps that are is told by their newest sums."""
    kept: dict[str, tuple[int, ...]] = {}
    for key, told in state.said.items():
        name = key.rpartition("@")[0]
        spent = _spent_of(state, key)
        cap = state.caps.get(name)
        kept[key] = tuple(p for p in told if cap is None or spent is None or is_reached(p, spent, cap))
    return replace(state, said=kept)


def _spent_of(state: State, key: str) -> float | None:
    name, _, since = key.rpartition("@")
    if name in ("day", "month"):
        begin = float(since)
        return sum(sum(c.values()) for q, c in state.quarters.items() if q * 900 >= begin)
    if name.startswith("role "):
        return state.by_role.get(name.removeprefix("role "), 0.0)
    return state.by_category.get(name.removeprefix("category "), 0.0)
