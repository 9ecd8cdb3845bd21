"""Editing a task in an editor: write it out, read it back, and again with the error on top until it can be used.

The same for the key and the command; only how a command is given differs, and that is passed in.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from cockpit import taskfile
from cockpit.commands import EditTask
from cockpit.editor import Draft
from cockpit.policy import editing
from cockpit.policy.asking import Refused
from cockpit.state import Answer, State, Task


@dataclass(frozen=True, slots=True)
class Desk:
    """What editing needs from whoever asks for it."""

    state: Callable[[], State]
    """What is true now: much may have happened while the editor was open."""
    give: Callable[[EditTask], Awaitable[Answer]]
    away: Callable[[], AbstractContextManager[None]] = nullcontext
    """Leaves the screen to the editor meanwhile."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


async def edit(desk: Desk, task: Task) -> Answer:
    """Have a person edit `task`; what came of it. Raises EditorError."""
    if not editing.editable(task):
        return Answer(False, editing.why_not(task, "title"))
    text = original = taskfile.write(desk.state(), task)
    draft = Draft(f"{task.id}.md", text, desk.environ)
    while True:
        with desk.away():
            written = draft.edit()
        if written == text and text != original:
            return Answer(False, f"{task.id} is as it was; what was written is kept in {draft.path}")
        said = await _use(desk, task, original, written)
        if isinstance(said, Answer):
            draft.done()
            return said
        text = taskfile.with_error(written, said)
        draft.put(text)


async def _use(desk: Desk, task: Task, original: str, written: str) -> Answer | str:
    """The answer to what was written; a text where it must be mended first."""
    try:
        changes = taskfile.changes(original, written)
        if not changes.names:
            return Answer(True, f"nothing was changed in {task.id}")
        state = desk.state()
        changes = editing.named(state, changes)
        editing.check(state, state.tasks[task.id], changes)
    except (taskfile.BadDocument, Refused) as error:
        return str(error)
    answer = await desk.give(EditTask(task.id, changes))
    return answer if answer.ok else answer.message
