"""`cockpit clean`: finished worktrees and landed branches, and the work that is kept aside."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from cockpit import commands
from cockpit.cli import Wrong, asking, surroundings
from cockpit.words import duration, size

if TYPE_CHECKING:
    import argparse

    from cockpit.git_facts import Removal
    from cockpit.places import Places
    from cockpit.repo import Repository
    from cockpit.repo.rescue_refs import KeptWork
    from cockpit.state import State

WAIT_SECONDS = 300.0
"""How long removing may take before we say that it goes on without us."""

_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 3600.0}


def clean(parsed: argparse.Namespace) -> int:
    """`clean [--dry-run|--list] [--older-than 24h] [--json]`."""
    where = surroundings.places(parsed)
    older = seconds(parsed.older_than)
    if parsed.list:
        return _list(surroundings.repository(where), surroundings.state(where), parsed.json)
    if parsed.dry_run:
        return _dry_run(where, older, parsed.json)
    before = surroundings.state(where).git.cleaned_at
    if code := asking.give(where, commands.Clean(older), quiet=parsed.json):
        return code
    state = _cleaned(where, before)
    return _tell(state.git.removed, state.git.stayed, parsed.json, "removed")


def seconds(text: str) -> float:
    """The seconds of `24h`, `90m`, `2d` or `0`."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise Wrong(f"--older-than {text}: expected a time such as 24h, 90m, 2d or 0")
    return float(match[1]) * _UNITS[match[2]]


def _cleaned(where: Places, before: float) -> State:
    """The state as soon as the cleaning is over."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        state = surroundings.state(where)
        if state.git.cleaned_at > before and state.git.cleaning is None:
            return state
        time.sleep(0.05)
    raise Wrong("it is still being cleaned; `cockpit events -f` shows when it is over, .cockpit/engine.log what fails")


def _dry_run(where: Places, older: float, as_json: bool) -> int:
    from cockpit.engine import cleaning

    settings, repository = surroundings.configuration(where), surroundings.repository(where)
    folder = where.worktrees(settings.repository.worktrees)
    plan = cleaning.look(repository, folder, surroundings.state(where), time.time(), older)
    return _tell(plan.goes, plan.stays, as_json, "would remove")


def _tell(goes: tuple[Removal, ...], stays: tuple[Removal, ...], as_json: bool, word: str) -> int:
    if as_json:
        print(json.dumps({"schema": 1, "removed": [_row(one) for one in goes], "stayed": [_row(one) for one in stays]}))
        return 0
    for one in goes:
        kept = f"; what only it held is kept as {one.rescued}" if one.rescued else ""
        room = f" ({size(one.size)})" if one.size else ""
        print(f"{word} {one.what} {one.name}{room}: {one.why}{kept}")
    for one in stays:
        print(f"stays {one.what} {one.name}: {one.why}")
    if not goes:
        print("nothing to remove" + ("" if stays else ": no worktree and no branch of the cockpit's is left"))
    return 0


def _row(one: Removal) -> dict[str, Any]:
    return {"what": one.what, "name": one.name, "why": one.why, "bytes": one.size, "rescued": one.rescued or None}


def _list(repository: Repository, state: State, as_json: bool) -> int:
    """Everything that is kept aside, and how to get it back."""
    from cockpit.repo import all_rescues

    found = all_rescues(repository)
    if as_json:
        print(json.dumps({"schema": 1, "kept": [_kept(state, one) for one in found]}))
        return 0
    for one in found:
        facts = _kept(state, one)
        named = f"  {facts['task']} {facts['title']}" if facts["task"] else ""
        print(f"{one.ref}{named}")
        files = ", ".join(one.files[:4]) + (f" and {len(one.files) - 4} more" if len(one.files) > 4 else "")
        print(f"  {duration(max(0.0, time.time() - one.at))} ago: {one.title or 'work'}{f'; {files}' if files else ''}")
        print(f"  look: {facts['look']}\n  back: {facts['back']}")
    if not found:
        print("nothing is kept aside")
    return 0


def _kept(state: State, one: KeptWork) -> dict[str, Any]:
    run = state.runs.get(one.run)
    task = state.tasks.get(run.task if run else one.run)
    name = one.ref.removeprefix("refs/cockpit/").replace("/", "-")
    look, back = f"git diff {one.ref}^ {one.ref}", f"git cherry-pick --no-commit {one.ref}"
    if one.is_branch:
        look, back = f"git log -p -3 {one.ref}", f"git switch -c {name} {one.ref}"
    elif one.is_put_aside:
        back = f"git stash apply {one.ref}"
    return {
        "ref": one.ref,
        "commit": one.commit,
        "run": one.run,
        "task": task.id if task else "",
        "title": task.title if task else "",
        "at": one.at,
        "files": list(one.files),
        "look": look,
        "back": back,
    }
