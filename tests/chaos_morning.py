"""What must be so on the morning after a night of chaos: the four promises, as git, ledger and bill have them."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.state import State, Task, TaskState
from tests import crashes
from tests.repos import git

if TYPE_CHECKING:
    from tests.chaos import Chaos

GATE = "python3 -m unittest -q || test $? = 5"
WAITS_OR_OVER = (TaskState.READY, TaskState.WAITING, TaskState.FAILED, TaskState.ESCALATED)


def wrong(night: Chaos, state: State) -> Iterator[str]:
    """What is not as it must be in the morning."""
    yield from _tasks(night, state)
    yield from _main(night, state)
    yield from _kept(night)
    bill, cap = night.bill(), night.cap
    if not bill - 1e-6 <= state.spent_usd <= cap + 1e-6:
        yield f"the service charged ${bill:.4f}, the ledger has ${state.spent_usd:.4f}, the cap is ${cap}"
    yield from crashes.left(night.desk)


def _tasks(night: Chaos, state: State) -> Iterator[str]:
    if len(state.tasks) != night.tasks:
        yield f"there are {len(state.tasks)} tasks"
    report = night.desk.places.report.read_text() if night.desk.places.report.exists() else ""
    for task in state.tasks.values():
        seen = state.seen_state(task)
        if task.title not in report:
            yield f"the report does not know {task.id}"
        if seen is not TaskState.LANDED and not _may_be_so(state, task):
            yield f"{task.id} is {seen} without a reason: {task.reason!r}"


def _may_be_so(state: State, task: Task) -> bool:
    """It waits, with a reason; or the night ended before its turn came, which the night says."""
    if state.seen_state(task) in WAITS_OR_OVER:
        return bool(task.reason or task.depends_on or task.parked or task.waits_cap)
    was_stopped = state.night is not None and state.night.stopping != "done"
    return was_stopped and task.state in (TaskState.QUEUED, TaskState.REWORK)


def _main(night: Chaos, state: State) -> Iterator[str]:
    landings = Counter(r.event.task for r in night.desk.log() if isinstance(r.event, events.TaskLanded))
    landed = {task.id for task in state.in_state(TaskState.LANDED)}
    if any(count != 1 for count in landings.values()) or set(landings) != landed:
        yield f"landings were recorded {dict(landings)}, and {landed} have landed"
    merges = git(night.root, "log", "--first-parent", "--format=%s", "main").splitlines()
    if len(merges) != 1 + len(landed):
        yield f"{landed} have landed, and main has {merges}"
    if found := git(night.root, "status", "--porcelain"):
        yield f"the checkout is not clean: {found}"
    gate = subprocess.run(GATE, shell=True, cwd=night.root, capture_output=True, text=True)
    if gate.returncode:
        yield f"main does not pass its gate: {gate.stderr[-400:]}"
    approved = {r.event.task: r.event.head for r in night.desk.log() if isinstance(r.event, events.MergeApproved)}
    for task in landed:
        path = f"{state.tasks[task].title.split()[-1]}.py"
        if git(night.root, "ls-tree", approved[task], path) != git(night.root, "ls-tree", "main", path):
            yield f"{path} on main is not what was approved"


def _kept(night: Chaos) -> Iterator[str]:
    """No commit and no file that was ever seen is gone."""
    reachable = set(git(night.root, "rev-list", "--all").split())
    if lost := night.commits - reachable:
        yield f"commits are lost: {[git(night.root, 'log', '-1', '--format=%h %s %an', c) for c in lost]}"
    objects = {line.split(" ")[0] for line in git(night.root, "rev-list", "--all", "--objects").splitlines()}
    for blob in set(night.contents) - objects:
        tree, _, path = night.contents[blob].partition("/")
        file = night.folder / "repo.worktrees" / tree / path
        if not file.exists() or git(night.root, "hash-object", str(file)) != blob:
            yield f"uncommitted work is lost: {night.contents[blob]}"
    for line in git(night.root, "fsck", "--no-dangling", "--no-progress").splitlines():
        yield f"git fsck: {line}"
