"""What the merge desk says about a task: its header, its gates, its verdict, its changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from textual.content import Content

from cockpit.git_facts import lost_text
from cockpit.policy.forecast import in_order
from cockpit.reading import Draft
from cockpit.state import Finding, GateResult, Severity, State, Task, TaskState, Verdict
from cockpit.text import plain
from cockpit.views import clock, cost, duration
from panes.colours import SYMBOLS, one_line
from panes.diff_model import Diff
from panes.paragraphs import Paragraph, Tone, block, bounded, more

CLOSED, END, WHOLE = range(3)
"""How much of a gate's output shows: nothing, its last lines, all that was kept."""

OUTPUT_LINES = 40
"""Of a failed gate's output, the last lines: that is where it says what failed."""
REASON_LINES = 12
CONFLICT_LINES = 80
SHORT_NOTE = 60
"""A reviewer's note of so many characters stands beside its criterion; a longer one stands under it."""
LANDED_SHOWN = 8

_ORDER = (TaskState.READY, TaskState.ESCALATED, TaskState.MERGING, TaskState.REWORK)
_FINDINGS = {
    Severity.BLOCKING: (Tone.ERROR, "  ✗ "),
    Severity.MINOR: (Tone.WARNING, "  ! "),
    Severity.NOTE: (Tone.NOTE, "  · "),
}


@dataclass(frozen=True, slots=True)
class Aside:
    """What else is known where the evidence is shown."""

    levels: Mapping[int, int] = field(default_factory=dict)
    """How much of a gate's output somebody wants to see, by the gate's number."""
    viewed: int = 0
    """Files."""
    comments: int = 0
    """Not sent yet."""
    homeless: tuple[Draft, ...] = ()
    """Those of them whose file is not in the diff any more."""
    undone: str = ""
    """What became of it after it landed."""
    clashes: str = ""
    """The conflicts with other branches that are forecast."""
    pull: str = ""
    """Its pull request."""
    has_review: bool = True
    """The night has a reviewer."""


class Evidence(NamedTuple):
    """Everything that stands before the diff."""

    paragraphs: list[Paragraph]
    handles: dict[int, str]
    """The paragraphs that can be opened: `gate N`, or `at LINE FILE`."""


Said = Paragraph | tuple[Paragraph, str]
"""A paragraph, with its handle where it has one."""


def at_desk(state: State) -> list[Task]:
    """The tasks whose work is to be judged or has just been: what waits for a person first.

    What is ready stands in the order in which merging troubles the others least, the rest oldest first.
    """
    found = [task for task in state.tasks.values() if _is_at_desk(task)]
    found.sort(key=lambda t: (_ORDER.index(t.state), t.since))
    ready = [task for task in found if task.state is TaskState.READY]
    return [*in_order(state, ready), *(task for task in found if task.state is not TaskState.READY)]


def landed_lately(state: State) -> list[Task]:
    """What landed last, the newest first."""
    landed = state.in_state(TaskState.LANDED)
    return sorted(landed, key=lambda t: -t.landed_at)[:LANDED_SHOWN]


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


def header(task: Task, comments: int = 0) -> Content:
    """Two lines: what it is and where it stands; who did it, on which branch, how much, for how much."""
    symbol, style = SYMBOLS[task.state]
    first = [(symbol, style), (f" {task.id} {one_line(task.title)}", "bold"), (f"  {task.state}", style)]
    facts = [
        f"✎ {comments} comment{'s' if comments != 1 else ''} not sent" if comments else "",
        f"agent-{task.agent}" if task.agent is not None else "",
        one_line(task.branch),
        one_line(task.diffstat),
        cost(task.usd, task.unpriced, task.estimated) if task.usd or task.unpriced else "",
        f"{task.cycles} review cycle{'s' if task.cycles != 1 else ''}" if task.cycles else "",
        f"approved by {task.approved_by}" if task.approved_head and task.approved_head == task.head else "",
    ]
    return Content.assemble(*first, "\n", (" · ".join(fact for fact in facts if fact), "$text-muted"))


def evidence(task: Task, diff: Diff | None, trouble: str = "", aside: Aside | None = None) -> Evidence:
    """Everything that stands before the diff itself."""
    about = aside or Aside()
    paragraphs: list[Paragraph] = []
    handles: dict[int, str] = {}
    for part in (
        _why(task, about),
        _gates(task, about.levels),
        _review(task, about),
        _criteria(task),
        _homeless(about),
        _changes(diff, trouble, about),
    ):
        for said in part:
            paragraph, handle = said if isinstance(said[0], Paragraph) else (said, "")
            if handle:
                handles[len(paragraphs)] = handle
            paragraphs.append(paragraph)
    return Evidence(paragraphs, handles)


def level(gate: GateResult, number: int, levels: Mapping[int, int]) -> int:
    """How much of a gate's output shows; a failed one is open by itself."""
    return levels.get(number, CLOSED if gate.passed else END)


def next_level(gate: GateResult, number: int, levels: Mapping[int, int]) -> int:
    """What enter makes of it: more of it, until all is there, and then none."""
    now, lines = level(gate, number, levels), len(_output(gate))
    if now == WHOLE or (now == END and lines <= OUTPUT_LINES):
        return CLOSED
    return WHOLE


def _heading(text: str) -> Paragraph:
    return Paragraph(Tone.TOOL, "", text)


_GAP = Paragraph(Tone.TEXT, "", "")


def _why(task: Task, about: Aside) -> Iterator[Said]:
    """Why it is here, where that is not plain."""
    said: list[Paragraph] = []
    if task.state is TaskState.LANDED:
        on = f" on {one_line(task.landed_on)}" if task.landed_on else ""
        at = f" at {clock(task.landed_at)}" if task.landed_at else ""
        said.append(Paragraph(Tone.GOOD, "✓ ", f"landed{on} as {task.landed[:10]}{at}"))
    if about.pull:
        said += block(Tone.NOTE, "⇄ ", f"pull request {about.pull}", REASON_LINES)
    if about.undone:
        said += block(Tone.WARNING, "↶ ", about.undone, REASON_LINES)
    if about.clashes:
        said += block(Tone.WARNING, "≠ ", f"conflicts are forecast: with {about.clashes}", REASON_LINES)
    for one in task.lost:
        said += block(Tone.ERROR, "! ", f"it would drop {lost_text((one,))}:", REASON_LINES)
        said += [Paragraph(Tone.DETAIL, "    - ", bounded(plain(line))) for line in one.lines]
    if task.reason:
        said += block(Tone.WARNING, "▲ ", task.reason, REASON_LINES)
    if task.conflict and task.conflict != task.reason and task.state is not TaskState.REWORK:
        said += block(Tone.DETAIL, "│ ", task.conflict, CONFLICT_LINES)
    if task.stumble:
        said += block(Tone.ERROR, "✗ ", task.stumble, REASON_LINES)
    if task.pending:
        said += block(Tone.TOLD, "» ", f"{task.pending_by}: {task.pending}", REASON_LINES)
    if said:
        yield from (*said, _GAP)


def _gates(task: Task, levels: Mapping[int, int]) -> Iterator[Said]:
    yield _heading("Gates")
    if not task.gates:
        yield Paragraph(Tone.NOTE, "  … ", "conflicts with the target" if task.is_conflicted else "none has run yet")
    elif task.gated_head != task.head:
        yield Paragraph(Tone.WARNING, "  ! ", "these checked an older commit of the branch")
    if quiet := [gate for gate in task.gates if _is_quiet(gate)]:
        names = (f"{one_line(g.name)}{f' {_seconds(g.seconds)}' if g.seconds >= 0.1 else ''}" for g in quiet)
        yield Paragraph(Tone.GOOD, "  ✓ ", " · ".join(names))
    for number, gate in enumerate(task.gates):
        if not _is_quiet(gate):
            yield from _gate(gate, number, level(gate, number, levels))
    yield _GAP


def _is_quiet(gate: GateResult) -> bool:
    """It is green and has nothing to say: all such share a line, since the change itself is what a reader came for."""
    return gate.passed and not (gate.asks or gate.flaky or gate.note or gate.output.strip())


def _gate(gate: GateResult, number: int, shows: int) -> Iterator[Said]:
    tone, mark = (Tone.GOOD, "  ✓ ") if gate.passed else (Tone.ERROR, "  ✗ ")
    if gate.asks or gate.flaky:
        tone, mark = Tone.WARNING, "  ? " if gate.asks else "  ~ "
    lines = _output(gate)
    what = f"  {'▾' if shows else '▸'} {len(lines):,} line{'s' if len(lines) != 1 else ''}" if lines else ""
    head = Paragraph(tone, mark, f"{one_line(gate.name)}  {_seconds(gate.seconds)}{_note(gate)}{what}")
    yield head, f"gate {number}" if lines else ""
    if shows and not lines:
        yield Paragraph(Tone.DETAIL, "    │ ", "it printed nothing")
    kept = lines[-OUTPUT_LINES:] if shows == END else lines if shows == WHOLE else []
    if shows == END:
        yield from ((line, f"gate {number}") for line in more(len(lines) - OUTPUT_LINES, "    │ "))
    for line in kept:
        yield Paragraph(Tone.DETAIL, "    │ ", bounded(line))


def _note(gate: GateResult) -> str:
    return f"  {one_line(gate.note)}" if gate.note else ""


def _output(gate: GateResult) -> list[str]:
    return plain(gate.output).strip("\n").split("\n") if gate.output.strip() else []


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)


def _review(task: Task, about: Aside) -> Iterator[Said]:
    verdict = task.verdict
    if verdict is None:
        yield _heading("Review")
        words = "nobody has reviewed it" if about.has_review else "no review: this night goes by its gates alone"
        yield Paragraph(Tone.NOTE, "  … ", words)
    else:
        met = sum(check.met for check in verdict.criteria)
        count = f"  {met} of {len(verdict.criteria)} criteria met" if verdict.criteria else ""
        yield _heading(f"Review{count}")
        if task.current_verdict is None:
            yield Paragraph(Tone.WARNING, "  ! ", "this is about an older commit of the branch")
        yield from _verdict(task, verdict)
    yield _GAP


def _verdict(task: Task, verdict: Verdict) -> Iterator[Said]:
    tone, mark, word = (Tone.GOOD, "  ✓ ", "approve") if verdict.approve else (Tone.ERROR, "  ✗ ", "rework")
    yield from block(tone, mark, f"{word}: {verdict.summary}", REASON_LINES)
    for check in verdict.criteria:
        tone, mark = (Tone.GOOD, "    ✓ ") if check.met else (Tone.ERROR, "    ✗ ")
        note = one_line(check.note)
        is_short = len(note) <= SHORT_NOTE
        yield Paragraph(tone, mark, one_line(check.criterion) + (f" ({note})" if note and is_short else ""))
        if not is_short:
            yield from block(Tone.DETAIL, "      ", check.note, REASON_LINES)
    judged = {one_line(check.criterion) for check in verdict.criteria}
    if judged:
        left = [criterion for criterion in map(one_line, task.criteria) if criterion not in judged]
        yield from (Paragraph(Tone.WARNING, "    ? ", f"not judged: {criterion}") for criterion in left)
    for finding in verdict.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[Said]:
    tone, mark = _FINDINGS[finding.severity]
    place = f" {one_line(finding.file)}{f':{finding.line}' if finding.line else ''}" if finding.file else ""
    first, *rest = block(tone, "  " + mark, f"{finding.severity}{place}: {finding.text}", REASON_LINES)
    yield first, f"at {finding.line} {finding.file}" if finding.file else ""
    yield from rest


def _criteria(task: Task) -> Iterator[Said]:
    """What it should do, where no reviewer has gone through it yet."""
    if not task.criteria or (task.verdict is not None and task.verdict.criteria):
        return
    yield _heading("Should")
    for criterion in task.criteria:
        yield Paragraph(Tone.TEXT, "  · ", one_line(criterion))
    yield _GAP


def _homeless(about: Aside) -> Iterator[Said]:
    """Comments on files that the change no longer touches; they are sent all the same."""
    if not about.homeless:
        return
    yield _heading("Your comments on files that it no longer changes")
    for draft in about.homeless:
        yield from block(Tone.TOLD, "  ✎ ", f"{draft.comment.where}: {draft.comment.text}", REASON_LINES)
    yield _GAP


def _changes(diff: Diff | None, trouble: str, about: Aside) -> Iterator[Said]:
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
        parts = [
            f"{files} file{'s' if files != 1 else ''}, +{added} -{removed}",
            f"{about.viewed} of {files} viewed" if about.viewed else "",
            f"✎ {about.comments} not sent" if about.comments else "",
            f"{len(diff.generated)} generated" if diff.generated else "",
        ]
        yield Paragraph(Tone.TEXT, "  ", " · ".join(part for part in parts if part))
