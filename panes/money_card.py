"""The money card: where the night's money goes, by agent, role, model and task, today and this month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from textual.content import Content

from cockpit.money_words import facts, row_name
from cockpit.views import money
from panes.colours import MUTED, column, one_line

SPANS = ("night", "today", "month")

CELLS = 10
"""Of one column of money."""

MAX_TASKS = 12
"""Tasks that are shown, the most expensive first; `cockpit metrics` has all."""


def money_card(found: Mapping[str, Any], titles: Mapping[str, str], width: int) -> Content:
    """What `metrics.money` found; `titles` are the tasks' by id."""
    blocks = [_facts(found)]
    name_cells = max(12, width - len(SPANS) * CELLS)
    for group, title in (("by_agent", "By agent"), ("by_role", "By role"), ("by_model", "By model")):
        if found[group]:
            blocks.append(_table(title, found[group].items(), SPANS, name_cells))
    if rows := _tasks(found["by_task"], titles):
        blocks.append(_table("By task, this night", rows, ("night",), max(12, width - CELLS)))
    return Content("\n\n").join(blocks)


def _facts(found: Mapping[str, Any]) -> Content:
    lines = [Content.assemble((f"{name:<10}", MUTED), one_line(value)) for name, value in facts(found)]
    return Content("\n").join(lines)


def _table(title: str, rows: Iterable[tuple[str, Mapping[str, Any]]], spans: tuple[str, ...], cells: int) -> Content:
    heads = "" if len(spans) == 1 else "".join(column(span, CELLS, right=True) for span in spans)
    lines = [Content.assemble((column(title, cells), "bold"), (heads, MUTED))]
    for name, row in rows:
        name, note = row_name(one_line(name), row)
        label = column(f"{column(name, cells - 2 - len(note)).rstrip()}{note}", cells - 2)
        sums = "".join(column(money(row[span]) if row[span] else "–", CELLS, right=True) for span in spans)
        lines.append(Content(f"  {label}{sums}"))
    return Content("\n").join(lines)


def _tasks(by_task: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]) -> list[tuple[str, Mapping[str, Any]]]:
    rows = [(f"{name} {titles.get(name, '')}".rstrip(), row) for name, row in by_task.items()]
    if len(rows) <= MAX_TASKS:
        return rows
    kept, rest = rows[: MAX_TASKS - 1], rows[MAX_TASKS - 1 :]
    more = {
        "night": sum(row["night"] for _, row in rest),
        "estimate": any(row["estimate"] for _, row in rest),
        "unknown": any(row["unknown"] for _, row in rest),
    }
    return [*kept, (f"{len(rest)} more: `cockpit metrics` has them", more)]
