"""What the cards say: a task with everything that is known about it, and all the keys."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content

from cockpit import keys
from cockpit.state import State, Task
from cockpit.text import plain
from cockpit.views import duration, money, undone_text
from panes.board import why_there
from panes.colours import MUTED, column, one_line
from panes.wrap import rows as wrapped


def task_card(state: State, task: Task, now: float) -> Content:
    """Everything that is known about a task."""
    parts = [_facts(state, task, now)]
    if task.description.strip():
        parts.append(Content(plain(task.description).strip()))
    if task.criteria:
        parts.append(_block("Acceptance criteria", [f"- {one_line(c)}" for c in task.criteria]))
    if task.gates:
        marks = [f"{'✓' if g.passed else '✗'} {one_line(g.name)}  {duration(g.seconds)}" for g in task.gates]
        parts.append(_block("Gates", marks))
        parts += [
            _block(f"What {one_line(g.name)} said", [plain(g.output).strip()]) for g in task.gates if not g.passed
        ]
    if task.verdict:
        said = "approve" if task.verdict.approve else "rework"
        notes = [f"{f.severity}: {one_line(f.text)}" for f in task.verdict.findings]
        parts.append(_block("Review", [f"{said}: {one_line(task.verdict.summary)}", *notes]))
    return Content("\n\n").join(parts)


def _facts(state: State, task: Task, now: float) -> Content:
    facts = [
        ("state", f"{state.seen_state(task)} for {duration(now - task.since)}"),
        ("why", one_line(task.reason) or why_there(state, task)),
        ("kind", str(task.kind)),
        ("from", one_line(task.source)),
        ("after", ", ".join(task.depends_on)),
        ("branch", one_line(task.branch)),
        ("cost", money(task.usd)),
        ("runs", f"{task.attempts} ({task.cycles} sent back by review)" if task.attempts else ""),
        ("change", one_line(task.diffstat)),
        ("landed", " · ".join(filter(None, (task.landed[:10], undone_text(state, task))))),
    ]
    lines = [Content.assemble((f"{name:<8}", MUTED), value) for name, value in facts if value]
    return Content("\n").join(lines)


def _block(title: str, lines: list[str]) -> Content:
    return Content("\n").join([Content.styled(title, "bold"), *map(Content, lines)])


def key_card(chosen: Mapping[str, str], width: int) -> Content:
    """All keys and what they do; where there is room, the command that does the same."""
    first = max(cell_len(keys.pretty(key)) for key in chosen.values()) + 2
    second = max(cell_len(row.help) for row in keys.TABLE) + 2
    has_room = width >= first + second + max(cell_len(row.twin) for row in keys.TABLE)
    lines: list[Content] = []
    for row in keys.TABLE:
        key = (column(keys.pretty(chosen[row.action]), first), "bold $text-accent")
        if has_room:
            lines.append(Content.assemble(key, column(row.help, second), (row.twin, MUTED)))
        else:
            head, *more = wrapped(row.help, width - first)
            lines += [Content.assemble(key, head), *(Content(" " * first + line) for line in more)]
    return Content("\n").join(lines)
