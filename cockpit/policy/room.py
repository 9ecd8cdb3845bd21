"""The room that worktrees take. Pure, and read before the first paint."""

from __future__ import annotations

from cockpit.state import State


def is_full(state: State) -> bool:
    """Whether the worktrees take all the room that they may; then nothing new starts."""
    return bool(state.git.disk_limit) and state.git.disk_bytes >= state.git.disk_limit
