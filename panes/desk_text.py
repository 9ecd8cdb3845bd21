"""What the merge desk says about a task: its header, its gates, its verdict, its changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from cockpit.state import Finding, GateResult, Severity, State, Task, TaskState, Verdict
from cockpit.text import plain
from cockpit.views import duration, money
from panes.colours import SYMBOLS, one_line
from panes.diff_model import Diff
from panes.paragraphs import Paragraph, Tone, block, bounded, more

OUTPUT_LINES = 60
"""Of a failed gate's output, the last lines: that is where it says what failed."""
REASON_LINES = 12

_ORDER = (TaskState.READY, TaskState.ESCALATED, TaskState.MERGING, TaskState.REWORK)
_FINDINGS = {
    Severity.BLOCKING: (Tone.ERROR, "  ✗ "),
    Severity.MINOR: (Tone.WARNING, "  ! "),
    Severity.NOTE: (Tone.NOTE, "  · "),
}


def at_desk(state: State) -> list[Task]:
    """The tasks whose work is to be judged or has just been: what waits for a person first, then oldest first."""
    found = [task for task in state.tasks.values() if _is_at_desk(task)]
    return sorted(found, key=lambda t: (_ORDER.index(t.state), t.since))


def _is_at_desk(task: Task) -> bool:
    match task.state:
        case TaskState.READY | TaskState.MERGING:
            return True
        case TaskState.ESCALATED:
            return bool(task.head)
        case TaskState.REWORK:
            return task.pending_by == "you" and bool(task.head)
    return False


def commits(task: Task) -> tuple[str, str]:
    """What to compare: what would land with the target it lands on, or the branch with where it began."""
    if task.merged and task.gated_head == task.head:
        return task.target_commit, task.merged
    return task.base, task.head


def header(task: Task) -> Content:
    """Two lines: what it is and where it stands; who did it, on which branch, how much, for how much."""
    symbol, style = SYMBOLS[task.state]
    first = [(symbol, style), (f" {task.id} {one_line(task.title)}", "bold"), (f"  {task.state}", style)]
    facts = [
        f"agent-{task.agent}" if task.agent is not None else "",
        one_line(task.branch),
        one_line(task.diffstat),
        money(task.usd) if task.usd else "",
        f"{task.cycles} review cycle{'s' if task.cycles != 1 else ''}" if task.cycles else "",
        f"approved by {task.approved_by}" if task.approved_head and task.approved_head == task.head else "",
    ]
    return Content.assemble(*first, "\n", (" · ".join(fact for fact in facts if fact), "$text-muted"))


def evidence(task: Task, diff: Diff | None, trouble: str = "") -> list[Paragraph]:
    """Everything that stands before the diff itself."""
    return [*_why(task), *_gates(task), *_review(task), *_criteria(task), *_changes(diff, trouble)]


def _heading(text: str) -> Paragraph:
    return Paragraph(Tone.TOOL, "", text)


_GAP = Paragraph(Tone.TEXT, "", "")


def _why(task: Task) -> Iterator[Paragraph]:
    """Why it is here, where that is not plain."""
    before = len(task.reason) + len(task.stumble) + len(task.pending)
    if task.reason:
        yield from block(Tone.WARNING, "▲ ", task.reason, REASON_LINES)
    if task.stumble:
        yield from block(Tone.ERROR, "✗ ", task.stumble, REASON_LINES)
    if task.pending:
        yield from block(Tone.TOLD, "» ", f"{task.pending_by}: {task.pending}", REASON_LINES)
    if before:
        yield _GAP


def _gates(task: Task) -> Iterator[Paragraph]:
    yield _heading("Gates")
    if not task.gates:
        yield Paragraph(Tone.NOTE, "  … ", "conflicts with the target" if task.is_conflicted else "none has run yet")
    elif task.gated_head != task.head:
        yield Paragraph(Tone.WARNING, "  ! ", "these checked an older commit of the branch")
    for gate in task.gates:
        yield from _gate(gate)
    yield _GAP


def _gate(gate: GateResult) -> Iterator[Paragraph]:
    tone, mark = (Tone.GOOD, "  ✓ ") if gate.passed else (Tone.ERROR, "  ✗ ")
    yield Paragraph(tone, mark, f"{one_line(gate.name)}  {_seconds(gate.seconds)}")
    if not gate.passed:
        lines = plain(gate.output).strip("\n").split("\n") if gate.output.strip() else ["it printed nothing"]
        yield from more(len(lines) - OUTPUT_LINES, "    │ ")
        for line in lines[-OUTPUT_LINES:]:
            yield Paragraph(Tone.DETAIL, "    │ ", bounded(line))


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)


def _review(task: Task) -> Iterator[Paragraph]:
    yield _heading("Review")
    verdict = task.verdict
    if verdict is None:
        yield Paragraph(Tone.NOTE, "  … ", "nobody has reviewed it")
    else:
        if task.current_verdict is None:
            yield Paragraph(Tone.WARNING, "  ! ", "this is about an older commit of the branch")
        yield from _verdict(verdict)
    yield _GAP


def _verdict(verdict: Verdict) -> Iterator[Paragraph]:
    tone, mark, word = (Tone.GOOD, "  ✓ ", "approve") if verdict.approve else (Tone.ERROR, "  ✗ ", "rework")
    yield from block(tone, mark, f"{word}: {verdict.summary}", REASON_LINES)
    for check in verdict.criteria:
        tone, mark = (Tone.GOOD, "    ✓ ") if check.met else (Tone.ERROR, "    ✗ ")
        note = f" ({one_line(check.note)})" if check.note else ""
        yield Paragraph(tone, mark, one_line(check.criterion) + note)
    for finding in verdict.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> list[Paragraph]:
    tone, mark = _FINDINGS[finding.severity]
    place = f" {one_line(finding.file)}{f':{finding.line}' if finding.line else ''}" if finding.file else ""
    return block(tone, "  " + mark, f"{finding.severity}{place}: {finding.text}", REASON_LINES)


def _criteria(task: Task) -> Iterator[Paragraph]:
    """What it should do, where no reviewer has gone through it yet."""
    if not task.criteria or (task.verdict is not None and task.verdict.criteria):
        return
    yield _heading("Should")
    for criterion in task.criteria:
        yield Paragraph(Tone.TEXT, "  · ", one_line(criterion))
    yield _GAP


def _changes(diff: Diff | None, trouble: str) -> Iterator[Paragraph]:
    yield _heading("Changes")
    if trouble:
        yield from block(Tone.ERROR, "  ✗ ", trouble, REASON_LINES)
        yield Paragraph(Tone.NOTE, "    ", "enter in the list asks for it again")
    elif diff is None:
        yield Paragraph(Tone.NOTE, "  … ", "reading the diff")
    elif diff.is_plain and diff.rows:
        yield Paragraph(Tone.WARNING, "  ! ", "this could not be read as a diff; here it is as it came")
    elif not diff.rows:
        yield Paragraph(Tone.NOTE, "  · ", "none: the branch changes nothing")
    else:
        added, removed = diff.counts
        files = len(diff.files)
        yield Paragraph(Tone.TEXT, "  ", f"{files} file{'s' if files != 1 else ''}, +{added} -{removed}")
