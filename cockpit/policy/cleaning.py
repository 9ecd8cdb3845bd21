"""Cleaning up: what is done with, when it may go, and when the worktrees take too much room. Pure.

Only what is proven elsewhere goes: a branch whose commits are on the target or under a rescue ref, a worktree whose
task is over. Git has the last word on both (`engine/cleaning.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from cockpit import events
from cockpit.policy.actions import NOTHING, Decision, Tidy
from cockpit.policy.asking import Refused
from cockpit.policy.room import is_full
from cockpit.policy.rules import Rules
from cockpit.state import SETTLED, State, Task, TaskState


def clean(state: State, rules: Rules) -> Decision:
    """What is to be cleaned now: as somebody asked, at the night's end, or because the room is used up."""
    wanted = state.git.cleaning
    if wanted is not None:
        return Decision(effects=(Tidy(wanted.older_seconds, wanted.worktrees_seconds),))
    night = state.night
    if night is None or not rules.clean_seconds:
        return NOTHING
    if night.ended and state.git.cleaned_at < night.ended:
        return Decision(records=(events.CleanAsked(rules.clean_seconds, "the night's end", 0.0),))
    if night.is_open and is_full(state) and state.git.cleaned_at < state.git.disk_at:
        return Decision(records=(events.CleanAsked(rules.clean_seconds, "no room is left", 0.0),))
    return NOTHING


def asked(state: State, older_seconds: float, by: str) -> tuple[Sequence[events.Event], str]:
    """The events that a person's wish comes to, and the answer. Raises Refused."""
    if older_seconds < 0:
        raise Refused("--older-than must not be negative")
    if state.halt is not None:
        raise Refused("after an emergency stop nothing moves; `cockpit resume --all` goes on")
    if state.git.cleaning is not None:
        return [], "it is being cleaned already"
    return [events.CleanAsked(older_seconds, by)], "cleaning: only what has landed or is kept goes"


def is_over(state: State, task: Task) -> bool:
    """Whether nobody works on a task and nothing will happen to it by itself."""
    return task.state in SETTLED and not state.holds_slot(task) and state.being_undone_by(task) is None


def over_since(task: Task) -> float:
    """Since when it is over."""
    return task.landed_at if task.state is TaskState.LANDED else task.since


def branch_may_go(state: State, task: Task) -> bool:
    """Whether a task's branch is done with: it landed, or git can make it again. Others wait to be taken up again."""
    return is_over(state, task) and (task.state is TaskState.LANDED or task.is_plain_rollback)
