"""How large a reserve is: what such work cost before, else what the configuration says, else a share of the cap.

An estimate, and said to be one. What a single answer can cost at most comes on top: an agent whose program
looks at its bound only between two answers may go over it by that much, and must not go over its reserve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cockpit.fold.reserves import cost_key
from cockpit.policy.budget import Ask, reserved
from cockpit.policy.rules import Rules
from cockpit.reserves import DAY, MONTH, run_key
from cockpit.state import ROLE_OF, Kind, State, Task

ENOUGH = 5
"""So many costs make a history."""

SHARE = 0.9
"""Of the earlier runs, those that the reserve would have been enough for."""

USUAL_USD = 2.0
"""Set aside for a run where neither history nor configuration says anything and the cap allows it."""

FEW_USD = 0.25
"""The least that is set aside so, but under a cap of less than twenty times as much."""

LEAST_USD = 0.02
"""Less than this is not worth a start."""

REVIEWER = ROLE_OF[Kind.REVIEW]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is set aside for one start."""

    usd: float
    """For the run itself."""
    held_back: float
    """Beside it, for the answer that its bound can't stop."""
    review: float
    """For the review of its work."""
    why: str
    """What it was sized from."""
    unpriced: str = ""
    """The model whose price nobody knows; then nothing can be set aside."""
    refused: str = ""
    """Why the role's own budget can't hold a start, in words."""

    @property
    def run(self) -> float:
        """All that is set aside for the run."""
        return self.usd + self.held_back

    @property
    def whole(self) -> float:
        """Run and review."""
        return self.run + self.review


def estimate(state: State, rules: Rules, task: Task) -> Estimate:
    """What a start of the task needs."""
    way = rules.route(task)
    held_back = rules.held_back(way.models)
    review = review_money(state, rules) if has_review(task) else 0.0
    if held_back is None or review is None:
        name = rules.unpriced(way.models) if held_back is None else rules.models.get(REVIEWER, "")
        return Estimate(0.0, 0.0, 0.0, "", name or "the default model")
    usd, why = _sized(state, rules, task, way.model, held_back + review)
    most = role_budget(rules, task)
    if most is None or usd + held_back <= most:
        return Estimate(usd, held_back, review, why)
    return Estimate(most - held_back, held_back, review, _BY_ROLE, refused=_too_little(task, most, held_back))


def may_refuse(rules: Rules) -> bool:
    """Whether any task could be unpriced or refused, whatever the caps can hold."""
    return (
        rules.review_usd is None
        or None in rules.hold_back.values()
        or any(worker.budget_usd is not None for worker in rules.routes.workers.values())
    )


def by_role(rules: Rules, task: Task) -> Estimate:
    """The same where there are no caps: only what its role's own budget holds."""
    most = rules.routes.worker(task.works_as).budget_usd
    if most is None or not rules.reserves:
        return Estimate(0.0, 0.0, 0.0, "")
    held_back = rules.held_back(rules.route(task).models) or 0.0
    if task.granted_usd > 0:
        return Estimate(task.granted_usd, held_back, 0.0, "given by you")
    return Estimate(most - held_back, held_back, 0.0, _BY_ROLE, refused=_too_little(task, most, held_back))


_BY_ROLE = "the most that its role may spend on one run: [roles] budget_usd"


def role_budget(rules: Rules, task: Task) -> float | None:
    """The most that one run of the task may have set aside by its role; None where a person gave it more, or no role
    says anything."""
    return None if task.granted_usd > 0 else rules.routes.worker(task.works_as).budget_usd


def has_review(task: Task) -> bool:
    """Whether a reviewer will look at its work: an answer is not merged, so nobody does."""
    return not (task.kind is Kind.REVIEW or task.part_of)


def _too_little(task: Task, most: float, held_back: float) -> str:
    if most >= held_back + LEAST_USD:
        return ""
    return (
        f"one answer can cost ${held_back:.2f} at most, and [roles.{task.works_as}] budget_usd lets a run have "
        f"${most:.2f}: make it larger, or its model a cheaper one"
    )


def asks(task: Task, sized: Estimate) -> tuple[Ask, ...]:
    """The same as money to be set aside."""
    found = (Ask(sized.run, task.works_as, task.category), Ask(sized.review, REVIEWER, task.category))
    return tuple(ask for ask in found if ask.usd > 0)


def review_money(state: State, rules: Rules) -> float | None:
    """What a review can cost at most; None where its model has no price."""
    return rules.review_usd if state.night is not None and state.night.review else 0.0


def guesses(state: State, rules: Rules, reserve_usd: float) -> dict[str, float]:
    """What a task of each kind is thought to cost, and `review` a review, where no history says it."""
    found = {kind: reserve_usd or USUAL_USD for kind in Kind}
    review = rules.review_usd or 0.0
    return {**{str(kind): usd for kind, usd in found.items()}, "review": review}


def ninetieth(costs: tuple[float, ...]) -> float:
    """What nine of ten came to at most."""
    return sorted(costs)[max(0, math.ceil(len(costs) * SHARE) - 1)]


def _sized(state: State, rules: Rules, task: Task, model: str, beside: float) -> tuple[float, str]:
    night = state.night
    if task.granted_usd > 0:
        return task.granted_usd, "given by you"
    costs = state.costs.get(cost_key(task.kind, model), ())
    if len(costs) >= ENOUGH:
        return max(ninetieth(costs), LEAST_USD), f"9 of 10 of the last {len(costs)} like it cost at most this, est."
    if night is not None and night.reserve_usd > 0:
        return night.reserve_usd, "[budget] reserve_usd, too few like it were done before"
    return _share(state, beside), "a guess, none like it were done before: set [budget] reserve_usd"


def _share(state: State, beside: float) -> float:
    """A part of what is left of the tightest cap, so that several can start under a small one."""
    night = state.night
    bounds = [(usd, usd) for name, usd in state.caps.items() if name in (DAY, MONTH)]
    if night is not None and night.cap_usd is not None:
        bounds.append((night.cap_usd, night.cap_usd - state.spent_usd - reserved(state)))
    if night is None or not bounds:
        return USUAL_USD
    cap, room = min(bounds, key=lambda bound: bound[1])
    least = max(LEAST_USD, min(FEW_USD, cap / 20))
    return max(least, min(USUAL_USD, (room / night.agents - beside) / 2))


def extension(state: State, rules: Rules, task: Task) -> float:
    """By how much a reserve that is used up is made larger: as much again, and what one answer can cost."""
    sized = estimate(state, rules, task)
    run = state.task_run(task)
    held = state.reserves.get(run_key(run.id)) if run else None
    return max(LEAST_USD, sized.usd + max(0.0, sized.held_back - (held.usd if held else 0.0)))
