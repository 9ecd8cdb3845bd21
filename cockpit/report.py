"""The morning report: what landed, what waits for you, what failed and why, the money, what to do next.

Made from State alone, so it can be no better or worse than the ledger. It is about the night, or about the time
since a person was last there; the screen "while you were away" shows the same data, and neither view adds to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cockpit import idea_numbers, keys, savings
from cockpit.asked import decided, in_a_line
from cockpit.days import day_start, month_start
from cockpit.git_facts import Kept
from cockpit.policy import spending
from cockpit.questions import Question, in_words
from cockpit.report_more import criteria, evidence, first, green, hints, log, retry_hints, unexpected, with_more
from cockpit.report_text import criteria_line as criteria_line
from cockpit.report_text import heading as heading
from cockpit.report_text import headline as headline
from cockpit.report_text import idea_lines as idea_lines
from cockpit.report_text import markdown as markdown
from cockpit.report_text import money_lines as money_lines
from cockpit.report_text import more_line as more_line
from cockpit.report_text import night_line as night_line
from cockpit.state import QUARTER_SECONDS, SETTLED, Account, Night, State, Task, TaskState
from cockpit.views import Waiting, inbox, undone_text, waits_for_you
from cockpit.waits import sentences

SCHEMA = 1


def build(
    state: State, now: float, since: float | None = None, chosen: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The report as plain data, `schema` 1; `markdown` writes it out. `since` leaves out what was over before.

    `chosen` is the key of every action, where it is not as the table has it.
    """
    by_action = chosen or keys.bindings()
    night = state.night
    begin = since if since is not None else night.started if night else 0.0
    found = {
        "schema": SCHEMA,
        "at": now,
        "since": since,
        "night": _night(night, now) if night else None,
        "landed": [_landed(state, t) for t in _in_order(state.in_state(TaskState.LANDED)) if t.landed_at >= begin],
        "answered": [_answered(t) for t in _settled(state, TaskState.ANSWERED, begin)],
        "waiting_for_you": [
            _waiting(state, entry, now, begin, by_action) for entry in inbox(state) if not entry.question
        ],
        "asked": [_question(question) for question in state.open_questions()],
        "decided_without_you": [_question(question) for question in decided(state)],
        "failed": [_failed(state, t, by_action) for t in _settled(state, TaskState.FAILED, since)],
        "open": [_task(t) | {"state": str(state.seen_state(t)), "why": _why(state, t)} for t in _open(state)],
        "skipped": [_task(t) for t in _settled(state, TaskState.SKIPPED, since)],
        "held_up": [
            {"reason": held.reason, "since": held.since, "until": held.since + held.seconds}
            for held in state.held_up
            if held.since + held.seconds >= begin
        ],
        "kept": [_kept(state, one) for one in state.git.kept if one.at >= begin],
        "waits": sentences(state),
        "ideas": {"proposed": idea_numbers.tonight(state, begin), "rests": state.ideas.rests},
        "money": _money(state, now, since),
        "with_more": with_more(state),
        "unexpected": unexpected(state, begin),
    }
    found["first"] = _first(state, by_action, since)
    return found | {"next": _next(found)}


def _first(state: State, chosen: Mapping[str, str], since: float | None) -> list[dict[str, Any]]:
    """What to do, most valuable first, each with its key and its command."""
    failed = _settled(state, TaskState.FAILED, since)
    return [
        {name: step[name] for name in ("task", "what", "why", "command")}
        | {"key": keys.pretty(chosen[step["action"]]) if step["action"] else ""}
        for step in first(state, inbox(state), failed)
    ]


def happened(report: Mapping[str, Any]) -> str:
    """`2 landed, 1 failed, 3 wait for you`: what a person has missed since; empty where it is nothing."""
    since, night = report["since"] or 0.0, report["night"]
    counts = [(len(report[part]), part) for part in ("landed", "answered", "failed", "skipped")]
    news = [f"{count} {part}" for count, part in counts if count]
    if waiting := sum(entry["new"] for entry in report["waiting_for_you"]) + len(report["asked"]):
        news.append(f"{waiting} {'waits' if waiting == 1 else 'wait'} for you")
    if night and (night["ended"] or 0.0) > since:
        news.append(f"the night ended ({night['why_it_ended']})")
    return ", ".join(news)


def _money(state: State, now: float, since: float | None) -> dict[str, Any]:
    return {
        "spent_usd": round(state.spent_usd, 6),
        "cap_usd": state.night.cap_usd if state.night else None,
        "estimate": spending.is_estimate(state.charges),
        "by_role": {role: round(usd, 6) for role, usd in sorted(state.by_role.items())},
        "by_model": _by_model(state.charges),
        "unpriced_models": sorted(state.unpriced),
        "unpriced_roles": _unpriced_roles(state.charges),
        "today": _sum(spending.since(state, day_start(now))),
        "month": _sum(spending.since(state, month_start(now))),
        "savings": savings.build(state),
        "period": None if since is None else _period(state, since),
    }


def _by_model(charges: Mapping[Account, float]) -> dict[str, float]:
    found = spending.sums(charges, lambda account: account.model or "a model without a name")
    return {model: round(usd, 6) for model, usd in sorted(found.items())}


def _kept(state: State, kept: Kept) -> dict[str, Any]:
    run = state.runs.get(kept.run)
    return {"ref": kept.ref, "run": kept.run, "task": run.task if run else "", "at": kept.at}


def _sum(charges: Mapping[Account, float]) -> dict[str, Any]:
    return {
        "spent_usd": round(sum(charges.values()), 6),
        "estimate": spending.is_estimate(charges),
        "unpriced_models": spending.unknown_models(charges),
    }


def _unpriced_roles(charges: Mapping[Account, float]) -> list[str]:
    return sorted({account.role for account in charges if account.source == "unknown"})


def _period(state: State, since: float) -> dict[str, Any]:
    """The money since then. The book is kept by quarters of an hour, so it says from when on it really counts."""
    begin = since // QUARTER_SECONDS * QUARTER_SECONDS
    charges = spending.since(state, begin)
    return {
        "since": begin,
        **_sum(charges),
        "by_role": {role: round(usd, 6) for role, usd in sorted(spending.sums(charges, lambda a: a.role).items())},
        "unpriced_roles": _unpriced_roles(charges),
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
        "review": night.review,
    }


def _in_order(tasks: Iterable[Task]) -> list[Task]:
    """As they landed."""
    return sorted(tasks, key=lambda t: t.landed_at)


def _landed(state: State, task: Task) -> dict[str, Any]:
    return _task(task) | {
        "commit": task.landed,
        "at": task.landed_at,
        "undone": undone_text(state, task),
        "criteria": criteria(task),
        "approved_by": task.approved_by,
        "rollback": f"cockpit rollback {task.id}",
    }


def _failed(state: State, task: Task, chosen: Mapping[str, str]) -> dict[str, Any]:
    return _task(task) | {
        "why": task.reason,
        "do": f"`cockpit task retry {task.id}`, or `cockpit task skip {task.id}`",
        "keys": retry_hints(task, chosen),
        "evidence": evidence(state, task),
        "log": log(task),
    }


def _answered(task: Task) -> dict[str, Any]:
    verdict = None if task.verdict is None else "approve" if task.verdict.approve else "rework"
    return _task(task) | {"kind": str(task.kind), "verdict": verdict, "answer": task.answer, "part_of": task.part_of}


def _settled(state: State, kind: TaskState, since: float | None) -> list[Task]:
    return [t for t in state.in_state(kind) if since is None or t.since >= since]


def _waiting(state: State, entry: Waiting, now: float, begin: float, chosen: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = _task(entry.task) if entry.task else {"id": "", "title": entry.title}
    facts |= {"why": entry.why, "do": entry.do, "since": entry.since, "new": entry.since >= begin}
    waited = {"seconds": round(max(0.0, now - entry.since), 1)}
    task = entry.task
    return (
        facts
        | waited
        | {
            "keys": hints(entry, chosen),
            "green": green(task) if task else "",
            "criteria": criteria(task) if task else None,
            "evidence": evidence(state, task) if task else [],
            "log": log(task) if task else "",
        }
    )


_OPEN = tuple(s for s in TaskState if s not in SETTLED | {TaskState.READY, TaskState.ESCALATED})


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
        "estimate": task.estimated,
        "cycles": task.cycles,
        "flaky_gates": list(task.flaky),
        "let_through": [name for name in task.let_through if name not in task.flaky],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "question": question.id,
        "agent": question.asker,
        "text": in_a_line(question),
        "answer": in_words(question) if question.settled else None,
    }


def _next(report: Mapping[str, Any]) -> list[str]:
    """What a person can do about it now, a command each."""
    lines = [entry["do"] for entry in report["waiting_for_you"]]
    lines += [f"`cockpit answer {q['question']} …` answers {q['agent']}." for q in report["asked"]]
    lines += [f"Look at {t['id']}, then `cockpit task retry {t['id']}` or skip it." for t in report["failed"]]
    night = report["night"]
    lines += [f"{why[0].upper()}{why[1:]}; `cockpit resume --now` does not wait." for why in report["waits"]]
    if report["open"] and night and night["ended"] and not any(not e["id"] for e in report["waiting_for_you"]):
        lines.append("`cockpit run` goes on with what is not done yet.")
    return lines or ["Nothing waits for you."]
