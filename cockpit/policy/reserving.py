"""What becomes of reserves while runs go on: made larger where the caps allow, else a person is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cockpit.events import MoneyAsked, MoneyReserved, TaskWaitsForMoney
from cockpit.fold import slots
from cockpit.policy import budget, estimates
from cockpit.policy.actions import NOTHING, Decision
from cockpit.policy.budget import Ask
from cockpit.policy.rules import Rules
from cockpit.reserves import review_key, run_key
from cockpit.state import Run, State, Task, TaskState


def keep(state: State, rules: Rules, now: float) -> Decision:
    """What runs in flight lack: a reserve, where a cap came later; their review's, where one was spent."""
    night = state.night
    if night is None or not night.is_open or not budget.has_caps(state):
        return NOTHING
    need = estimates.review_money(state, rules)
    known = slots.slots(state)
    for number in sorted({*known.owed, *(known.held.below(need - budget.LEAST) if need else ())}):
        run = state.agent_run(number)
        task = state.tasks.get(run.task) if run else None
        if run is None or task is None:
            continue
        if run_key(run.id) not in state.reserves and rules.reserves:
            return _first(state, rules, now, run, task)
        if run.live and _has_review_money(state, task, need):
            continue
        if is_too_little_to_start(state, rules, run, task):
            return extend(state, rules, now, run, task)
        if lack := lacks_review(state, rules, task):
            asked = Ask(lack, estimates.REVIEWER, task.category)
            if budget.refusal(state, [asked], rules.calendar(now)) is None:
                return _record(MoneyReserved(task.id, run.id, lack, review=True))
    return NOTHING


def _has_review_money(state: State, task: Task, need: float | None) -> bool:
    """Whether all that its review may need is set aside."""
    held = state.reserves.get(review_key(task.id))
    return not need or (held is not None and (held.call or need - held.usd <= budget.LEAST))


def is_too_little_to_start(state: State, rules: Rules, run: Run, task: Task) -> bool:
    """Another process of the run is due, and what is left could not even pay one answer: a CLI asks for one always."""
    held = state.reserves.get(run_key(run.id))
    if held is None or run.live or task.state not in (TaskState.CLAIMED, TaskState.WORKING, TaskState.REWORK):
        return False
    if held.usd >= max((usd or 0.0 for usd in rules.hold_back.values()), default=0.0) + estimates.LEAST_USD:
        return False  # whichever model it goes to
    answer = rules.held_back(rules.route(task).models) or 0.0
    return held.usd + budget.LEAST < answer + (estimates.LEAST_USD if answer else 0.0)


def lacks_review(state: State, rules: Rules, task: Task) -> float:
    """How much more must be set aside before the task can be reviewed; nothing without caps."""
    need = estimates.review_money(state, rules)
    if _has_review_money(state, task, need) or not estimates.has_review(task):
        return 0.0
    if not need or not budget.has_caps(state):
        return 0.0
    held = state.reserves.get(review_key(task.id))
    if held is not None and held.call:
        return 0.0
    left = need - (held.usd if held else 0.0)
    return left if left > budget.LEAST else 0.0


def review_money_first(state: State, rules: Rules, now: float, task: Task) -> Decision | None:
    """What must come before a task's review: its money. None where that is there."""
    lack = lacks_review(state, rules, task)
    if not lack:
        return None
    if _review_refused(state, rules, now, task, lack) is not None:
        return WAITS
    return _record(MoneyReserved(task.id, task.run or "", lack, review=True))


WAITS = Decision()
"""Others may free the money that a review needs; told apart by being this very one."""


def give_way(state: State, rules: Rules, now: float, waiting: Sequence[Task]) -> Decision:
    """Where all who hold a slot wait for a review's money, nobody will free any: the last of them asks a person.

    That gives back what was set aside for its run, and those before it may go on.
    """
    names = {task.id for task in waiting}
    if not waiting or any(agent.run and agent.task not in names for agent in state.agents.values()):
        return NOTHING
    task = waiting[-1]
    refused = _review_refused(state, rules, now, task, lacks_review(state, rules, task))
    words = f"there is no money for its review: {refused}"
    return _record(MoneyAsked(task.id, task.run or "", _next_reserve(state, rules, task), words))


def _review_refused(state: State, rules: Rules, now: float, task: Task, lack: float) -> budget.Refused | None:
    return budget.refusal(state, [Ask(lack, estimates.REVIEWER, task.category)], rules.calendar(now))


def extend(state: State, rules: Rules, now: float, run: Run, task: Task) -> Decision:
    """A run's reserve is used up: set aside as much again, within bounds, else ask; its work is kept either way."""
    more = estimates.extension(state, rules, task)
    held = state.reserves.get(run_key(run.id))
    times = held.extended if held else 0
    asked = Ask(more, task.works_as, task.category)
    refused: budget.Refused | str | None = budget.refusal(state, [asked], rules.calendar(now))
    most = estimates.role_budget(rules, task)
    if most is not None and run.usd + more > most + budget.LEAST:
        refused = f"[roles.{task.works_as}] budget_usd lets one run have ${most:.2f}"
    if refused is None and times < rules.extensions:
        why = f"its reserve was used up and is ${more:.2f} larger now ({times + 1} of {rules.extensions} times)"
        return _record(MoneyReserved(task.id, run.id, more, extends=True, why=why))
    why = str(refused) if refused is not None else f"it was made larger {times} times already"
    reason = f"its reserve is used up at ${run.usd:.2f}, and {why}; its work is kept"
    return _record(MoneyAsked(task.id, run.id, _next_reserve(state, rules, task), reason))


def waits(state: State, rules: Rules, now: float, tasks: Iterable[Task]) -> tuple[TaskWaitsForMoney, ...]:
    """Say of tasks that could start which cap holds them back, once; `tasks` are in the order of the queue."""
    made: list[TaskWaitsForMoney] = []
    days = rules.calendar(now)
    blocked = False
    for task in tasks:
        if blocked and not estimates.may_refuse(rules):
            break  # nothing more is said of those behind
        sized = estimates.estimate(state, rules, task)
        if sized.unpriced or sized.refused:
            why = sized.refused or unpriced(sized.unpriced)
            if (sized.refused or budget.has_caps(state)) and task.waits_why != why:
                made.append(TaskWaitsForMoney(task.id, "", 0.0, why))
            continue
        refused = None if blocked else budget.refusal(state, estimates.asks(task, sized), days)
        if refused is None:
            if (task.waits_usd or task.waits_why) and not blocked:
                made.append(TaskWaitsForMoney(task.id, "", 0.0))
            continue
        blocked = refused.is_for_all
        if (task.waits_cap, round(task.waits_usd, 2)) != (refused.cap.name, round(refused.usd, 2)):
            made.append(TaskWaitsForMoney(task.id, refused.cap.name, refused.usd))
    return tuple(made)


def unpriced(model: str) -> str:
    """Why a model without a price does not start under a cap, and what to do."""
    return (
        f"nobody knows the price of {model}, so no cap could be held: give one in cockpit.toml, "
        f'[prices."{model}"] input = USD, output = USD for a million tokens'
    )


def _first(state: State, rules: Rules, now: float, run: Run, task: Task) -> Decision:
    """A run that began when there was no cap gets a reserve, and goes on under it in another process."""
    sized = estimates.estimate(state, rules, task)
    asked = Ask(sized.run, task.works_as, task.category)
    if sized.unpriced or sized.refused:
        return _record(MoneyAsked(task.id, run.id, 0.0, sized.refused or unpriced(sized.unpriced)))
    refused = budget.refusal(state, [asked], rules.calendar(now))
    if refused is not None:
        words = f"there is a cap now, and {refused}; its work is kept"
        return _record(MoneyAsked(task.id, run.id, sized.usd, words))
    return _record(MoneyReserved(task.id, run.id, sized.run, why="there is a cap now, and it goes on under it"))


def _next_reserve(state: State, rules: Rules, task: Task) -> float:
    return estimates.estimate(state, rules, task).usd


def _record(event: MoneyReserved | MoneyAsked) -> Decision:
    return Decision(records=(event,))
