"""Delivering by pull request: what is pushed, opened, watched, given back and merged, and when. Pure.

Where the configuration says so, work that is through gates and review goes to GitHub as a pull request, and lands by
being merged there. What the continuous integration and people say of it comes back as rework, within the bounds that
gates and reviews have here. There is still one merge path (`merge.py`): this only says what it must wait for.
"""

from __future__ import annotations

from cockpit.events import Event, ReworkAsked, TaskEscalated
from cockpit.events.pulls import PullForgotten, ReviewHeeded
from cockpit.policy.actions import NOTHING, Decision, Merge, OpenPull, WatchPull
from cockpit.policy.rules import Rules
from cockpit.pulls import CLOSED, FAILURE, MERGED, NONE, PENDING, Pull
from cockpit.state import RESTING, Night, State, Task, TaskState

MAX_WAIT_SECONDS = 300.0
"""The longest pause between two tries to push, or to open a pull request."""

CI, PERSON = "ci", "pull request"
"""Who asks for rework."""

_JUDGED = frozenset({TaskState.READY, TaskState.MERGING})


def deliver(state: State, rules: Rules, now: float) -> Decision:
    """What every task needs of GitHub now."""
    if not rules.delivers or state.night is None:
        return NOTHING
    decision = NOTHING
    for task in state.tasks.values():
        if task.state not in RESTING and state.taken(task) is None:
            decision += _task(state, task, state.night, rules, now)
    return decision


def _task(state: State, task: Task, night: Night, rules: Rules, now: float) -> Decision:
    pull = state.pulls.get(task.id, NONE)
    if pull.state == MERGED:
        return _merged(state, task, rules, now)
    if task.state in _JUDGED:
        if came := _came_back(task, pull, rules):
            return came
        if not _may_leave(task, night):
            return NOTHING
        if not is_delivered(task, pull):
            return _open(task, pull, rules, now) if _is_through(task) else NOTHING
    if pull.is_open and _may_leave(task, night):
        return Decision(effects=(WatchPull(task.id),), wake=_ci_is_due(task, pull, rules, now))
    return NOTHING


def _may_leave(task: Task, night: Night) -> bool:
    """Nothing is pushed or opened on the way out; afterwards only what a person asked for."""
    return night.is_open or (task.state is TaskState.MERGING and task.approved_by != "policy")


def _is_through(task: Task) -> bool:
    """Gates and review are good, and nothing asks for a person's yes that is not there yet.

    What only a person may let through may change what GitHub runs, so it does not go there before.
    """
    return task.gated_head == task.head and not task.is_flagged and task.is_green


def is_delivered(task: Task, pull: Pull) -> bool:
    """Whether an open pull request shows this very head."""
    return pull.is_open and pull.head == pull.told == task.head


def _open(task: Task, pull: Pull, rules: Rules, now: float) -> Decision:
    again = pull.tried_at + min(MAX_WAIT_SECONDS, rules.blocked_seconds * 2 ** min(pull.tries, 10))
    again = max(again, pull.not_before)
    if pull.trouble and now < again:
        return Decision(wake=again)
    return Decision(effects=(OpenPull(task.id),))


# ── what comes back ──────────────────────────────────────────────────────────────────────────────────


def _came_back(task: Task, pull: Pull, rules: Rules) -> Decision | None:
    """What GitHub says of work that is judged there; None where it says nothing against it."""
    if pull.fatal:
        return _escalate(task, f"it can't be delivered: {pull.trouble}")
    if pull.state == CLOSED:
        who = f" by {pull.by}" if pull.by else ""
        return _escalate(task, f"pull request #{pull.number} was closed{who} without being merged")
    if pull.foreign:
        what = f"somebody else pushed {pull.foreign[:10]} to {pull.branch} on GitHub"
        return _escalate(task, f"{what}: merge #{pull.number} there, or approve to open another one")
    if pull.wants:
        return _reviewed(task, pull, rules)
    if pull.head == task.head and pull.ci == FAILURE:
        return _red(task, pull, rules)
    return None


def _reviewed(task: Task, pull: Pull, rules: Rules) -> Decision:
    heeded = ReviewHeeded(task.id)
    if task.cycles >= rules.review_cycles:
        reason = f"changes are still asked for on #{pull.number} after {task.cycles} cycles: {pull.wants}"
        return _records(TaskEscalated(task.id, reason), heeded)
    return _records(ReworkAsked(task.id, PERSON, pull.wants), heeded)


def _red(task: Task, pull: Pull, rules: Rules) -> Decision:
    names = ", ".join(check.name for check in pull.red)
    if task.is_plain_rollback or task.gate_failures >= rules.gate_attempts:
        tried = "" if task.is_plain_rollback else f" again after {task.gate_failures} attempts to mend it"
        return _records(TaskEscalated(task.id, f"CI failed on #{pull.number}{tried}: {names}"))
    said = [f"{check.name}\n{check.text or '(it says nothing more)'}\n{check.url}".strip() for check in pull.red]
    return _records(ReworkAsked(task.id, CI, "\n\n".join(said)))


def _merged(state: State, task: Task, rules: Rules, now: float) -> Decision:
    """It was merged on GitHub: here as well, as soon as nobody works on it."""
    pull = state.pulls[task.id]
    if state.holds_slot(task) and task.state not in (*_JUDGED, TaskState.ESCALATED):
        by = f" by {pull.by}" if pull.by else ""
        return _records(TaskEscalated(task.id, f"#{pull.number} was merged on GitHub{by} while its agent was at work"))
    if pull.fatal:
        return _escalate(task, pull.trouble) if task.state in _JUDGED else NOTHING
    again = task.stumbled_at + min(MAX_WAIT_SECONDS, rules.blocked_seconds * 2 ** min(task.restarts, 10))
    if task.stumble and now < again:
        return Decision(wake=again)
    return Decision(effects=(Merge(task.id),))


def _escalate(task: Task, reason: str) -> Decision:
    return _records(TaskEscalated(task.id, reason), PullForgotten(task.id))


def _records(*events: Event) -> Decision:
    return Decision(records=events)


# ── what merging waits for ───────────────────────────────────────────────────────────────────────────


def is_cleared(state: State, task: Task, rules: Rules, now: float) -> bool:
    """Whether the policy may say yes: there is a pull request, its checks are good, and nobody objects."""
    if not rules.delivers:
        return True
    pull = state.pulls.get(task.id, NONE)
    good = is_delivered(task, pull) and not pull.draft and not pull.objections
    return good and not _waits_for_ci(pull, rules, now)


def waits(state: State, task: Task, rules: Rules, now: float) -> bool:
    """Whether a merge that has its yes waits for something on GitHub, so that others go first."""
    if not rules.delivers or not task.gated_head:
        return False
    pull = state.pulls.get(task.id, NONE)
    if pull.state == MERGED:
        return True  # `deliver` sees to it
    if not is_delivered(task, pull):
        return _is_through(task)
    return _waits_for_ci(pull, rules, now)


def _waits_for_ci(pull: Pull, rules: Rules, now: float) -> bool:
    """Checks run, or may still appear on what was just pushed."""
    return pull.ci in (PENDING, FAILURE) or (not pull.ci and now < pull.pushed_at + rules.ci_seconds)


def _ci_is_due(task: Task, pull: Pull, rules: Rules, now: float) -> float | None:
    due = pull.pushed_at + rules.ci_seconds
    return due if task.state in _JUDGED and not pull.ci and now < due else None
