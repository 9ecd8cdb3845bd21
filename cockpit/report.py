"""The morning report: what landed, what waits for you, what failed and why, the money, what to do next.

Made from State alone, so it can be no better or worse than the ledger.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from cockpit.asked import decided, in_a_line
from cockpit.questions import Question, in_words
from cockpit.state import Night, State, Task, TaskState
from cockpit.views import clock, cost, duration, spent_text, undone_text, waits_for_you

SCHEMA = 1


def build(state: State, now: float) -> dict[str, Any]:
    """The report as plain data, `schema` 1; `markdown` writes it out."""
    night = state.night
    return {
        "schema": SCHEMA,
        "night": _night(night, now) if night else None,
        "landed": [_task(t) | {"commit": t.landed, "undone": undone_text(state, t)} for t in _landed(state)],
        "waiting_for_you": [_task(task) | {"why": why, "do": do} for task, why, do in waits_for_you(state)],
        "asked": [_question(question) for question in state.open_questions()],
        "decided_without_you": [_question(question) for question in decided(state)],
        "failed": [_task(t) | {"why": t.reason} for t in state.in_state(TaskState.FAILED)],
        "open": [_task(t) | {"state": str(state.seen_state(t)), "why": _why(state, t)} for t in _open(state)],
        "skipped": [_task(t) for t in state.in_state(TaskState.SKIPPED)],
        "money": {
            "spent_usd": round(state.spent_usd, 6),
            "cap_usd": night.cap_usd if night else None,
            "by_role": {role: round(usd, 6) for role, usd in sorted(state.by_role.items())},
            "unpriced_models": sorted(state.unpriced),
            "unpriced_roles": sorted({a.role for a in state.charges if a.source == "unknown"}),
        },
    }


def _night(night: Night, now: float) -> dict[str, Any]:
    return {
        "id": night.id,
        "started": night.started,
        "ended": night.ended or None,
        "seconds": (night.ended or now) - night.started,
        "why_it_ended": night.stopping if night.ended else "",
        "agents": night.agents,
        "target": night.target,
    }


def _landed(state: State) -> list[Task]:
    since = state.night.started if state.night else 0.0
    return sorted((t for t in state.in_state(TaskState.LANDED) if t.landed_at >= since), key=lambda t: t.landed_at)


_OPEN = tuple(
    s
    for s in TaskState
    if s not in (TaskState.LANDED, TaskState.FAILED, TaskState.SKIPPED, TaskState.READY, TaskState.ESCALATED)
)


def _open(state: State) -> list[Task]:
    waiting = {task.id for task, _, _ in waits_for_you(state)}
    return [t for t in state.in_state(*_OPEN) if t.id not in waiting]


def _why(state: State, task: Task) -> str:
    if missing := state.missing(task):
        return "waits for " + ", ".join(t.id for t in missing)
    return task.reason


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "title": task.title,
        "branch": task.branch,
        "diffstat": task.diffstat,
        "usd": round(task.usd, 6),
        "unpriced": task.unpriced,
        "cycles": task.cycles,
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "question": question.id,
        "agent": f"agent-{question.agent}",
        "text": in_a_line(question),
        "answer": in_words(question) if question.settled else None,
    }


def markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    money_part = report["money"]
    lines = [*_head(report["night"]), ""]
    lines += _section("Landed", (_landed_line(t) for t in report["landed"]))
    lines += _section("Waiting for you", (_waiting_line(t) for t in report["waiting_for_you"]))
    if report["asked"]:
        lines += _section("Asked by agents", (_asked_line(q) for q in report["asked"]))
    if report["decided_without_you"]:
        lines += _section("Decided without you", (_decided_line(q) for q in report["decided_without_you"]))
    lines += _section("Failed", (f"- **{t['id']}** {t['title']}: {t['why']}" for t in report["failed"]))
    if report["open"]:
        lines += _section("Not done yet", (_open_line(t) for t in report["open"]))
    lines += ["## Money", "", *_money_lines(money_part), ""]
    lines += ["## What next", "", *_next(report), ""]
    return "\n".join(lines)


def _head(night: dict[str, Any] | None) -> list[str]:
    if night is None:
        return ["# Cockpit report", "", "No night was started yet."]
    until = f" to {clock(night['ended'])}" if night["ended"] else ", still going on"
    day = time.strftime("%Y-%m-%d", time.localtime(night["started"]))
    why = f" It ended: {night['why_it_ended']}." if night["why_it_ended"] else ""
    agents = f"{night['agents']} agent{'s' if night['agents'] != 1 else ''}"
    return [
        f"# The night of {day}",
        "",
        f"{agents} on `{night['target']}`, {clock(night['started'])}{until} ({duration(night['seconds'])}).{why}",
    ]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [f"## {title}", "", *(found or ["Nothing."]), ""]


def _landed_line(task: dict[str, Any]) -> str:
    stat = f" ({task['diffstat']})" if task["diffstat"] else ""
    undone = f"; {task['undone']}" if task["undone"] else ""
    spent = cost(task["usd"], task["unpriced"])
    return f"- **{task['id']}** {task['title']}: `{task['commit'][:10]}`{stat}, {spent}{undone}"


def _waiting_line(task: dict[str, Any]) -> str:
    return f"- **{task['id']}** {task['title']}: {task['why']}. {task['do']}"


def _asked_line(question: dict[str, Any]) -> str:
    return f"- **{question['question']}** {question['text']} (`cockpit answer {question['question']} …`)"


def _decided_line(question: dict[str, Any]) -> str:
    return f"- **{question['question']}** {question['text']} Nobody answered in time; by default: {question['answer']}"


def _open_line(task: dict[str, Any]) -> str:
    why = f": {task['why']}" if task["why"] else ""
    return f"- **{task['id']}** {task['title']} ({task['state']}{why})"


def _money_lines(part: dict[str, Any]) -> list[str]:
    lines = [f"Spent {spent_text(part['spent_usd'], part['cap_usd'])}."]
    if part["by_role"]:
        lines.append("By role: " + ", ".join(_role(part, role) for role in part["by_role"]) + ".")
    if part["unpriced_models"]:
        lines.append("Not counted, because no price is known: " + ", ".join(part["unpriced_models"]) + ".")
    return lines


def _role(part: dict[str, Any], role: str) -> str:
    return f"{role} {cost(part['by_role'][role], role in part['unpriced_roles'])}"


def _next(report: dict[str, Any]) -> list[str]:
    lines = [f"- {task['do']}" for task in report["waiting_for_you"]]
    lines += [f"- Look at {t['id']}, then `cockpit task retry {t['id']}` or skip it." for t in report["failed"]]
    night = report["night"]
    if report["open"] and night and night["ended"]:
        lines.append("- `cockpit run` goes on with what is not done yet.")
    if not lines:
        lines = ["- Nothing waits for you."]
    return lines
