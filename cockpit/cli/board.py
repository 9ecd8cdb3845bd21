"""Commands about the queue: edit, move, assign and promote tasks; the twins of the board's keys."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, asking, surroundings
from cockpit.state import Answer, Kind, State, Task, TaskChanges

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places


def edit(parsed: argparse.Namespace) -> int:
    """`task edit TASK`: by the options that are given; without any, in the editor."""
    changes = _changes(parsed)
    if changes.names:
        return asking.ask(parsed, commands.EditTask(parsed.task, changes))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong("there is no terminal for an editor; say what to change, such as --priority 2 or --title TEXT")
    where = surroundings.places(parsed)
    return _in_editor(where, parsed.task)


def _changes(parsed: argparse.Namespace) -> TaskChanges:
    return TaskChanges(
        title=parsed.title,
        description=parsed.description,
        criteria=_all(parsed.criterion),
        kind=Kind(parsed.kind) if parsed.kind else None,
        category=parsed.category,
        priority=parsed.priority,
        depends_on=_all(parsed.after),
        files=_all(parsed.file),
        merge=parsed.merge,
        role=parsed.role,
        model=parsed.model,
    )


def _all(values: list[str] | None) -> tuple[str, ...] | None:
    """What an option gave; an empty text alone stands for nothing at all."""
    return None if values is None else tuple(text for value in values if (text := value.strip()))


def _in_editor(where: Places, name: str) -> int:
    from cockpit.editing import Desk
    from cockpit.editing import edit as edit_task
    from cockpit.editor import EditorError

    async def give(command: commands.EditTask) -> Answer:
        from cockpit.engine import desk

        return await asyncio.to_thread(desk.give, where, command)

    task = _task(surroundings.state(where), name)
    try:
        said = asyncio.run(edit_task(Desk(lambda: surroundings.state(where), give), task))
    except EditorError as error:
        raise Wrong(str(error)) from error
    print(said.message, file=sys.stdout if said.ok else sys.stderr)
    return 0 if said.ok else REFUSED


def _task(state: State, name: str) -> Task:
    from cockpit.policy.asking import Refused, find

    try:
        return find(state, name)
    except Refused as error:
        raise Wrong(str(error)) from error


def assign(parsed: argparse.Namespace) -> int:
    """`task assign TASK AGENT`, `reassign TASK AGENT`."""
    return asking.ask(parsed, commands.ReassignTask(parsed.task, parsed.agent))


def promote(parsed: argparse.Namespace) -> int:
    """`task promote TASK`."""
    return asking.ask(parsed, commands.PromoteTask(parsed.task))


def move(parsed: argparse.Namespace) -> int:
    """`task move TASK --before OTHER | --first | --last | --by STEPS`."""
    to = "first" if parsed.first else "last" if parsed.last else ""
    return asking.ask(parsed, commands.MoveTask(parsed.task, parsed.by or 0, to, parsed.before or ""))
