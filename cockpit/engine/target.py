"""The target branch as others move it: noticed when its ref changes, so that the forecast is about what is there."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.ledger.bell import changes
from cockpit.repo import RepoError
from cockpit.state import TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

Mark = tuple[tuple[int, int], ...]


async def follow(engine: Engine) -> None:
    """Record where the target is whenever somebody else moved it. Git is asked only when its files changed."""
    common = engine.repository.common_dir
    mark, seen = None, ""
    async with aclosing(changes(*(p for p in (common, common / "refs" / "heads") if p.is_dir()))) as watching:
        async for _ in watching:
            night = engine.state.night
            if night is None or "merge" in engine.in_flight:
                continue
            now = _mark(common, night.target)
            if now == mark:
                continue
            mark = now
            seen = await _look(engine, night.target, engine.state.git.target or seen) or seen


async def _look(engine: Engine, target: str, known: str) -> str | None:
    """The commit that the target is at; recorded where it is another than the one that was known."""
    try:
        commit = await asyncio.to_thread(engine.repository.branch_commit, target)
        if commit and known and commit != known and "merge" not in engine.in_flight:
            engine.record(await asyncio.to_thread(_moved, engine, known, commit))
    except RepoError as error:
        engine.record(events.Noticed(f"the target could not be looked at: {error}"))
        return None
    return commit


def _moved(engine: Engine, known: str, commit: str) -> events.TargetSeen:
    repository, state = engine.repository, engine.state
    try:
        rewritten = not repository.is_ancestor(known, commit)
    except RepoError:  # what was there before is gone from the repository altogether
        rewritten = True
    if not rewritten:
        return events.TargetSeen(commit)
    landed = [t for t in state.tasks.values() if t.state is TaskState.LANDED and t.landed]
    return events.TargetSeen(commit, True, tuple(t.id for t in landed if not _has(engine, t.landed, commit)))


def _has(engine: Engine, older: str, newer: str) -> bool:
    try:
        return engine.repository.is_ancestor(older, newer)
    except RepoError:
        return False


def _mark(common: Path, target: str) -> Mark:
    """What of a branch's files changes when it moves: one file of its own, or the one that has many."""
    found = []
    for path in (common / "refs" / "heads" / target, common / "packed-refs"):
        try:
            stat = path.stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((stat.st_mtime_ns, stat.st_ino))
    return tuple(found)
