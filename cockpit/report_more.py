"""What the report says beside the bare facts: evidence, what to do first, what the night would do with more.

All of it follows from State; what is about the future is an estimate and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from cockpit import keys
from cockpit.answering import answers, answers_to
from cockpit.git_facts import lost_text
from cockpit.policy.order import place
from cockpit.state import ROLE_OF, GateResult, Kind, State, Task, TaskState
from cockpit.tale import sentence
from cockpit.text import plain
from cockpit.views import BREAKER, BUDGET, DISK, PLAN, PLAN_FAILED, Waiting, duration, money, ready_and_green

LINES = 5
"""Of a gate's output, the last are shown."""

WIDTH = 160
"""Characters of a line of evidence."""

REVIEWS = f"{ROLE_OF[Kind.REVIEW]}/"
"""Begins the names under which the costs of reviews are remembered."""


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────


def criteria(task: Task) -> dict[str, Any] | None:
    """What the verdict says of the acceptance criteria; None where nobody was asked."""
    verdict = task.current_verdict or task.verdict
    if verdict is None or not verdict.criteria:
        return None
    missed = [line(one.criterion) for one in verdict.criteria if not one.met]
    return {"met": len(verdict.criteria) - len(missed), "of": len(verdict.criteria), "not_met": missed}


def evidence(state: State, task: Task) -> list[dict[str, Any]]:
    """The last that is known of a task that waits or failed, what says most first."""
    found = [_gate(gate) for gate in task.gates if not gate.passed]
    if task.lost:
        found.append(_piece("it would drop", [lost_text(task.lost)]))
    if task.conflict:
        found.append(_piece("conflict", _last(task.conflict)))
    if (verdict := task.verdict) is not None:
        word = "approves" if verdict.approve else "asks for rework"
        blocking = [f"blocking: {one.text}" for one in verdict.blocking]
        found.append(_piece(f"the reviewer {word}", [verdict.summary, *blocking[:LINES]]))
    if task.tried:
        found.append(_piece("tried", task.tried[-LINES:]))
    run = state.task_run(task)
    if run is not None and run.said.strip() and task.state is not TaskState.READY:
        found.append(_piece(f"agent-{run.agent} said last", _last(run.said, 3)))
    return [one for one in found if one["lines"]]


def green(task: Task) -> str:
    """`3 gates green`; empty where not all are."""
    if not task.is_green:
        return ""
    return f"{len(task.gates)} gate{'s' if len(task.gates) != 1 else ''} green"


def log(task: Task) -> str:
    """Where the whole record of its last run lies, from the repository's root."""
    return f".cockpit/runs/{task.run}/" if task.run else ""


def line(text: str) -> str:
    """Somebody else's text as one short line."""
    one = " ".join(plain(text).split())
    return one if len(one) <= WIDTH else f"{one[: WIDTH - 1]}…"


def _gate(gate: GateResult) -> dict[str, Any]:
    return _piece(f"gate {line(gate.name)} {'asks' if gate.asks else 'failed'}", _last(gate.output or gate.note))


def _last(text: str, count: int = LINES) -> list[str]:
    return [one for one in plain(text).splitlines() if one.strip()][-count:]


def _piece(what: str, lines: Iterable[str]) -> dict[str, Any]:
    """Lines as they stand, since what a program prints is often in columns."""
    whole = (plain(one).replace("\n", " ").expandtabs(4).rstrip() for one in lines)
    return {"what": what, "lines": [one if len(one) <= WIDTH else f"{one[: WIDTH - 1]}…" for one in whole if one]}


# ── what to do ───────────────────────────────────────────────────────────────────────────────────────


def key_hints(chosen: Mapping[str, str], found: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """The keys of actions, and what each does there."""
    return [{"key": keys.pretty(chosen[action]), "does": word} for action, word in found]


def hints(entry: Waiting, chosen: Mapping[str, str]) -> list[dict[str, str]]:
    """The keys that answer what waits."""
    return key_hints(chosen, answers(entry))


def retry_hints(task: Task, chosen: Mapping[str, str]) -> list[dict[str, str]]:
    """The keys that do something about a task that failed."""
    return key_hints(chosen, [one for one in answers_to(task) if one[0] == "retry"] or [("retry", "restart")])


def first(state: State, waiting: Iterable[Waiting], failed: Iterable[Task]) -> list[dict[str, Any]]:
    """What to do, most valuable first: what holds up everything, what lets most go on, then by age."""
    found = [_ranked(state, entry) for entry in waiting]
    if len(green_ones := ready_and_green(state)) > 1:
        names = ", ".join(task.id for task in green_ones[:6]) + ("…" if len(green_ones) > 6 else "")
        what = f"Merge all {len(green_ones)} that are ready and green ({names})"
        step = {"task": "", "what": what, "why": "", "command": "cockpit approve --all-green"}
        found.append(((2, -len(state.tasks) - 1, 0.0), step | {"action": "approve-all"}))
    for task in failed:
        command = f"cockpit task retry {task.id}"
        why = f"it failed{_lets_go_on(state, task)}"
        step = {"task": task.id, "what": f"Look at {task.id} {line(task.title)}", "why": why, "command": command}
        found.append(((4, -len(dependents(state, task)), task.since), step | {"action": "retry"}))
    return [step for _, step in sorted(found, key=lambda one: one[0])]


Rank = tuple[int, int, float]


def _ranked(state: State, entry: Waiting) -> tuple[Rank, dict[str, Any]]:
    actions = answers(entry)
    step = {"task": entry.task.id if entry.task else "", "action": actions[0][0] if actions else ""}
    step |= {"what": _do(entry), "why": "", "command": _command(entry.do)}
    if entry.id in (BREAKER, BUDGET, DISK):
        return (0, 0, entry.since), step | {"why": "nothing new starts before"}
    if entry.id in (PLAN, PLAN_FAILED):
        return (3, 0, entry.since), step
    if entry.task is None or entry.question is not None:
        return (1, 0, entry.since), step | {"why": "an agent stands still until then"}
    waits = dependents(state, entry.task)
    why = f"{', '.join(t.id for t in waits[:4])} wait{'s' if len(waits) == 1 else ''} for it" if waits else ""
    rank = 2 if entry.task.state in (TaskState.READY, TaskState.MERGING) else 3
    return (rank, -len(waits), entry.since), step | {"why": why}


def _do(entry: Waiting) -> str:
    """`Merge T7 Print the report as JSON, or send it back`."""
    title = f"{entry.task.id if entry.task else ''} {line(entry.title)}".strip()
    if entry.question is not None:
        return f"Answer {entry.question.id}, which agent-{entry.question.agent} asks about {title}"
    if entry.id == PLAN:
        return f"Agree to a plan: {line(entry.why)}"
    if entry.task is None or entry.agent is not None:
        return line(entry.title) if entry.agent is None else f"Let {entry.id.removeprefix('held-')} go on: {title}"
    match entry.task.state:
        case TaskState.READY:
            return f"Merge {title}, or send it back"
        case TaskState.MERGING:
            return f"Make room for the merge of {title}"
        case _:
            return f"Decide about {title}"


def _command(do: str) -> str:
    """The first command in a sentence."""
    parts = do.split("`")
    return parts[1] if len(parts) > 2 else ""


def _lets_go_on(state: State, task: Task) -> str:
    waits = dependents(state, task)
    return f"; {', '.join(t.id for t in waits[:4])} wait{'s' if len(waits) == 1 else ''} for it" if waits else ""


def dependents(state: State, task: Task) -> list[Task]:
    """The open tasks that can't begin before this one landed, near or far."""
    found: dict[str, Task] = {}
    names = {task.id}
    while True:
        more = {
            t.id: t
            for t in state.tasks.values()
            if t.id not in found and t.id != task.id and names & set(t.depends_on) and t.state is TaskState.QUEUED
        }
        if not more:
            return list(found.values())
        found |= more
        names = set(more)


# ── what the night would do with more ────────────────────────────────────────────────────────────────


def with_more(state: State) -> dict[str, Any]:
    """The tasks that are not begun, in their order, with what such work cost and took so far. An estimate."""
    queued = sorted((t for t in state.tasks.values() if t.state is TaskState.QUEUED), key=place)
    agents = state.night.agents if state.night else 1
    spans = _spans(state)
    known = [(t, _usual(state, t)) for t in queued]
    tasks = [{"id": t.id, "title": t.title, "usd": usd, "seconds": spans} for t, usd in known]
    priced = [usd for _, usd in known if usd is not None]
    whole = round(sum(priced), 6) if len(priced) == len(known) else None
    seconds = None if spans is None else round(spans * -(-len(queued) // max(1, agents)), 1)
    return {"tasks": tasks, "usd": whole, "seconds": seconds, "agents": agents, "estimate": True}


def _usual(state: State, task: Task) -> float | None:
    """The middle of what runs of this kind cost, and of what reviews cost; None where nobody knows."""
    runs = _costs(state, f"{task.kind}/")
    reviews = _costs(state, REVIEWS) if state.night and state.night.review and task.kind is not Kind.REVIEW else []
    return round(median(runs) + (median(reviews) if reviews else 0.0), 6) if runs else None


def _costs(state: State, prefix: str) -> list[float]:
    return [usd for key, costs in state.costs.items() if key.startswith(prefix) for usd in costs]


def _spans(state: State) -> float | None:
    """The middle of how long tasks took from their first start until they landed, this night."""
    begun: dict[str, float] = {}
    for run in state.runs.values():
        if run.started:
            begun[run.task] = min(run.started, begun.get(run.task, run.started))
    since = state.night.started if state.night else 0.0
    landed = [t for t in state.in_state(TaskState.LANDED) if t.landed_at >= since and t.id in begun]
    return round(median(t.landed_at - begun[t.id] for t in landed), 1) if landed else None


# ── what you may not expect ──────────────────────────────────────────────────────────────────────────


def unexpected(state: State, begin: float) -> list[dict[str, Any]]:
    """What came otherwise than one would think, in the order in which it was first seen."""
    return [
        {
            "kind": one.kind,
            "about": one.about,
            "count": one.count,
            "text": sentence(one, duration(one.seconds), money(one.usd), line(one.why)),
            "at": one.at,
        }
        for one in state.tale
        if one.at >= begin
    ]
