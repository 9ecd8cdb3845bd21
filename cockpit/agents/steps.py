"""How a tool call is shown to a person: one line of what is done, and the command or the diff behind it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from cockpit.text import cut

MAX_STEP = 160
"""Characters of a step; it is one line on a narrow screen."""

VERBS = {"multiedit": "edit", "notebookedit": "edit", "notebookread": "read", "grep": "search", "glob": "find"}
"""Tools by their small-letter names, where a plainer word than the name itself exists."""

WORTH_SAYING = ("file_path", "notebook_path", "path", "command", "pattern", "description", "url", "query", "skill")
"""Keys of a tool's input that say best what it does, best first."""


def step_of(name: str, given: Mapping[str, Any], worktree: str = "") -> str:
    """One line: `edit stats.py`, `bash python -m pytest`, `plan 2 of 5 done`."""
    todos = given.get("todos")
    if isinstance(todos, Sequence) and not isinstance(todos, str):
        done = sum(1 for t in todos if isinstance(t, Mapping) and t.get("status") == "completed")
        return f"plan {done} of {len(todos)} done"
    verb = VERBS.get(name.lower(), name.lower())
    keys = ("pattern", *WORTH_SAYING) if verb in ("search", "find") else WORTH_SAYING
    what = next((given[k] for k in keys if isinstance(given.get(k), str) and given[k]), "")
    line = " ".join(f"{verb} {relative(what, worktree)}".split())
    return line if len(line) <= MAX_STEP else f"{line[: MAX_STEP - 1]}…"


def relative(path: str, worktree: str) -> str:
    """`path` as seen from the worktree it lies in; anything else as it is."""
    if worktree and path.startswith((f"{worktree}/", f"{os.path.realpath(worktree)}/")):
        return os.path.relpath(path, worktree if path.startswith(f"{worktree}/") else os.path.realpath(worktree))
    return path


def detail_of(name: str, given: Mapping[str, Any], worktree: str = "") -> str:
    """The command of a shell, the diff of an edit or a write; else the input as it is, a key a line."""
    command = given.get("command")
    if isinstance(command, str) and "old_str" not in given and "file_text" not in given:
        return cut(command)
    path = relative(str(given.get("file_path") or given.get("path") or given.get("notebook_path") or ""), worktree)
    pieces = [diff(path, before, after) for before, after in _changes(given)]
    if pieces:
        return cut("".join(pieces))
    lines = (f"{key}: {value}" for key, value in given.items() if isinstance(value, str | int | float | bool))
    return cut("\n".join(lines))


def _changes(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Text before and after, for each place a tool's input changes."""
    edits = given.get("edits")
    places = edits if isinstance(edits, Sequence) and not isinstance(edits, str) else [given]
    found = []
    for place in places:
        if not isinstance(place, Mapping):
            continue
        after = _first(place, "new_string", "new_str", "content", "file_text", "new_source")
        before = _first(place, "old_string", "old_str")
        if after is not None:
            found.append((before or "", after))
    return found


def _first(place: Mapping[str, Any], *keys: str) -> str | None:
    return next((place[k] for k in keys if isinstance(place.get(k), str)), None)


def diff(path: str, before: str, after: str) -> str:
    """A unified diff of two texts, bounded; line numbers count from the text given, not from the file."""
    import difflib  # only where there is something to compare

    old, new = cut(before).splitlines(), cut(after).splitlines()
    source = f"a/{path}" if before else "/dev/null"
    lines = difflib.unified_diff(old, new, source, f"b/{path}", lineterm="")
    return "".join(f"{line}\n" for line in lines)
