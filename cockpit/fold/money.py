"""What money and messages change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, assert_never

from cockpit import events
from cockpit.fold import ideas, reserves, watching
from cockpit.fold.changes import change_run, newest, tasks_with, with_, without
from cockpit.fold.own import own_like
from cockpit.reserves import BOUND, call_key, run_key
from cockpit.state import QUARTER_SECONDS, ROLE_OF, Account, Kind, Run, State, Task
from cockpit.tokens import Used, beyond, summed
from cockpit.value import replace

K = TypeVar("K")

QUARTERS_KEPT = 32 * 24 * 4
"""A month and a day of quarters in which money was spent: bounded, and enough for any calendar month."""

MINUTES_KEPT = 60


MoneyEvent = events.CostSeen | events.CallPaid


def money(state: State, event: MoneyEvent, at: float) -> State:
    match event:
        case events.CostSeen():
            return cost_seen(state, event, at)
        case events.CallPaid():
            return _call_paid(state, event, at)
        case _:
            assert_never(event)


def cost_seen(state: State, event: events.CostSeen, at: float) -> State:
    """A run's running cost. Half of a long ledger is this, so each value that it touches is changed but once."""
    run = state.runs.get(event.run)
    if run is None:
        return state
    usd, used = run.usd, run.used
    more = event.usd - usd if event.usd > usd else 0.0
    source = event.source or run.cost_source
    state = change_run(state, event.run, **_cost_of(run, event, source))
    changes: dict[str, Any] = {}
    if event.used and ((new := beyond(event.used, used)) or more):
        changes = _counting(state, new, more)
    if more and state.deaths:
        changes["deaths"] = watching.NO_DEATHS
    if more and (held := state.reserves.get(key := run_key(event.run))):
        changes["reserves"] = with_(state.reserves, key, reserves.less(held, more))
    if more or source == "unknown":
        account = Account(event.role, run.agent, event.model or run.model, source, run.task)
        changes |= _booking(state, account, more, event.spent_at or at)
    return replace(state, **changes) if changes else state


def _cost_of(run: Run, event: events.CostSeen, source: str) -> dict[str, Any]:
    """What of a run it changes; counts never go back."""
    changes: dict[str, Any] = {"cost_source": source, "open_usd": event.open_usd}
    if event.usd > run.usd:
        changes["usd"] = event.usd
    if event.tokens > run.tokens:
        changes["tokens"] = event.tokens
    if event.seq > run.seq:
        changes["seq"] = event.seq
    if event.used:
        changes["used"] = event.used
    return changes


def _call_paid(state: State, event: events.CallPaid, at: float) -> State:
    account = Account(event.role, 0, event.model, event.source, event.task)
    state = _paid(state, account, event.usd, at)
    if event.used and (event.task or _is_night(state)):
        state = _counted(state, event.used, event.usd)
    if event.bound_usd:
        state = _paid(state, account._replace(source=BOUND), event.bound_usd, at)
    whole = event.usd + event.bound_usd
    if event.idea:
        return ideas.paid(state, event, whole)
    key = call_key(event.role, event.task)
    reserve = state.reserves.get(key)
    if reserve is not None and reserve.call and reserve.role == event.role:
        state = replace(state, reserves=without(state.reserves, key))
        return reserves.remembered(state, f"{event.role}/{event.model}", whole) if whole else state
    if (task := state.tasks.get(event.task)) and task.run:  # what a person spends by hand comes out of the run's
        state = reserves.used(state, run_key(task.run), whole)
    return state


def _paid(state: State, account: Account, usd: float, at: float) -> State:
    """Book a call; one for no task while no night goes on, a plan say, is the day's money and no night's."""
    if account.task or _is_night(state):
        return _booked(state, account, usd, at)
    if account.source == "unknown":
        state = replace(state, unpriced=state.unpriced | {account.model or "a model without a name"})
    return _of_the_day(state, account, usd, at) if usd or account.source == "unknown" else state


def _is_night(state: State) -> bool:
    return state.night is not None and not state.night.ended


def _counted(state: State, new: Used, usd: float) -> State:
    """More tokens whose sorts are known, and what they cost."""
    return replace(state, **_counting(state, new, usd))


def _counting(state: State, new: Used, usd: float) -> dict[str, Any]:
    """What of State they change."""
    if not new and not usd:
        return {}
    return {"used": summed(state.used, new), "used_usd": state.used_usd + usd}


def settle(state: State, name: str, at: float) -> State:
    """A run's process is gone: what was on its way is charged with the most it can have cost."""
    run = state.runs.get(name)
    if run is None or run.open_usd <= 0:
        return state
    task = state.tasks.get(run.task)
    role = task.works_as if task else ROLE_OF[Kind.BUILD]
    account, more = Account(role, run.agent, run.model, BOUND, run.task), run.open_usd
    state = _booked(state, account, more, at)
    state = change_run(state, name, usd=run.usd + more, open_usd=0.0)
    return reserves.used(state, run_key(name), more)


def _booked(state: State, account: Account, more: float, at: float) -> State:
    return replace(state, **_booking(state, account, more, at))


def _booking(state: State, account: Account, more: float, at: float) -> dict[str, Any]:
    """What of State a charge changes; of a model without a price that it was used, too."""
    changes: dict[str, Any] = {}
    unknown = account.source == "unknown"
    if unknown:
        changes["unpriced"] = state.unpriced | {account.model or "a model without a name"}
    if known := state.tasks.get(account.task):
        if known.category and more:
            changes["by_category"] = _added(state.by_category, known.category, more)
        changes["tasks"] = tasks_with(state, _charged(known, account, more))
    if more or unknown:
        changes |= _on_the_day(state, account, more, at)
        changes["spent_usd"] = state.spent_usd + more
        changes["charges"] = _added(state.charges, account, more)
        changes["minutes"] = newest(_added(state.minutes, int(at // 60), more), MINUTES_KEPT)
    return changes


def _charged(task: Task, account: Account, more: float) -> Task:
    unpriced = task.unpriced or account.source == "unknown"
    estimated = task.estimated or (more > 0 and account.is_estimate)
    return replace(task, usd=task.usd + more, unpriced=unpriced, estimated=estimated)


def _of_the_day(state: State, account: Account, usd: float, at: float) -> State:
    return replace(state, **_on_the_day(state, account, usd, at))


def _on_the_day(state: State, account: Account, usd: float, at: float) -> dict[str, Any]:
    """What it changes to book money on its quarter of an hour, of which days and months are sums."""
    quarter = int(at // QUARTER_SECONDS)
    sums = state.quarters.get(quarter)
    then = _added(own_like(state.quarters, sums or {}), Account(*account[:4]), usd)
    changes: dict[str, Any] = {"spent_total_usd": state.spent_total_usd + usd}
    if then is not sums:
        changes["quarters"] = newest(with_(state.quarters, quarter, then), QUARTERS_KEPT)
    return changes


def _added(sums: Mapping[K, float], key: K, usd: float) -> dict[K, float]:
    return with_(sums, key, sums.get(key, 0.0) + usd)
