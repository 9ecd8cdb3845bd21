"""A plan as text: for the command line to print, and as the Markdown that `cockpit plan` reads, to be edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cockpit.minutes import in_words
from cockpit.policy.forecast_plan import Forecast
from cockpit.state import Plan, TaskDraft
from cockpit.text import plain
from cockpit.watching import Window
from cockpit.words import clock, money


def shown(plan: Plan, found: Forecast | None, waits: Window | None = None) -> list[str]:
    """All of a plan: what it is made of, each task, where it leads, and what to look at; `waits`: what it waits for."""
    if plan.is_asked:
        return [plain(waiting(waits)) if waits else f"the planner is at work on {', '.join(plan.files)}"]
    if plan.failed:
        return [f"there is no plan of {', '.join(plan.files)}: {plan.failed}"]
    lines = tasks(plan.drafts, found)
    lines += ["", *(where(found) if found else [])]
    lines.append(f"asking for it cost {money(plan.usd)}{' + unknown: its model has no price' if plan.unpriced else ''}")
    lines += [f"! {warning}" for warning in plan.warnings]
    lines += [f"  {note}" for note in plan.notes]
    return [plain(line) for line in lines]


def waiting(limit: Window) -> str:
    """Why the planner is not at work."""
    until = f"the planner waits until {clock(limit.until)}, when a limit of the model's service ends ({limit.why})"
    return f"{until}; `cockpit resume --now` asks at once"


def tasks(drafts: Sequence[TaskDraft], found: Forecast | None = None, *, sources: bool = False) -> list[str]:
    """Each task with what it waits for, its files and its criteria."""
    numbers = {draft.key: n for n, draft in enumerate(drafts, 1)}
    lines: list[str] = []
    for n, draft in enumerate(drafts, 1):
        facts = [draft.source] if sources else [str(draft.kind), draft.category, *_sized(draft, found)]
        lines.append(f"{n}. {draft.title}  [{', '.join(filter(None, facts))}]")
        if draft.depends_on:
            lines.append(f"   after: {after(draft, numbers)}")
        if draft.files:
            lines.append(f"   files: {', '.join(draft.files)}")
        lines += [f"   - {criterion}" for criterion in draft.criteria]
    return [plain(line) for line in lines]


def after(draft: TaskDraft, numbers: Mapping[str, int]) -> str:
    """What a draft waits for, by number, or by id where that is a task."""
    return ", ".join(str(numbers.get(key, key)) for key in draft.depends_on)


def _sized(draft: TaskDraft, found: Forecast | None) -> list[str]:
    if found is None:
        return []
    usd, minutes = found.by_task[draft.key]
    return [f"{money(usd)} est.", f"{in_words(minutes)} est."]


def where(found: Forecast, numbers: Mapping[str, int] | None = None) -> list[str]:
    """Where a plan leads, in two lines."""
    agents = f"{found.agents} agent{'s' if found.agents != 1 else ''}"
    keys = [str(numbers[key]) if numbers else key for key in found.path]
    path = " → ".join(keys) if len(keys) > 1 else "none, nothing waits for another"
    chain = f", {in_words(found.path_minutes)} est." if len(keys) > 1 else ""
    return [
        f"about {money(found.usd)} est. ({found.cost_from}), {in_words(found.minutes)} est. with {agents} "
        f"({found.time_from}), your yes not counted",
        f"critical path: {path}{chain}",
    ]
