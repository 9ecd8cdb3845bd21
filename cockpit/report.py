"""The morning report: what landed, what waits for you, what failed and why, the money, what to do next.

Made from State alone, so it can be no better or worse than the ledger. It is about the night, or about the time
since a person was last there; the screen "while you were away" shows the same data, and neither view adds to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from cockpit import idea_numbers
from cockpit.asked import decided, in_a_line
from cockpit.days import day_start, month_start
from cockpit.git_facts import Kept
from cockpit.ideas import title
from cockpit.policy import spending
from cockpit.questions import Question, in_words
from cockpit.state import QUARTER_SECONDS, SETTLED, Account, Night, State, Task, TaskState
from cockpit.views import Waiting, clock, cost, duration, inbox, money, spent_text, undone_text, waits_for_you
from cockpit.waits import sentences

SCHEMA = 1


def build(state: State, now: float, since: float | None = None) -> dict[str, Any]:
    """The report as plain data, `schema` 1; `markdown` writes it out. `since` leaves out what was over before."""
    night = state.night
    begin = since if since is not None else night.started if night else 0.0
    found = {
        "schema": SCHEMA,
        "at": now,
        "since": since,
        "night": _night(night, now) if night else None,
        "landed": [_landed(state, t) for t in _in_order(state.in_state(TaskState.LANDED)) if t.landed_at >= begin],
        "answered": [_answered(t) for t in _settled(state, TaskState.ANSWERED, begin)],
        "waiting_for_you": [_waiting(entry, begin) for entry in inbox(state) if entry.question is None],
        "asked": [_question(question) for question in state.open_questions()],
        "decided_without_you": [_question(question) for question in decided(state)],
        "failed": [_task(t) | {"why": t.reason} for t in _settled(state, TaskState.FAILED, since)],
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
    }
    return found | {"next": _next(found)}


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
        "unpriced_models": sorted(state.unpriced),
        "unpriced_roles": _unpriced_roles(state.charges),
        "today": _sum(spending.since(state, day_start(now))),
        "month": _sum(spending.since(state, month_start(now))),
        "period": None if since is None else _period(state, since),
    }


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
    return _task(task) | {"commit": task.landed, "at": task.landed_at, "undone": undone_text(state, task)}


def _answered(task: Task) -> dict[str, Any]:
    verdict = None if task.verdict is None else "approve" if task.verdict.approve else "rework"
    return _task(task) | {"kind": str(task.kind), "verdict": verdict, "answer": task.answer, "part_of": task.part_of}


def _settled(state: State, kind: TaskState, since: float | None) -> list[Task]:
    return [t for t in state.in_state(kind) if since is None or t.since >= since]


def _waiting(entry: Waiting, begin: float) -> dict[str, Any]:
    facts = _task(entry.task) if entry.task else {"id": "", "title": entry.title}
    return facts | {"why": entry.why, "do": entry.do, "since": entry.since, "new": entry.since >= begin}


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


def markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [*_head(report), ""]
    lines += _section("Landed", (_landed_line(t) for t in report["landed"]))
    if answered := [t for t in report["answered"] if not t["part_of"]]:
        lines += _section("Answered", (_answered_line(t) for t in answered))
    lines += _section("Waiting for you", (_waiting_line(t) for t in report["waiting_for_you"]))
    if report["asked"]:
        lines += _section("Asked by agents", (_asked_line(q) for q in report["asked"]))
    if report["decided_without_you"]:
        lines += _section("Decided without you", (_decided_line(q) for q in report["decided_without_you"]))
    lines += _section("Failed", (f"- **{t['id']}** {t['title']}: {t['why']}" for t in report["failed"]))
    if report["open"]:
        lines += _section("Not done yet", (_open_line(t) for t in report["open"]))
    if report["held_up"]:
        lines += _section("Held up", (_held_up_line(held) for held in report["held_up"]))
    if report["kept"]:
        lines += _section("Kept aside", (_kept_line(one) for one in report["kept"]))
    if ideas := idea_lines(report["ideas"]):
        lines += _section("Ideas", ideas)
    lines += ["## Money", "", *money_lines(report["money"]), ""]
    lines += ["## What next", "", *(f"- {line}" for line in report["next"]), ""]
    return "\n".join(lines)


def _head(report: Mapping[str, Any]) -> list[str]:
    night = report["night"]
    return [f"# {heading(report)}", "", night_line(night) if night else "No night was started yet."]


def heading(report: Mapping[str, Any]) -> str:
    """What it is about: `The night of 2026-11-20`, or `Since 23:05 of 2026-11-20 (8h12m)`."""
    night, since = report["night"], report["since"]
    if since is not None:
        day = "" if _day(since) == _day(report["at"]) else f" of {_day(since)}"
        return f"Since {clock(since)}{day} ({duration(report['at'] - since)})"
    return f"The night of {_day(night['started'])}" if night else "Cockpit report"


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def night_line(night: Mapping[str, Any]) -> str:
    """`3 agents on main, 23:05 to 05:12 (6h07m). It ended: done.`"""
    until = f" to {clock(night['ended'])}" if night["ended"] else ", still going on"
    why = f" It ended: {night['why_it_ended']}." if night["why_it_ended"] else ""
    agents = f"{night['agents']} agent{'s' if night['agents'] != 1 else ''}"
    agents += "" if night["review"] else ", without review,"
    return f"{agents} on `{night['target']}`, {clock(night['started'])}{until} ({duration(night['seconds'])}).{why}"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [f"## {title}", "", *(found or ["Nothing."]), ""]


def _landed_line(task: dict[str, Any]) -> str:
    stat = f" ({task['diffstat']})" if task["diffstat"] else ""
    undone = f"; {task['undone']}" if task["undone"] else ""
    spent = cost(task["usd"], task["unpriced"], task["estimate"])
    said = f"; flaky: {', '.join(task['flaky_gates'])}" if task["flaky_gates"] else ""
    said += f"; you let it through in spite of: {', '.join(task['let_through'])}" if task["let_through"] else ""
    return f"- **{task['id']}** {task['title']}: `{task['commit'][:10]}`{stat}, {spent}{said}{undone}"


def _answered_line(task: dict[str, Any]) -> str:
    said = f"{task['verdict']}: " if task["verdict"] else ""
    first = next((line.strip("#*- ") for line in task["answer"].splitlines() if line.strip("#*- ")), "")
    first = first if not task["verdict"] else next(iter(task["answer"].splitlines()[1:2]), "").strip("#*- ")
    spent = cost(task["usd"], task["unpriced"], task["estimate"])
    whole = f"`cockpit task show {task['id']}` has all of it"
    return f"- **{task['id']}** {task['title']}: {said}{first[:200]} ({spent}; {whole})"


def _waiting_line(entry: dict[str, Any]) -> str:
    name = f"**{entry['id']}** " if entry["id"] else ""
    return f"- {name}{entry['title']}: {entry['why'].rstrip('. ')}. {entry['do']}"


def _asked_line(question: dict[str, Any]) -> str:
    return f"- **{question['question']}** {question['text']} (`cockpit answer {question['question']} …`)"


def _decided_line(question: dict[str, Any]) -> str:
    return f"- **{question['question']}** {question['text']} Nobody answered in time; by default: {question['answer']}"


def _kept_line(kept: dict[str, Any]) -> str:
    about = f" of {kept['task']}" if kept["task"] else ""
    return f"- `{kept['ref']}`{about}; `cockpit clean --list` says how to get it back"


def idea_lines(part: Mapping[str, Any]) -> list[str]:
    """What came up and what became of it, and why there was no more."""
    lines = [f"- {_idea_line(one)}" for one in part["proposed"]]
    return [*lines, f"- No more were asked for: {part['rests']}"] if part["rests"] else lines


def _idea_line(one: Mapping[str, Any]) -> str:
    name = f"**{one['task']}** " if one["task"] else ""
    outcome = "landed" if one["landed"] else one["outcome"]
    why = f": {one['why']}" if one["why"] and not one["task"] else ""
    return f"{name}{one['title'] or 'no proposal'} ({title(one['category'])}): {outcome}{why}"


def _open_line(task: dict[str, Any]) -> str:
    why = f": {task['why']}" if task["why"] else ""
    return f"- **{task['id']}** {task['title']} ({task['state']}{why})"


def _held_up_line(held: Mapping[str, Any]) -> str:
    span = f"{clock(held['since'])} to {clock(held['until'])} ({duration(held['until'] - held['since'])})"
    return f"- {span}: {held['reason']}. Nothing new was begun meanwhile"


def money_lines(part: Mapping[str, Any]) -> list[str]:
    """The same words for the report and for the screen."""
    lines = []
    if (period := part["period"]) is not None:
        lines.append(f"Spent {money(period['spent_usd'])}{_marks(period)} since {clock(period['since'])}.")
        lines += _sums(period)
        lines.append(f"The night: {spent_text(part['spent_usd'], part['cap_usd'])}{_marks(part)}.")
    else:
        lines.append(f"Spent {spent_text(part['spent_usd'], part['cap_usd'])}{_marks(part)}.")
        lines += _sums(part)
    today, month = (f"{money(part[span]['spent_usd'])}{_marks(part[span])}" for span in ("today", "month"))
    return [*lines, f"Today {today}, this month {month}."]


def _marks(part: Mapping[str, Any]) -> str:
    """What is to be said of a sum: that it is an estimate, and that the price of some is not known."""
    return (" (est.)" if part["estimate"] else "") + (" + unknown" if part["unpriced_models"] else "")


def _sums(part: Mapping[str, Any]) -> list[str]:
    lines = []
    if part["by_role"]:
        lines.append("By role: " + ", ".join(_role(part, role) for role in part["by_role"]) + ".")
    if part["unpriced_models"]:
        lines.append("Not counted, because no price is known: " + ", ".join(part["unpriced_models"]) + ".")
    return lines


def _role(part: Mapping[str, Any], role: str) -> str:
    return f"{role} {cost(part['by_role'][role], role in part['unpriced_roles'])}"


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
