"""Editing a proposed plan in an editor: the whole of it as Markdown, or one task of it as its small document.

The same for the keys and the command; a slip is said on top, and the editor opens again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from cockpit import planfile, taskfile
from cockpit.commands import ChangePlan
from cockpit.editor import Draft
from cockpit.policy.asking import Refused
from cockpit.policy.editing import FIELDS
from cockpit.policy.plan_requests import proposed
from cockpit.sources.plan import PlanError
from cockpit.state import Answer, MergePolicy, Plan, State, Task, TaskChanges, TaskDraft
from cockpit.value import replace

_SAID = re.compile(r"\A(?:<!--.*?-->\s*)+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Desk:
    """What editing needs from whoever asks for it."""

    state: Callable[[], State]
    give: Callable[[ChangePlan], Awaitable[Answer]]
    away: Callable[[], AbstractContextManager[None]] = nullcontext
    """Leaves the screen to the editor meanwhile."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


async def edit_plan(desk: Desk) -> Answer:
    """Have a person edit the whole plan; what came of it. Raises EditorError."""
    try:
        plan = proposed(desk.state())
    except Refused as refusal:
        return Answer(False, str(refusal))
    return await _edit(desk, "plan.md", planfile.write(plan.drafts), _comment, lambda text: _whole(plan, text), plan)


async def edit_task(desk: Desk, key: str) -> Answer:
    """Have a person edit one task of it. Raises EditorError."""
    try:
        plan = proposed(desk.state())
    except Refused as refusal:
        return Answer(False, str(refusal))
    draft = next((draft for draft in plan.drafts if draft.key == key), None)
    if draft is None:
        return Answer(False, f"the plan has no task {key} any more")
    text = taskfile.write(desk.state(), _as_task(draft))
    return await _edit(
        desk, f"task-{key}.md", text, taskfile.with_error, lambda now: _one(plan, draft, text, now), plan
    )


async def _edit(
    desk: Desk,
    name: str,
    text: str,
    with_error: Callable[[str, str], str],
    read: Callable[[str], tuple[tuple[TaskDraft, ...], tuple[str, ...]]],
    plan: Plan,
) -> Answer:
    original, draft = text, Draft(name, text, desk.environ)
    while True:
        with desk.away():
            written = draft.edit()
        if written == text and text != original:
            return Answer(False, f"the plan is as it was; what was written is kept in {draft.path}")
        if written == original or not written.strip():
            draft.done()
            return Answer(True, "nothing was changed in the plan")
        try:
            drafts, warnings = read(written)
        except (PlanError, taskfile.BadDocument) as error:
            said = str(error)
        else:
            answer = await desk.give(ChangePlan(drafts, plan.version))
            if answer.ok:
                draft.done()
                return Answer(True, "; ".join([answer.message, *warnings]))
            said = answer.message
        text = with_error(written, said)
        draft.put(text)


def _comment(text: str, error: str) -> str:
    said = error.replace("--", "- -")
    return f"<!-- ✗ {said}\n     Mend it and save, or empty the file to leave the plan as it is. -->\n\n{_bare(text)}"


def _bare(text: str) -> str:
    """A document without what was said on top."""
    return _SAID.sub("", text)


def _whole(plan: Plan, text: str) -> tuple[tuple[TaskDraft, ...], tuple[str, ...]]:
    source = ", ".join(path.rpartition("/")[2] for path in plan.files)
    return planfile.read(_bare(text), plan.drafts, source)


def _as_task(draft: TaskDraft) -> Task:
    """The draft as the document of a task has it; it waits for numbers of the plan."""
    return Task(draft.key, **{name: getattr(draft, name) for name in FIELDS})


def _one(plan: Plan, draft: TaskDraft, before: str, now: str) -> tuple[tuple[TaskDraft, ...], tuple[str, ...]]:
    changes = taskfile.changes(before, now)
    changed = _changed(draft, changes)
    return tuple(changed if one.key == draft.key else one for one in plan.drafts), ()


def _changed(draft: TaskDraft, changes: TaskChanges) -> TaskDraft:
    fields = {name: getattr(changes, name) for name in changes.names}
    if changes.merge is not None:
        fields["merge"] = {"ask": MergePolicy.ASK, "auto": MergePolicy.AUTO}.get(changes.merge)
    return replace(draft, **fields)
