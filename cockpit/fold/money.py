"""What money and messages change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, assert_never

from cockpit import events
from cockpit.fold import ideas, reserves, watching
from cockpit.fold.changes import (
    change_run,
    change_task,
    newest,
    with_,
    without,
)
from cockpit.fold.own import Own, OwnRun, OwnTask, genuine, owned
from cockpit.reserves import BOUND, call_key, run_key
from cockpit.state import QUARTER_SECONDS, ROLE_OF, Account, Kind, Run, State
from cockpit.tokens import Used, beyond, summed
from cockpit.value import replace

K = TypeVar("K")

_Key = tuple[str, int, str, str, str]

put = object.__setattr__

QUARTERS_KEPT = 32 * 24 * 4
"""A month and a day of quarters in which money was spent: bounded, and enough for any calendar month."""

MINUTES_KEPT = 60


MoneyEvent = events.CostSeen | events.CallPaid


def money(state: State, event: MoneyEvent, at: float) -> State:
    match event:
        case events.CostSeen(run=name):
            run = state.runs.get(name)
            return state if run is None else _cost_seen(state, run, event, event.spent_at or at)
        case events.CallPaid():
            return _call_paid(state, event, at)
        case _:
            assert_never(event)


def _cost_seen(state: State, run: Run, event: events.CostSeen, at: float) -> State:
    more = max(0.0, event.usd - run.usd)
    source = event.source or run.cost_source
    used, new = event.used or run.used, beyond(event.used, run.used)
    state = watching.alive(state) if more else state
    state = change_run(
        state,
        run.id,
        usd=max(run.usd, event.usd),
        tokens=max(run.tokens, event.tokens),
        cost_source=source,
        seq=max(run.seq, event.seq),
        open_usd=event.open_usd,
        used=used,
    )
    state = _counted(state, new, more if event.used else 0.0)
    state = _booked(state, Account(event.role, run.agent, event.model or run.model, source, run.task), more, at)
    return reserves.used(state, run_key(run.id), more)


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
    if not new and not usd:
        return state
    return replace(state, used=summed(state.used, new), used_usd=state.used_usd + usd)


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
    if account.source == "unknown":
        state = replace(state, unpriced=state.unpriced | {account.model or "a model without a name"})
    if known := state.tasks.get(account.task):
        unpriced = known.unpriced or account.source == "unknown"
        estimated = known.estimated or (more > 0 and account.is_estimate)
        state = change_task(state, known.id, usd=known.usd + more, unpriced=unpriced, estimated=estimated)
        if known.category and more:
            state = replace(state, by_category=_added(state.by_category, known.category, more))
    return _charged(state, account, more, at)


def _charged(state: State, account: Account, usd: float, at: float) -> State:
    """Book money; of a model without a price that it was used, too."""
    if not usd and account.source != "unknown":
        return state
    return replace(
        _of_the_day(state, account, usd, at),
        spent_usd=state.spent_usd + usd,
        charges=_added(state.charges, account, usd),
        minutes=newest(_added(state.minutes, int(at // 60), usd), MINUTES_KEPT),
    )


def _of_the_day(state: State, account: Account, usd: float, at: float) -> State:
    """Book money on its quarter of an hour, of which days and months are sums."""
    quarter = int(at // QUARTER_SECONDS)
    then = state.quarters.get(quarter, {})
    return replace(
        state,
        spent_total_usd=state.spent_total_usd + usd,
        quarters=newest(with_(state.quarters, quarter, _added(then, account._replace(task=""), usd)), QUARTERS_KEPT),
    )


def _added(sums: Mapping[K, float], key: K, usd: float) -> dict[K, float]:
    return with_(sums, key, sums.get(key, 0.0) + usd)


def cost_of_owned(state: State, event: events.CostSeen, at: float) -> State:
    """The same as `money` for a run's running cost, on a State that only this fold knows (`fold.bulk`)."""
    run = state.runs.get(event.run)
    if run is None:
        return state
    source = event.source or run.cost_source
    if source == "unknown" or event.open_usd or run.open_usd or state.reserves or _has_category(state, run):
        return money(state, genuine(event), at)
    at = event.spent_at or at
    if type(run) is not OwnRun:
        run = owned(state.runs, event.run, run)
    more = event.usd - run.usd
    if more > 0:
        put(run, "usd", event.usd)
    if event.tokens > run.tokens:
        put(run, "tokens", event.tokens)
    if event.seq > run.seq:
        put(run, "seq", event.seq)
    put(run, "cost_source", source)
    if event.used:
        put(state, "used", summed(state.used, beyond(event.used, run.used)))
        put(state, "used_usd", state.used_usd + max(0.0, more))
        put(run, "used", event.used)
    if more > 0:
        if state.deaths:
            put(state, "deaths", ())
        _book_owned(state, run, (event.role, run.agent, event.model or run.model, source, run.task), more, at)
    return state


def _has_category(state: State, run: Run) -> bool:
    task = state.tasks.get(run.task)
    return task is not None and task.category != ""


def _book_owned(state: State, run: Run, account: _Key, usd: float, at: float) -> None:
    task = state.tasks.get(run.task)
    if task is not None:
        if type(task) is not OwnTask:
            task = owned(state.tasks, run.task, task)
        put(task, "usd", task.usd + usd)
        if account[3] != "cli":
            put(task, "estimated", True)
    put(state, "spent_usd", state.spent_usd + usd)
    put(state, "spent_total_usd", state.spent_total_usd + usd)
    quarter = int(at // QUARTER_SECONDS)
    then = state.quarters.get(quarter)
    if type(then) is not Own:
        then = Own(then or {})
        put(state, "quarters", newest(with_(state.quarters, quarter, then), QUARTERS_KEPT))
    _add_owned(state.charges, account, usd)
    _add_owned(then, (*account[:4], ""), usd)
    minutes: Any = state.minutes
    minute = int(at // 60)
    if minute in minutes:
        minutes[minute] += usd
    else:
        minutes[minute] = usd
        newest(minutes, MINUTES_KEPT)


def _add_owned(sums: Any, account: _Key, usd: float) -> None:
    """Book on what only this fold knows; an account is looked up by a tuple, which is quicker to make and equal."""
    if account in sums:
        sums[account] += usd
    else:
        sums[Account(*account)] = usd
