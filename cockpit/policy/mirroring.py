"""What an issue on GitHub shows of its task: one label of a few. Pure; what it shows already is folded."""

from __future__ import annotations

from cockpit.policy.actions import NOTHING, Decision, MarkIssue
from cockpit.policy.rules import Rules
from cockpit.pulls import NONE, UNMARKED, issue_of
from cockpit.state import State, Task, TaskState

PREFIX = "cockpit:"
QUEUED, IN_PROGRESS, TESTING, PR_READY, COMPLETED, FAILED = (
    *("queued", "in-progress", "testing"),
    *("pr-ready", "completed", "failed"),
)
STATUSES = (QUEUED, IN_PROGRESS, TESTING, PR_READY, COMPLETED, FAILED)
AGAIN_SECONDS = 300.0

_SHOWS = {
    TaskState.QUEUED: QUEUED,
    TaskState.WAITING: QUEUED,
    TaskState.CLAIMED: IN_PROGRESS,
    TaskState.WORKING: IN_PROGRESS,
    TaskState.REWORK: IN_PROGRESS,
    TaskState.TESTING: TESTING,
    TaskState.REVIEWING: TESTING,
    TaskState.READY: PR_READY,
    TaskState.MERGING: PR_READY,
    TaskState.LANDED: COMPLETED,
    TaskState.FAILED: FAILED,
    TaskState.SKIPPED: "",
    TaskState.SUGGESTED: "",
}
"""An escalated task shows what it showed before."""


def mirror(state: State, rules: Rules, now: float) -> Decision:
    """The issues that are to be told something else."""
    if not rules.marks:
        return NOTHING
    decision, is_night = NOTHING, state.night is not None and state.night.is_open
    for task in state.tasks.values():
        if not issue_of(task.source):
            continue
        mark = state.marks.get(task.id, UNMARKED)
        wanted = status(state, task, mark.status)
        if wanted != mark.status and mark.trouble and now < mark.at + AGAIN_SECONDS:
            decision += Decision(wake=mark.at + AGAIN_SECONDS) if is_night else NOTHING
        elif wanted != mark.status:
            decision += Decision(effects=(MarkIssue(task.id, wanted),))
    return decision


def status(state: State, task: Task, shown: str) -> str:
    """What a task's issue is to show."""
    wanted = _SHOWS.get(task.state, shown)
    if wanted == PR_READY and not state.pulls.get(task.id, NONE).is_open and shown != PR_READY:
        return TESTING if shown in (TESTING, "") else shown
    return wanted
