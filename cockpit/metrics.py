"""The night in numbers: money by agent, role, model and task, tasks by state, and how long tasks took.

Plain data, `schema` 1, made from State and the time alone; `cockpit metrics` prints it and the money card shows it.
What is an estimate says so, and a model without a price is named, never counted as nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from cockpit import idea_numbers, numbers, savings
from cockpit.days import day_start, local, month_start
from cockpit.policy import budget, spending
from cockpit.reserves import Reserve, run_key
from cockpit.state import Account, State, Task, TaskState
from cockpit.waiting_money import waiting_words

SCHEMA = 1

NO_AGENT, NO_TASK = "no agent", "no task"
"""Who is charged for a review, a plan or an idea."""

GROUPS: Mapping[str, Callable[[Account], str]] = {
    "by_agent": lambda account: f"agent-{account.agent}" if account.agent else NO_AGENT,
    "by_role": lambda account: account.role or "no role",
    "by_model": lambda account: account.model or "a model without a name",
}
"""What sums there are of the night, of today and of this month."""


def build(state: State, now: float) -> dict[str, Any]:
    """Everything, at `now`."""
    return {
        "schema": SCHEMA,
        "money": money(state, now),
        "tasks": _tasks(state),
        "lead_times": _lead_times(state),
        "ideas": idea_numbers.build(state, now),
        "numbers": numbers.build(state, now),
    }


def money(state: State, now: float) -> dict[str, Any]:
    """The money, in US dollars."""
    night = state.night
    spans = {
        "night": state.charges,
        "today": spending.since(state, day_start(now)),
        "month": spending.since(state, month_start(now)),
    }
    left = budget.remaining(state)
    found: dict[str, Any] = {
        "cap": night.cap_usd if night else None,
        "spent": _usd(state.spent_usd),
        "reserved": _usd(budget.reserved(state)),
        "remaining": None if left is None else _usd(left),
        "caps": [_cap(one) for one in budget.caps(state, local(now))],
        "reserves": [_reserve(state, key, one) for key, one in state.reserves.items() if one.usd],
        "waits": waiting_words(state, now),
        "shown_in": {"currency": state.currency or "USD", "rate": state.rate},
        "savings": savings.build(state),
        "alerts": [percent / 100 for percent in night.alerted] if night else [],
        "rate": _rate(state, now),
        "forecast": _forecast(state, now),
        "estimate": any(spending.is_estimate(charges) for charges in spans.values()),
    }
    for span, charges in spans.items():
        found[span] = _span(charges)
    found["ever"] = _usd(state.spent_total_usd)
    for group, of in GROUPS.items():
        found[group] = _rows(spans, of)
    found["by_task"] = _rows({"night": state.charges}, lambda account: account.task or NO_TASK)
    return found


def _cap(cap: budget.Cap) -> dict[str, Any]:
    """One cap, and what stands under it."""
    spent, held = _usd(cap.spent), _usd(cap.reserved)
    return {"cap": cap.name, "usd": cap.usd, "spent": spent, "reserved": held, "room": _usd(max(0.0, cap.room))}


def _reserve(state: State, key: str, one: Reserve) -> dict[str, Any]:
    """Money that is set aside, an estimate of what it is for."""
    task = state.tasks.get(one.task)
    run = state.task_run(task) if task else None
    why = run.reserve_why if run and key == run_key(run.id) else "the most that a review can cost"
    return {"for": key, "task": one.task, "usd": _usd(one.usd), "extended": one.extended, "sized_by": why}


def _usd(amount: float) -> float:
    return round(amount, 6)


def _span(charges: Mapping[Account, float]) -> dict[str, Any]:
    return {
        "spent": _usd(sum(charges.values())),
        "estimate": spending.is_estimate(charges),
        "unpriced": spending.unknown_models(charges),
    }


def _rate(state: State, now: float) -> dict[str, Any] | None:
    speed = spending.burn(state, now)
    if speed is None:
        return None
    return {"usd_per_hour": _usd(speed.usd_per_hour), "over_seconds": round(speed.seconds), "whole_night": speed.whole}


def _forecast(state: State, now: float) -> dict[str, Any] | None:
    found = spending.forecast(state, now)
    return {"at": found.at, "spent": _usd(found.usd), "cap_reached": found.cap_reached} if found else None


def _rows(spans: Mapping[str, Mapping[Account, float]], of: Callable[[Account], str]) -> dict[str, dict[str, Any]]:
    """A row for each name, the most expensive first; `estimate` and `unknown` say what its sums are worth."""
    rows: dict[str, dict[str, Any]] = {}
    for span, charges in spans.items():
        for account, usd in charges.items():
            row = rows.setdefault(of(account), dict.fromkeys(spans, 0.0) | {"estimate": False, "unknown": False})
            row[span] += usd
            row["estimate"] |= bool(usd) and account.is_estimate
            row["unknown"] |= account.source == "unknown"
    for row in rows.values():
        row.update({span: _usd(row[span]) for span in spans})
    return dict(sorted(rows.items(), key=lambda entry: [-entry[1][span] for span in spans]))


def _tasks(state: State) -> dict[str, Any]:
    seen = Counter(str(state.seen_state(task)) for task in state.tasks.values())
    return {
        "total": len(state.tasks),
        "by_state": {str(s): seen[str(s)] for s in TaskState if seen[str(s)]},
        "runs": sum(task.attempts for task in state.tasks.values()),
        "sent_back_by_review": sum(task.cycles for task in state.tasks.values()),
        "flaky_gates": {
            name: sum(name in task.flaky for task in state.tasks.values())
            for name in sorted({name for task in state.tasks.values() for name in task.flaky})
        },
    }


def _lead_times(state: State) -> dict[str, Any]:
    """Seconds, of the tasks that landed in this night."""
    began = state.night.started if state.night else 0.0
    landed = [t for t in state.in_state(TaskState.LANDED) if t.landed_at >= began]
    return {
        "landed": len(landed),
        "queued_to_landed": _spread([t.landed_at - t.added for t in landed]),
        "started_to_landed": _spread([t.landed_at - begun for t in landed if (begun := _begun(state, t))]),
    }


def _begun(state: State, task: Task) -> float:
    return min((run.started for run in state.runs.values() if run.task == task.id and run.started), default=0.0)


def _spread(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    found = sorted(seconds)
    low, high = found[(len(found) - 1) // 2], found[len(found) // 2]
    return {"median": round((low + high) / 2, 1), "longest": round(found[-1], 1)}
