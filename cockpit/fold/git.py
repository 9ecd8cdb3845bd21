"""What happens to the repository itself: rebases, rescues, cleaning, a target that moves, conflicts that pile up."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit import events, standing
from cockpit.fold.changes import change_agent, change_task, notice
from cockpit.git_facts import KEPT, Cleaning, Kept
from cockpit.state import SETTLED, State, Task
from cockpit.value import replace

GitEvent = (
    events.WorkRescued
    | events.BranchRebased
    | events.TargetSeen
    | events.AgentHeldBack
    | events.CleanAsked
    | events.Cleaned
    | events.DiskMeasured
)


def git(state: State, event: GitEvent, at: float) -> State:
    match event:
        case events.WorkRescued(run=run, ref=ref, commit=commit):
            kept = _kept(state, Kept(run, ref, commit, at))
            return notice(kept, f"{run}: work in no commit is kept as {ref}")
        case events.BranchRebased():
            return _rebased(state, event, at)
        case events.TargetSeen():
            return _seen(state, event)
        case events.AgentHeldBack(agent=number, tasks=tasks):
            held = change_agent(state, number, paused=True, held=tasks, held_at=at)
            return notice(held, f"agent-{number} pauses: it has {len(tasks)} open conflicts ({', '.join(tasks)})")
        case events.CleanAsked():
            wanted = Cleaning(event.older_seconds, event.by, event.worktrees_seconds)
            return replace(state, git=replace(state.git, cleaning=wanted))
        case events.Cleaned(removed=removed, stayed=stayed):
            facts = replace(state.git, cleaning=None, removed=removed, stayed=stayed, cleaned_at=at)
            return replace(state, git=facts)
        case events.DiskMeasured(size=size, limit=limit):
            return replace(state, git=replace(state.git, disk_bytes=size, disk_at=at, disk_limit=limit))
        case _:
            assert_never(event)


def let_go(state: State, number: int) -> State:
    """A person let an agent go on: it may have the conflicts that it has now."""
    return change_agent(state, number, held=(), held_at=0.0, allowed=len(open_conflicts(state, number)))


def open_conflicts(state: State, number: int) -> tuple[Task, ...]:
    """The tasks of an agent whose work conflicts with what landed."""
    tasks = state.tasks
    found = standing.named(state, tasks.standing.conflicted) if isinstance(tasks, standing.Board) else tasks.values()
    return tuple(t for t in found if t.conflict and t.agent == number and t.state not in SETTLED)


def _kept(state: State, kept: Kept) -> State:
    others = tuple(one for one in state.git.kept if one.ref != kept.ref)
    return replace(state, git=replace(state.git, kept=(*others, kept)[-KEPT:]))


def _rebased(state: State, event: events.BranchRebased, at: float) -> State:
    """It is the same work on another commit, so the verdict and the yes go along; the gates run again."""
    task = state.tasks.get(event.task)
    if task is None:
        return state
    changes: dict[str, Any] = {"head": event.head, "base": event.onto, "gates": (), "gated_head": "", "merged": ""}
    if task.verdict is not None and task.verdict.head == event.before:
        changes["verdict"] = replace(task.verdict, head=event.head)
    if task.approved_head == event.before:
        changes["approved_head"] = event.head
    words = event.why or "it no longer merged"
    state = change_task(state, task.id, conflict="", reason=f"rebased by git ({words}); the gates run again", **changes)
    state = _kept(state, Kept(task.run or task.id, event.ref, event.before, at))
    return notice(state, f"{task.id} was rebased by git: {words}; as it was before is kept as {event.ref}")


def _seen(state: State, event: events.TargetSeen) -> State:
    state = replace(state, git=replace(state.git, target=event.commit))
    if not event.rewritten:
        return state
    for name in event.gone:
        state = change_task(state, name, reason="its merge is on the target no more: the target was rewritten")
    gone = f"; what {', '.join(event.gone)} landed is on it no more" if event.gone else ""
    return notice(state, f"the target was rewritten, it is at {event.commit[:10]} now{gone}")
