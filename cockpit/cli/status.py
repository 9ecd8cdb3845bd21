"""`cockpit status`: answers at once, so it imports next to nothing, and folds only when it must."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from cockpit import disk, status_cache
from cockpit.cli import Wrong, surroundings
from cockpit.lock import engine_pid, engine_words
from cockpit.status import exit_code, fresh, number_of, oneline, plain_text

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places


SESSION_BYTES = 65_536
"""Of a session file; a larger one is none."""


def status(parsed: argparse.Namespace) -> int:
    """0 all is well, 10 something waits for you, 20 stopped by the budget, 30 open work and no engine."""
    where = surroundings.places(parsed)
    if parsed.watch:
        from cockpit.cli import watching

        return watching.watch(where)
    found = now(where)
    if parsed.json:
        print(json.dumps(found, indent=2))
    elif parsed.oneline:
        print(oneline(found))
    else:
        print(plain_text(found))
    return exit_code(found)


def now(where: Places) -> dict[str, Any]:
    """The status of this moment, as data."""
    frame = _frame(where)
    sessions = {number_of(a): _session(where, number_of(a)) for a in frame["agents"] if a["live"]}
    engine = engine_pid(where.folder)
    holds = disk.lacking(where.folder) or (engine_words(where.folder).removeprefix("holding: ") if engine else "")
    return fresh(frame, engine, sessions, time.time(), holds)


def _frame(where: Places) -> dict[str, Any]:
    try:
        at = status_cache.position(where.folder)
    except sqlite3.Error as error:
        raise Wrong(f"the ledger {where.folder / 'ledger.db'} can't be read: {error}") from error
    kept = status_cache.read(where.folder, at)
    if kept is not None:
        return kept
    from cockpit.status_frame import frame

    state = surroundings.state(where)
    made = frame(state)
    if state.position:
        status_cache.write(where.folder, state.position, made)
    return made


def _session(where: Places, number: int) -> dict[str, Any]:
    """What a session file says now; nothing where it is missing or can't be trusted."""
    import tomllib

    try:
        fd = os.open(where.session_file(number), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            data = tomllib.loads(os.read(fd, SESSION_BYTES).decode())
        finally:
            os.close(fd)
    except (OSError, ValueError, RecursionError):
        return {}
    words = {k: data[k] for k in ("current_phase", "current_step") if isinstance(data.get(k), str)}
    return words | {k: data[k] for k in ("progress", "last_heartbeat") if isinstance(data.get(k), int | float)}
