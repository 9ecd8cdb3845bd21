"""What issues on GitHub come to: tasks, edits, skipped tasks, regressions. Pure.

A field is taken over when it is another than when it was last taken over, so what a person changed in the task itself
stays. Text that somebody works or judges by is not changed behind their backs: an agent at work is told; while gates, a
reviewer or a person look at the work, the edit waits, and that is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.events import (
    Event,
    IssueReopened,
    IssueSeen,
    MessageSent,
    Noticed,
    SyncAsked,
    TaskAdded,
    TaskEdited,
    TaskRetried,
    TaskSkipped,
)
from cockpit.github_facts import Found, LeftOut, Seen
from cockpit.policy import graph, order
from cockpit.policy.actions import NOTHING, Decision, SyncIssues
from cockpit.policy.asking import Refused
from cockpit.policy.editing import TEXT, editable
from cockpit.pulls import MERGED
from cockpit.state import SETTLED, State, Task, TaskChanges, TaskState

Tell = Callable[[Task, Found], str]
"""What an agent at work is told of an edit."""

FIELDS = ("title", "description", "criteria", "files", "priority", "depends_on")
_AT_WORK = (TaskState.CLAIMED, TaskState.WORKING)


def asked(state: State, by: str) -> tuple[Sequence[Event], str]:
    """A person wants to know what is new. Raises Refused."""
    if state.halt is not None:
        raise Refused("after an emergency stop nothing moves; `cockpit resume --all` goes on")
    return [] if state.github.asked else [SyncAsked(by)], "asking GitHub what is new"


def sync(state: State) -> Decision:
    """A sync that somebody asked for."""
    return Decision(effects=(SyncIssues(),)) if state.github.asked else NOTHING


@dataclass
class Taken:
    """What a look at GitHub comes to."""

    events: list[Event] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def take(state: State, found: Iterable[Found], tell: Tell) -> Taken:
    """What comes of the issues that were found."""
    return _Taking(state, sorted(found, key=lambda one: one.number), tell).all()


class _Taking:
    """One look: ids for new tasks first, so that they can wait for each other in any order."""

    def __init__(self, state: State, found: Sequence[Found], tell: Tell) -> None:
        self.state, self.found, self.tell = state, found, tell
        self.known = state.github.issues
        self.done = Taken()
        self.graph = graph.needs(state)
        again = [one for one in found if _is_to_be_done_again(state, one)]
        fresh = [one for one in found if one.number not in self.known and one.is_open and not one.left_out]
        self.new = {one.number: f"T{len(state.tasks) + n}" for n, one in enumerate([*fresh, *again], 1)}
        self.closed = {one.number for one in found if not one.is_open}
        self.rank = order.next_rank(state)

    def all(self) -> Taken:
        for one in self.found:
            seen = self.known.get(one.number)
            if seen is None:
                self._unknown(one)
            elif not one.is_open:
                self._closed(one, seen, self.state.tasks[seen.task])
            elif not seen.is_open:
                self._reopened(one, seen, self.state.tasks[seen.task])
            else:
                self._open(one, seen, self.state.tasks[seen.task])
        return self.done

    def _unknown(self, one: Found) -> None:
        if not one.is_open:
            return
        if one.left_out:
            self.done.left_out.append(LeftOut(one.number, one.title, one.left_out))
            return
        self._add(one)

    def _add(self, one: Found, note: str = "") -> None:
        name, needs = self.new[one.number], self._needs(one, self.new[one.number])
        self.graph[name] = needs
        repo = self.state.github.repo
        self.done.events += [
            TaskAdded(
                name,
                one.title,
                f"{one.description}\n\n{note}".strip() if note else one.description,
                one.criteria,
                priority=one.priority,
                depends_on=needs,
                files=one.files,
                source=f"{repo}#{one.number}",
                rank=self.rank + len(self.done.added),
                issue=one.number,
            ),
            IssueSeen(name, one.number, marks(one, needs), author=one.author),
        ]
        self.done.added.append(name)

    def _needs(self, one: Found, task: str) -> tuple[str, ...]:
        """The tasks that an issue waits for; none that would make a circle."""
        wanted = []
        for number in one.needs:
            name = self.new.get(number) or self._task_of(number)
            if name is None or name == task:
                continue
            if graph.circle(self.graph, task, [name]):
                words = f"issue #{one.number} and #{number} wait for each other; {task} does not wait for {name}"
                self._say(words, task)
            else:
                wanted.append(name)
        return tuple(dict.fromkeys(wanted))

    def _task_of(self, number: int) -> str | None:
        """The task of a known issue that still is to be waited for: a closed one holds nobody up."""
        seen = self.known.get(number)
        if seen is None or ((number in self.closed or not seen.is_open) and not self._has_landed(seen)):
            return None
        return seen.task

    def _has_landed(self, seen: Seen) -> bool:
        return self.state.tasks[seen.task].state is TaskState.LANDED

    def _say(self, words: str, task: str) -> None:
        if words not in self.state.notices:
            self.done.events.append(Noticed(words, task))

    # ── an issue that is a task ──────────────────────────────────────────────────────────────────────

    def _closed(self, one: Found, seen: Seen, task: Task) -> None:
        pull = self.state.pulls.get(task.id)
        if not seen.is_open or task.state is TaskState.MERGING or (pull and pull.state == MERGED):
            return  # it may be our own merge that closed it: what comes of that is seen next time
        if pull and pull.is_open and not seen.behind:
            self._saw(one, seen, seen.marks, "it was closed, perhaps by its pull request")
            return
        if task.state not in SETTLED:
            by = f" by {one.closed_by}" if one.closed_by else ""
            self.done.events.append(TaskSkipped(task.id, f"GitHub: issue #{one.number} was closed{by}"))
            self.done.changed.append(task.id)
        self._saw(one, seen, seen.marks, is_open=False)

    def _reopened(self, one: Found, seen: Seen, task: Task) -> None:
        if one.left_out:
            return
        if task.state is TaskState.LANDED:
            self.done.events.append(IssueReopened(task.id, one.number))
            self._add(one, f"It was done before, as {task.id} ({task.landed[:10]}), and opened again since.")
            return
        if task.state is TaskState.SKIPPED:
            self.done.events.append(TaskRetried(task.id, f"GitHub: issue #{one.number} is open and for us again"))
        self.done.changed.append(task.id)
        self._saw(one, seen, seen.marks)

    def _open(self, one: Found, seen: Seen, task: Task) -> None:
        if one.left_out:
            self._not_for_us(one, seen, task)
            return
        now = marks(one, self._needs(one, task.id))
        names = [name for name in FIELDS if seen.marks.get(name) != now[name]]
        if not names:
            if seen.behind:
                self._saw(one, seen, seen.marks)
            return
        if task.state in (TaskState.LANDED, TaskState.MERGING):
            return
        may = _may(task)
        late = [name for name in names if name not in may and name in TEXT]
        why = f"it was edited while {task.id} is {task.state}, its {', '.join(late)}; that waits" if late else ""
        taken = [name for name in names if name not in late]
        if why and why != seen.behind:
            self._say(f"issue #{one.number}: {why}", task.id)
        if taken or why != seen.behind:
            self._edit(one, task, [name for name in taken if name in may])
            self._saw(one, seen, {**seen.marks, **{name: now[name] for name in taken}}, why)

    def _edit(self, one: Found, task: Task, names: Sequence[str]) -> None:
        now = {name: getattr(one, name) for name in FIELDS if name != "depends_on"}
        now["depends_on"] = self._needs(one, task.id)
        changes = TaskChanges(**{name: now[name] for name in names if now[name] != getattr(task, name)})
        if not changes.names:
            return
        by = f"GitHub: issue #{one.number}"
        self.done.events.append(TaskEdited(task.id, changes, by))
        self.done.changed.append(task.id)
        run = self.state.task_run(task)
        if task.state is TaskState.WORKING and run and not run.terminal and not set(TEXT).isdisjoint(changes.names):
            name = f"issue-{one.number}-{_digest(repr(changes))}"
            self.done.events.append(MessageSent(name, run.id, self.tell(task, one), by))

    def _not_for_us(self, one: Found, seen: Seen, task: Task) -> None:
        """It was taken, and now its label is gone, or its author is trusted no more."""
        if task.state in SETTLED:
            return
        if task.run is None and task.state in (TaskState.QUEUED, TaskState.SUGGESTED):
            self.done.events.append(TaskSkipped(task.id, f"GitHub: issue #{one.number}: {one.left_out}"))
            self.done.changed.append(task.id)
            self._saw(one, seen, seen.marks, is_open=False)
        else:
            why = f"{one.left_out}; {task.id} goes on as it was, and no edit is taken over"
            if why != seen.behind:
                self._saw(one, seen, seen.marks, why)
                self._say(f"issue #{one.number}: {why}", task.id)

    def _saw(self, one: Found, seen: Seen, now: Mapping[str, str], behind: str = "", *, is_open: bool = True) -> None:
        self.done.events.append(IssueSeen(seen.task, one.number, now, is_open, one.author or seen.author, behind))


def _is_to_be_done_again(state: State, one: Found) -> bool:
    seen = state.github.issues.get(one.number)
    if seen is None or seen.is_open or not one.is_open or one.left_out:
        return False
    return state.tasks[seen.task].state is TaskState.LANDED


def _may(task: Task) -> tuple[str, ...]:
    """The fields that an edited issue may change now; an agent at work is told at once."""
    return (*editable(task), *TEXT) if task.state in _AT_WORK else editable(task)


def marks(one: Found, needs: Sequence[str]) -> dict[str, str]:
    """What each field is now, as a digest."""
    now = {name: getattr(one, name) for name in FIELDS if name != "depends_on"} | {"depends_on": tuple(needs)}
    return {name: _digest(repr(value)) for name, value in now.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
