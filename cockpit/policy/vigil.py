"""Whether a run at work is stuck, silent or over its time, and what becomes of work that restarting does not help.

The ladder: asked how it stands, its process ended and the same conversation taken up again (at most so many times),
handed on to another agent with a fresh conversation, and then before a person, with all that was tried. It is pure,
and each rung is an event, so an engine that comes back stands on the same one.
"""

from __future__ import annotations

import uuid

from cockpit.events import MessageSent, Nudged, RunCut, TaskEscalated, TaskHandedOn
from cockpit.fold.slots import slots
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.policy.sight import Sight
from cockpit.state import Run, State, Task

_NUDGES = uuid.UUID("0a4a5d0e-8b1f-4c5e-9d1e-3f6f7c1f2b77")
"""Namespace of the nudges' ids, so that deciding twice says it once."""

NUDGE = (
    "You have shown no activity for {minutes} minutes. If a command hangs, end it and go another way; if you wait "
    "for something, say for what. Otherwise go on with the task."
)


def check(state: State, rules: Rules, now: float, run: Run, task: Task, sight: Sight) -> Decision | None:
    """What a living run in the middle of its turn needs; None where nothing is wrong with it."""
    if sight.unheard >= rules.silent_seconds:
        return _cut(run, "heartbeat", f"its host was not heard of for {_minutes(sight.unheard)}")
    if sight.disk:
        return _cut(run, "disk", sight.disk)
    if _is_asking(state, run):
        return None
    if run.busy_since and now >= time_is_over(rules, run):
        return _cut(run, "limit", f"it worked for {_minutes(worked(run, now))} without coming to an end")
    if sight.still and sight.quiet >= rules.stuck_seconds:
        return _stuck(rules, run, task, sight)
    return None


def wake(state: State, rules: Rules, run: Run) -> Decision:
    """When to look again at a run with which nothing is wrong; one that waits for a person has no time to be over."""
    return Decision(wake=time_is_over(rules, run)) if run.busy_since and not _is_asking(state, run) else NOTHING


def _is_asking(state: State, run: Run) -> bool:
    """Whether its agent waits for a person, and so is anything but stuck."""
    return any(one.is_open or one.is_on_its_way for one in slots(state).asked(state).get(run.id, ()))


def time_is_over(rules: Rules, run: Run) -> float:
    """When a run that is at work will have worked for as long as it may."""
    return run.busy_since + rules.run_seconds - run.busy


def worked(run: Run, now: float) -> float:
    """Seconds that its agent worked, by the ledger."""
    return run.busy + (max(0.0, now - run.busy_since) if run.busy_since else 0.0)


def _stuck(rules: Rules, run: Run, task: Task, sight: Sight) -> Decision | None:
    why = f"no activity and no changed file for {_minutes(sight.quiet)}"
    if not run.nudges:
        nudged = Nudged(run.id, why)
        if run.terminal:  # nothing says that a program in a terminal reads what it is told
            return Decision(records=(nudged,))
        words = NUDGE.format(minutes=int(sight.quiet // 60))
        name = str(uuid.uuid5(_NUDGES, f"{run.session}/{run.seq}/{run.begun!r}"))
        return Decision(records=(nudged, MessageSent(name, run.id, words, "watchdog")))
    if sight.quiet >= rules.stuck_seconds + rules.nudge_seconds:
        return _cut(run, "stuck", why)
    return None


def _cut(run: Run, kind: str, why: str) -> Decision:
    return Decision(records=(RunCut(run.id, kind, why),))


def mend(rules: Rules, run: Run, task: Task) -> Decision | None:
    """What becomes of a task whose turn broke, where another restart is out of the question; None where it is not."""
    if task.fatal:
        return Decision(records=(TaskEscalated(task.id, task.stumble),))
    if task.restarts < rules.restarts and run.cut_kind != "limit":
        return None
    if task.handed_on < rules.hand_ons and run.cut_kind != "disk":
        return Decision(records=(TaskHandedOn(task.id, run.id, task.stumble),))
    return Decision(records=(TaskEscalated(task.id, gave_up(run, task)),))


def gave_up(run: Run, task: Task) -> str:
    """Why a person must decide, with what was tried."""
    times = f"restarted {task.restarts} times" if task.restarts != 1 else "restarted once"
    fresh = "begun afresh by" if run.agent == task.avoid else "handed on to"
    handed = f" and {fresh} agent-{run.agent}" if task.handed_on else ""
    in_vain = f"{times}{handed} in vain; the last time: " if task.restarts or task.handed_on else ""
    reason = f"{in_vain}{task.stumble}"
    return f"{reason}. What was tried: {'; '.join(task.tried)}" if task.tried else reason


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} minutes" if seconds >= 120 else f"{int(seconds)} seconds"
