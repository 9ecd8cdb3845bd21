"""`decide(state, rules, now)`: everything the engine should do now, from one pure function."""

from __future__ import annotations

from cockpit.events import CapsConfigured, YardstickChosen
from cockpit.policy import (
    answers,
    breaker,
    budget,
    claiming,
    cleaning,
    conflicts,
    delivery,
    forecast,
    ideas,
    issues,
    machine,
    merge,
    mirroring,
    night,
    notices,
    planning,
    questions,
    reserving,
    review,
    schedule,
    watchdog,
    windows,
)
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.rules import Rules
from cockpit.policy.sight import NOTHING_SEEN, Machine, Sights
from cockpit.state import State


def decide(state: State, rules: Rules, now: float, sights: Sights = NOTHING_SEEN) -> Decision:
    """Ask every policy. While there is something to record, no effect is due: record, then ask again."""
    if state.halt is not None:
        return NOTHING
    if (dict(rules.caps), rules.currency, rules.rate) != (dict(state.configured), state.currency, state.rate):
        return Decision(records=(CapsConfigured(rules.caps, rules.currency, rules.rate),))
    if rules.yardstick is not None and rules.yardstick != state.yardstick:
        return Decision(records=(YardstickChosen(rules.yardstick),))
    if alerts := budget.alerts(state, rules, now):
        return Decision(records=alerts)
    if held := conflicts.held_back(state, rules):
        return Decision(records=held)
    thought = ideas.check(state, rules, now)
    if thought.records:
        return thought
    bounds = thought + night.bounds(state, rules, now)
    if bounds.records:
        return Decision(records=bounds.records)
    bounds += breaker.check(state, rules) + windows.open_up(state, now)
    if bounds.records:
        return Decision(records=bounds.records)
    if (money := reserving.keep(state, rules, now)).records:
        return money
    decision = bounds + watchdog.watch(state, rules, now, sights)
    decision += review.check(state, rules, now) + merge.merges(state, rules, now)
    decision += questions.of_callers(state, now)
    decision += delivery.deliver(state, rules, now) + mirroring.mirror(state, rules, now)
    decision += forecast.forecast(state) + cleaning.clean(state, rules) + answers.share(state)
    decision += planning.due(state)
    decision += issues.sync(state) + claiming.claim(state, now)
    decision += _claims(state, rules, now, sights.machine)
    decision += notices.tell(state, rules, now)
    if decision.records:
        return Decision(records=decision.records)
    return decision


def _claims(state: State, rules: Rules, now: float, free: Machine) -> Decision:
    """New work, as far as the model's service takes it, agents live, and the machine has room."""
    if state.breaker is not None or windows.is_closed(state):
        return machine.tell(state, "")
    wanted = schedule.claims(state, rules, now)
    if not wanted and (waiting := schedule.held_back(state, rules, now)):
        return Decision(records=waiting)
    lacking = [machine.lacking(state, rules, free, now, n) for n in range(len(wanted))]
    told = machine.tell(state, lacking[0] if lacking else "")
    fitting = tuple(claim for claim, why in zip(wanted, lacking, strict=True) if not why)
    wake = now + machine.GROWING_SECONDS if len(fitting) < len(wanted) else None
    return told + Decision(records=fitting, wake=wake)
