"""The report in words: Markdown that reads well as plain text, in 80 columns."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterable, Mapping
from typing import Any

from cockpit import savings
from cockpit.ideas import title
from cockpit.views import clock, cost, duration, money, spent_text

WIDTH = 80

CODE = " " * 8
"""Before a line that is shown as it is, such as what a gate printed."""

MOST_STEPS = 6
MOST_QUEUED = 12
"""More of them are counted."""

HELD_SPACE = "\x00"


def markdown(report: dict[str, Any]) -> str:
    """The report for people: what to do comes first, since somebody reads it half asleep."""
    lines = [*_head(report), ""]
    lines += _next(report)
    lines += _part("Waiting for you", (_waiting_lines(t) for t in report["waiting_for_you"]))
    if report["asked"]:
        lines += _section("Asked by agents", (_asked_line(q) for q in report["asked"]))
    lines += _part("Failed", (_failed_lines(t) for t in report["failed"]))
    lines += _part("Landed", (_landed_lines(t) for t in report["landed"]))
    if any(not task["undone"] for task in report["landed"]):
        lines[-1:] = ["", "`cockpit rollback TASK` undoes one, through the gates.", ""]
    if answered := [t for t in report["answered"] if not t["part_of"]]:
        lines += _part("Answered", (_answered_lines(t) for t in answered))
    lines += ["## Money", "", *(row for one in money_lines(report["money"]) for row in _wrapped(one)), ""]
    lines += _more(report)
    if report["decided_without_you"]:
        lines += _section("Decided without you", (_decided_line(q) for q in report["decided_without_you"]))
    if report["unexpected"]:
        lines += _section("What you may not expect", (f"- {_capital(one['text'])}" for one in report["unexpected"]))
    if report["held_up"]:
        lines += _section("Held up", (_held_up_line(held) for held in report["held_up"]))
    if report["kept"]:
        lines += _section("Kept aside", (_kept_line(one) for one in report["kept"]))
    if ideas := idea_lines(report["ideas"]):
        lines += _section("Ideas", ideas)
    return "\n".join(lines)


def _head(report: Mapping[str, Any]) -> list[str]:
    night = report["night"]
    lines = [f"# {heading(report)}", ""]
    if night:
        lines += [f"**{headline(report)}**", ""]
    return [*lines, *_wrapped(night_line(night) if night else "No night was started yet.")]


def headline(report: Mapping[str, Any]) -> str:
    """`5 landed, 2 wait for you, 1 failed; $3.20 of $10.00`."""
    waiting = len(report["waiting_for_you"]) + len(report["asked"])
    counts = [
        (len(report["landed"]), "landed"),
        (sum(not task["part_of"] for task in report["answered"]), "answered"),
        (waiting, "waits for you" if waiting == 1 else "wait for you"),
        (len(report["failed"]), "failed"),
        (len(report["open"]), "not done"),
    ]
    spent = spent_text(report["money"]["spent_usd"], report["money"]["cap_usd"])
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    about = " est." if report["money"]["estimate"] else ""
    unknown = " + unknown" if report["money"]["unpriced_models"] else ""
    return f"{said or 'nothing landed'}; {spent}{about}{unknown}"


def _next(report: Mapping[str, Any]) -> list[str]:
    """What to do, most valuable first; of many the first, since the parts below have the rest."""
    steps = [_step(step) for step in report["first"][:MOST_STEPS]]
    if (more := len(report["first"]) - len(steps)) > 0:
        steps.append(f"… and {more} more below")
    night = report["night"]
    steps += [f"{_capital(why)}; `cockpit resume --now` does not wait" for why in report["waits"]]
    stopped = any(not entry["id"] for entry in report["waiting_for_you"])
    if report["open"] and night and night["ended"] and not stopped:
        steps.append(f"`cockpit run` goes on with the {len(report['open'])} not done yet")
    if not steps:
        return ["## What next", "", "Nothing waits for you.", ""]
    return ["## What next", "", *(row for n, one in enumerate(steps, 1) for row in _wrapped(f"{n}. {one}", 3)), ""]


def _step(step: Mapping[str, str]) -> str:
    why = f" ({step['why']})" if step["why"] else ""
    ways = " or ".join(f"`{way}`" for way in (step["key"], step["command"]) if way)
    return f"{step['what']}{why}: {ways}"


def _part(title: str, entries: Iterable[list[str]]) -> list[str]:
    """A section whose entries have several lines: the first is its head, the others stand below it."""
    lines = [row for entry in entries for row in _entry(entry)]
    return [f"## {title}", "", *(lines or ["Nothing."]), ""]


def _entry(lines: list[str]) -> list[str]:
    head, *below = lines
    rows = _wrapped(f"- {head}", 2)
    for one in below:
        is_whole = not one or one.startswith(CODE)
        rows += [one] if is_whole else [f"  {row}" for row in _wrapped(f"- {one}", 2, WIDTH - 2)]
    return rows


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = [row for one in lines for row in _wrapped(one, 2)]
    return [f"## {title}", "", *(found or ["Nothing."]), ""]


def _wrapped(text: str, hang: int = 0, width: int = WIDTH) -> list[str]:
    """Rows of `text`; what stands in backquotes is never broken, so that it can be copied."""
    held = re.sub(r"`[^`]*`", lambda found: found[0].replace(" ", HELD_SPACE), " ".join(text.split()))
    rows = textwrap.wrap(held, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False)
    return [row.replace(HELD_SPACE, " ") for row in rows]


def _capital(text: str) -> str:
    """A sentence; a task's name stays as it is."""
    return text[:1].upper() + text[1:]


def _facts(task: Mapping[str, Any]) -> str:
    """`2 files, +14 -1; $0.02 est.`."""
    spent = cost(task["usd"], task["unpriced"], task["estimate"])
    return "; ".join(filter(None, (task["diffstat"], spent)))


def criteria_line(task: Mapping[str, Any]) -> str:
    """`2 of 3 criteria met, not: it is documented`."""
    found = task["criteria"]
    if not found:
        return ""
    missed = f", not: {'; '.join(found['not_met'])}" if found["not_met"] else ""
    return f"{found['met']} of {found['of']} criteria met{missed}"


def _landed_lines(task: Mapping[str, Any]) -> list[str]:
    said = [f"**{task['id']}** {task['title']}: `{task['commit'][:10]}` ({_facts(task)})"]
    marks = [criteria_line(task)]
    marks.append(f"flaky: {', '.join(task['flaky_gates'])}" if task["flaky_gates"] else "")
    marks.append(f"you let it through in spite of: {', '.join(task['let_through'])}" if task["let_through"] else "")
    marks.append(task["undone"])
    told = "; ".join(filter(None, marks))
    return [f"{said[0]}; {told}" if told else said[0]]


def _answered_lines(task: Mapping[str, Any]) -> list[str]:
    """What was asked, and the first line of the answer."""
    rows = [row for line in task["answer"].splitlines() if (row := line.strip("#*- "))]
    rows = rows[1:] if task["verdict"] else rows
    said = f"{task['verdict']}: " if task["verdict"] else ""
    head = f"**{task['id']}** {task['title']} ({_facts(task)})"
    return [head, f"{said}{rows[0][:200] if rows else ''}", f"`cockpit task show {task['id']}` has all of it"]


def _waiting_lines(entry: Mapping[str, Any]) -> list[str]:
    since = f"waits {duration(entry['seconds'])}"
    about = f"**{entry['id']}** {entry['title']}" if "usd" in entry else f"**{entry['title']}**"
    head = f"{about} ({'; '.join(filter(None, (_facts(entry) if 'usd' in entry else '', since)))})"
    checks = "; ".join(filter(None, (entry["green"], criteria_line(entry))))
    lines = [head, f"{_capital(entry['why']).rstrip('. ')}."]
    lines += [checks] if checks else []
    return [*lines, *_evidence(entry), _how(entry)]


def _failed_lines(task: Mapping[str, Any]) -> list[str]:
    head = f"**{task['id']}** {task['title']} ({_facts(task)})"
    where = [f"All of it: `{task['log']}`, `cockpit task show {task['id']}`"] if task["log"] else []
    return [head, f"{_capital(task['why']).rstrip('. ')}.", *_evidence(task), *where, _how(task)]


def _evidence(entry: Mapping[str, Any]) -> list[str]:
    """One line beside what it is of; more lines as they are, below it."""
    found: list[str] = []
    for piece in entry["evidence"]:
        head, lines = _capital(piece["what"]), piece["lines"]
        if len(lines) == 1 and not piece["what"].startswith("gate "):
            found.append(f"{head}: {lines[0]}")
        else:
            found += [f"{head}:", "", *(f"{CODE}{one}"[:WIDTH] for one in lines), ""]
    return found


def _how(entry: Mapping[str, Any]) -> str:
    """The commands that answer it, and the keys."""
    pressed = ", ".join(f"`{one['key']}` {one['does']}" for one in entry["keys"])
    return f"{entry['do'].rstrip('. ')}{f' (keys: {pressed})' if pressed else ''}"


def _more(report: Mapping[str, Any]) -> list[str]:
    """What is not done, and what the night would go on with."""
    found = report["with_more"]
    queued = {task["id"]: task for task in found["tasks"]}
    begun = [task for task in report["open"] if task["id"] not in queued]
    lines = _section("Not done yet", (_open_line(task) for task in begun)) if begun else []
    if not queued:
        return lines
    why = {task["id"]: task["why"] for task in report["open"]}
    rows = [_queued_line(task, why.get(task["id"], "")) for task in found["tasks"][:MOST_QUEUED]]
    if (more := len(queued) - len(rows)) > 0:
        rows.append(f"- … and {more} more: `cockpit task list --filter state:queued`")
    return [*lines, "## With more time or money", "", *_wrapped(more_line(report)), "", *_rows(rows), ""]


def more_line(report: Mapping[str, Any]) -> str:
    """What the night would go on with, and what that would need; an estimate."""
    found = report["with_more"]
    if not found["tasks"]:
        return ""
    count, agents = len(found["tasks"]), found["agents"]
    what = f"{count} task{'s are' if count != 1 else ' is'} not begun"
    known = [f"about {money(found['usd'])}" if found["usd"] is not None else ""]
    known.append(
        f"{duration(found['seconds'])} with {agents} agent{'s' if agents != 1 else ''}" if found["seconds"] else ""
    )
    told = " and ".join(filter(None, known))
    return f"{what}, in this order; {f'{told}, est.' if told else 'too little was done to say what they need.'}"


def _queued_line(task: Mapping[str, Any], why: str) -> str:
    spent = f" ({money(task['usd'])} est.)" if task["usd"] is not None else ""
    return f"- **{task['id']}** {task['title']}{spent}{f': {why}' if why else ''}"


def _rows(lines: Iterable[str]) -> list[str]:
    return [row for one in lines for row in _wrapped(one, 2)]


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
    saved = savings.in_words(part.get("savings"))
    return [*lines, *([f"Saved {saved}."] if saved else []), f"Today {today}, this month {month}."]


def _marks(part: Mapping[str, Any]) -> str:
    """What is to be said of a sum: that it is an estimate, and that the price of some is not known."""
    return (" (est.)" if part["estimate"] else "") + (" + unknown" if part["unpriced_models"] else "")


def _sums(part: Mapping[str, Any]) -> list[str]:
    lines = []
    if part["by_role"]:
        lines.append("By role: " + ", ".join(_role(part, role) for role in part["by_role"]) + ".")
    if len(part.get("by_model", ())) > 1:
        models = (f"{model} {cost(usd, model in part['unpriced_models'])}" for model, usd in part["by_model"].items())
        lines.append(f"By model: {', '.join(models)}.")
    if part["unpriced_models"]:
        lines.append("Not counted, because no price is known: " + ", ".join(part["unpriced_models"]) + ".")
    return lines


def _role(part: Mapping[str, Any], role: str) -> str:
    return f"{role} {cost(part['by_role'][role], role in part['unpriced_roles'])}"
