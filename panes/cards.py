"""What the cards say: a task with everything that is known about it, and all the keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from cockpit import keys
from cockpit.git_facts import lost_text
from cockpit.pull_words import pull_text
from cockpit.state import GateResult, State, Task
from cockpit.text import plain
from cockpit.views import cost, duration, inbox, role_mark, route_text, undone_text
from panes.board import why_there
from panes.colours import MUTED, column, one_line
from panes.wrap import rows as wrapped

_ADDRESS = re.compile(r"https?://[!-~]+")


def task_card(state: State, task: Task, now: float) -> Content:
    """Everything that is known about a task; where it waits for a person, the evidence comes first."""
    wanted = [_wanted(task)]
    said = _answer(task) or _words(state, task)
    evidence = [*_losses(task), *_conflict(task), *_gates(task), *_review(task), *said, *_outputs(task)]
    waits = any(entry.task is not None and entry.task.id == task.id for entry in inbox(state))
    parts = [[_facts(state, task, now)], *((evidence, *wanted) if waits else (*wanted, evidence))]
    return Content("\n\n").join([block for blocks in parts for block in blocks])


def _wanted(task: Task) -> list[Content]:
    """What was asked for."""
    description = [Content(plain(task.description).strip())] if task.description.strip() else []
    criteria = [f"- {one_line(c)}" for c in task.criteria]
    return [*description, *([_block("Acceptance criteria", criteria)] if criteria else [])]


def _losses(task: Task) -> list[Content]:
    """What others landed and its merge would drop."""
    return [_block(f"It would drop {lost_text((one,))}", [f"- {one_line(s)}" for s in one.lines]) for one in task.lost]


def _conflict(task: Task) -> list[Content]:
    """Both sides of what does not merge."""
    if not task.conflict or task.conflict == task.reason:
        return []
    return [_block("The conflict, both sides", [plain(task.conflict).strip()])]


def _gates(task: Task) -> list[Content]:
    """What the gates found."""
    if not task.gates:
        return []
    return [_block("Gates", [_gate(gate) for gate in task.gates])]


def _gate(gate: GateResult) -> str:
    mark = "?" if gate.asks else "~" if gate.flaky else "✓" if gate.passed else "✗"
    note = f"  {one_line(gate.note)}" if gate.note else ""
    return f"{mark} {one_line(gate.name)}  {duration(gate.seconds)}{note}"


def _outputs(task: Task) -> list[Content]:
    """What the gates said that failed; last, because it is long."""
    return [_block(f"What {one_line(g.name)} said", [plain(g.output).strip()]) for g in task.gates if not g.passed]


def _review(task: Task) -> list[Content]:
    """The reviewer's side: the verdict, each criterion, each finding."""
    verdict = task.verdict
    if verdict is None:
        return []
    stale = "" if verdict.head == task.head else ", about an older commit"
    lines = [f"{'approve' if verdict.approve else 'rework'}{stale}: {one_line(verdict.summary)}"]
    for check in verdict.criteria:
        note = f" ({one_line(check.note)})" if check.note else ""
        lines.append(f"{'✓' if check.met else '✗'} {one_line(check.criterion)}{note}")
    for finding in verdict.findings:
        where = f"{one_line(finding.file)}:{finding.line}: " if finding.file else ""
        lines.append(f"{finding.severity}: {where}{one_line(finding.text)}")
    return [_block("What the reviewer says", lines)]


def _answer(task: Task) -> list[Content]:
    """What an exploration or a review wrote, whole."""
    return [_block("Answer", [plain(task.answer).strip()])] if task.answers and task.answer.strip() else []


def _words(state: State, task: Task) -> list[Content]:
    """The agent's side: its last words."""
    run = state.task_run(task)
    if run is None or not run.said.strip():
        return []
    return [_block(f"What agent-{run.agent} said last", [plain(run.said).strip()])]


def _facts(state: State, task: Task, now: float) -> Content:
    facts = [
        ("state", f"{state.seen_state(task)} for {duration(now - task.since)}"),
        ("why", one_line(task.stumble or task.reason) or why_there(state, task)),
        ("kind", f"{task.kind}, by the {task.works_as} ({role_mark(task.works_as)})"),
        ("route", one_line(route_text(state, task))),
        ("looks at", one_line(task.subject)),
        ("part of", task.part_of),
        ("from", one_line(state.github.link(task.issue) or task.source)),
        ("category", one_line(task.category)),
        ("urgency", str(task.priority) if task.priority else ""),
        ("for", f"only agent-{task.pinned}" if task.pinned else ""),
        ("after", ", ".join(task.depends_on)),
        ("files", one_line(", ".join(task.files))),
        ("branch", one_line(task.branch)),
        ("pull", one_line(pull_text(state, task))),
        ("cost", cost(task.usd, task.unpriced, task.estimated)),
        ("runs", f"{task.attempts} ({task.cycles} sent back by review)" if task.attempts else ""),
        ("change", one_line(task.diffstat)),
        ("landed", " · ".join(filter(None, (task.landed[:10], undone_text(state, task))))),
    ]
    lines = [Content.assemble((f"{name:<8}", MUTED), _linked(value)) for name, value in facts if value]
    return Content("\n").join(lines)


def _linked(text: str) -> Content:
    """The text, whose web address can be clicked in a terminal that knows links (OSC 8)."""
    found = _ADDRESS.search(text)
    return Content(text) if found is None else Content(text).stylize(Style(link=found[0]), *found.span())


def _block(title: str, lines: list[str]) -> Content:
    return Content("\n").join([Content.styled(title, "bold"), *map(Content, lines)])


def key_card(chosen: Mapping[str, str], width: int, view: str) -> Content:
    """All keys and what they do, those of `view` first; where there is room, the command that does the same."""
    here = [row for row in keys.TABLE if view in row.views]
    everywhere = [row for row in keys.TABLE if not row.views]
    elsewhere = [row for row in keys.TABLE if row.views and view not in row.views]
    parts = ((f"Here ({_TITLES.get(view, view)})", here), ("Everywhere", everywhere), ("In other views", elsewhere))
    blocks = [[Content.styled(title, "bold"), *_key_rows(chosen, rows, width)] for title, rows in parts if rows]
    return Content("\n\n").join(Content("\n").join(lines) for lines in blocks)


_TITLES = {keys.DESK: "merge desk", keys.AWAY: "while you were away"}


def _key_rows(chosen: Mapping[str, str], rows: Iterable[keys.Key], width: int) -> list[Content]:
    first = max(cell_len(keys.pretty(key)) for key in chosen.values()) + 2
    second = max(cell_len(row.help) for row in keys.TABLE) + 2
    has_room = width >= first + second + max(cell_len(row.twin) for row in keys.TABLE)
    lines: list[Content] = []
    for row in rows:
        key = (column(keys.pretty(chosen[row.action]), first), "bold $text-accent")
        if has_room:
            lines.append(Content.assemble(key, column(row.help, second), (row.twin, MUTED)))
        else:
            head, *more = wrapped(row.help, width - first)
            lines += [Content.assemble(key, head), *(Content(" " * first + line) for line in more)]
    return lines
