"""What becomes of a plan that a model makes of prose."""

from __future__ import annotations

from typing import assert_never

from cockpit.events.plans import (
    PlanAgreed,
    PlanAsked,
    PlanChanged,
    PlanDiscarded,
    PlanEvent,
    PlanFailed,
    PlanProposed,
)
from cockpit.fold.changes import notice
from cockpit.state import Plan, State
from cockpit.value import replace


def planning(state: State, event: PlanEvent, at: float) -> State:
    if isinstance(event, PlanAsked):
        wanted = Plan(event.plan, event.files, event.section, event.least, event.most, event.by, at)
        return replace(state, plan=wanted)
    plan = state.plan
    if plan is None or plan.id != event.plan:
        return state
    match event:
        case PlanProposed():
            return replace(state, plan=_proposed(plan, event, at))
        case PlanFailed(reason=reason):
            return notice(
                replace(state, plan=replace(plan, failed=reason, failed_at=at)), f"there is no plan: {reason}"
            )
        case PlanChanged(drafts=drafts, warnings=warnings):
            changed = replace(plan, drafts=drafts, warnings=warnings, version=plan.version + 1)
            return replace(state, plan=changed)
        case PlanAgreed() | PlanDiscarded():
            return replace(state, plan=None)
        case _:
            assert_never(event)


def _proposed(plan: Plan, event: PlanProposed, at: float) -> Plan:
    return replace(
        plan,
        drafts=event.drafts,
        warnings=event.warnings,
        notes=event.notes,
        absent=event.absent,
        least=event.least,
        most=event.most,
        made=at,
        usd=event.usd,
        unpriced=event.unpriced,
        agents=event.agents,
        guesses=event.guesses,
        version=plan.version + 1,
    )
