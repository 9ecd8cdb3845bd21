"""The one merge path: approved tasks land one after another, each green on the very commit that lands."""

from __future__ import annotations

from cockpit.events import TaskReady
from cockpit.policy import delivery, forecast, gating
from cockpit.policy.actions import NOTHING, Decision, Merge
from cockpit.policy.review import tested
from cockpit.policy.rules import Rules
from cockpit.state import Night, State, Task

MAX_WAIT_SECONDS = 300.0
"""The longest pause between two tries of a blocked merge; approving it again tries at once."""


def merges(state: State, rules: Rules, now: float) -> Decision:
    """What the front of the merge queue needs now; the others wait for it."""
    front = forecast.front(state, lambda t: _may_move(t, state.night) and not delivery.waits(state, t, rules, now))
    if front is None:
        return NOTHING
    not_green = tested(front, rules)
    if not_green is not None:
        return not_green
    asks = gating.asks(front, rules, auto=front.approved_by == "policy")
    if front.is_flagged or set(asks) - set(front.let_through):  # the yes was given before anybody could see that
        return Decision(records=(TaskReady(front.id, asks),))
    again = front.stumbled_at + min(MAX_WAIT_SECONDS, rules.blocked_seconds * 2 ** min(front.restarts, 10))
    if front.stumble and now < again:
        return Decision(wake=again)
    return Decision(effects=(Merge(front.id),))


def _may_move(task: Task, night: Night | None) -> bool:
    """Nothing is merged on the way out; afterwards only what a person asked for."""
    if night is None or night.ended:
        return task.approved_by != "policy"
    return night.is_open
