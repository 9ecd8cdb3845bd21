"""`decide(state, rules, now)`: everything the engine should do now, from one pure function."""

from __future__ import annotations

from cockpit.policy import budget, cleaning, conflicts, forecast, merge, night, review, schedule, watchdog
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.state import State


def decide(state: State, rules: Rules, now: float) -> Decision:
    """Ask every policy. While there is something to record, no effect is due: record, then ask again."""
    if state.halt is not None:
        return NOTHING
    if alerts := budget.alerts(state, rules):
        return Decision(records=alerts)
    if held := conflicts.held_back(state, rules):
        return Decision(records=held)
    bounds = night.bounds(state, rules, now)
    if bounds.records:
        return Decision(records=bounds.records)
    decision = bounds + watchdog.watch(state, rules, now)
    decision += review.check(state, rules) + merge.merges(state, rules, now)
    decision += forecast.forecast(state) + cleaning.clean(state, rules)
    decision += Decision(records=schedule.claims(state))
    if decision.records:
        return Decision(records=decision.records)
    return decision
