"""What the merge desk's keys do, without a screen: say yes, to one or to all, and send work back with comments."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, asking, surroundings
from cockpit.state import Comment

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places

_COMMENT = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?:-(?P<last>\d+))?:(?P<text>.+)", re.DOTALL)


def approve(parsed: argparse.Namespace) -> int:
    """`approve TASK`, `approve --all-green`."""
    if (parsed.task is None) != parsed.all_green:
        raise Wrong("say which task, or --all-green for every task that is ready and green")
    if not parsed.all_green:
        return asking.ask(parsed, commands.Approve(parsed.task, parsed.anyway))
    from cockpit.views import ready_and_green

    where = surroundings.places(parsed)
    tasks = ready_and_green(surroundings.state(where))
    if not tasks:
        print("nothing is ready and green", file=sys.stderr)
        return REFUSED
    return max([asking.give(where, commands.Approve(task.id)) for task in tasks])


def reject(parsed: argparse.Namespace) -> int:
    """`reject TASK -m NOTE --comment FILE:LINE:TEXT`."""
    where = surroundings.places(parsed)
    comments = tuple(_comment(where, parsed.task, text) for text in parsed.comment)
    return asking.give(where, commands.Reject(parsed.task, parsed.message, comments))


def _comment(where: Places, name: str, text: str) -> Comment:
    match = _COMMENT.fullmatch(text.strip())
    if match is None:
        raise Wrong(f"--comment {text!r}: expected FILE:LINE:TEXT, such as app.py:12:use a set here")
    first, last = int(match["line"]), int(match["last"] or 0)
    return Comment(match["file"], match["text"].strip(), first, last, quote=_quote(where, name, match["file"], first))


def _quote(where: Places, name: str, file: str, line: int) -> str:
    """The line as the task's branch has it: a comment on one that is not there is a slip."""
    from cockpit.repo import file_lines

    state = surroundings.state(where)
    task = state.tasks.get(name) or state.tasks.get(name.upper()) or state.tasks.get(f"T{name}")
    commit = (task.merged or task.head) if task else ""
    if task is None or not commit:
        return ""  # the command will be refused, with the reason
    lines = file_lines(surroundings.repository(where), commit, file)
    if lines is None:
        raise Wrong(f"--comment: {task.id} has no file {file!r}; `git diff --stat {task.branch}` lists what it has")
    if not 1 <= line <= len(lines):
        raise Wrong(f"--comment: {file} has no line {line} in {task.id}; it has {len(lines)}")
    return lines[line - 1]
