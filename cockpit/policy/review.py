"""Checking work: gates, then the reviewer; what comes back goes to the same agent, within bounds."""

from __future__ import annotations

from functools import lru_cache

from cockpit.events import Event, MergeApproved, ReviewStarted, ReworkAsked, TaskEscalated, TaskReady
from cockpit.fold import slots
from cockpit.policy import answers, budget, delivery, estimates, gating, reserving, rollback, windows
from cockpit.policy.actions import NOTHING, Decision, Review, RunGates, together
from cockpit.policy.rules import Rules
from cockpit.standing import named, of
from cockpit.state import ROLE_OF, GateResult, Kind, Night, State, Task, TaskState, Verdict

REVIEWER = ROLE_OF[Kind.REVIEW]


def check(state: State, rules: Rules, now: float = 0.0) -> Decision:
    """What every task under test or review needs now."""
    night = state.night
    if night is None or not night.is_open:
        return NOTHING
    found: list[Decision] = []
    waiting: list[Task] = []
    begun = _begun(state, rules)
    where = of(state.tasks).open
    others = {*where.get(TaskState.TESTING, ()), *where.get(TaskState.READY, ())}
    if len(reviewed := where.get(TaskState.REVIEWING, {})) > len(begun):
        others |= reviewed.keys() - set(begun)
    for task in named(state, others):
        if state.taken(task) is not None:
            continue  # a person works in its worktree
        match task.state:
            case TaskState.TESTING:
                found.append(tested(task, rules) or answers.answered(task) or _passed(state, task, night, rules, now))
            case TaskState.REVIEWING:
                found.append(_parked(state, task, rules, now) or _reviewed(state, task, rules, night, now))
            case TaskState.READY if gating.is_auto(task, night) and not task.is_flagged:
                if not delivery.is_cleared(state, task, rules, now):
                    continue  # its pull request is not there yet, or not good
                found.append(_record(MergeApproved(task.id, task.head, "policy")))
            case _:
                pass
        if found and found[-1] is reserving.WAITS:
            found.pop()
            waiting.append(task)
    return together([*found, _reviews(begun), reserving.give_way(state, rules, now, waiting)])


def _begun(state: State, rules: Rules) -> tuple[str, ...]:
    """The tasks that wait for nothing but their reviewer's verdict, whose money is set aside."""
    if rules.review_attempts < 1:
        return ()
    known, need = slots.slots(state).reviews, estimates.review_money(state, rules)
    lacking = set(known.below(need - budget.LEAST)) if need and budget.has_caps(state) else ()
    return tuple(name for name in known if name not in lacking) if lacking else known.names()


@lru_cache(4)
def _reviews(names: tuple[str, ...]) -> Decision:
    """The same effects are asked for at each step until they are over."""
    return Decision(effects=tuple(map(_review, names)))


_review = lru_cache(10_000)(Review)


def ready(task: Task, rules: Rules, night: Night) -> TaskReady:
    """Only the yes is missing; whose, if a gate asks."""
    return TaskReady(task.id, gating.asks(task, rules, auto=gating.is_auto(task, night)))


def tested(task: Task, rules: Rules) -> Decision | None:
    """What the gates' results ask for; None where all of them passed."""
    if not task.gated_head:
        return Decision(effects=(RunGates(task.id),))
    failed = gating.failed(task, rules)
    if task.is_plain_rollback and (failed or task.is_conflicted):
        return _record(TaskEscalated(task.id, rollback.gave_up(task, failed)))
    if task.is_conflicted:
        return _conflicted(task, rules)
    return _failed(task, failed, rules) if failed else None


def _conflicted(task: Task, rules: Rules) -> Decision:
    if task.conflicts >= rules.conflict_attempts:
        return _record(TaskEscalated(task.id, f"still {task.reason}, after its agent tried to mend it"))
    text = "" if task.conflict == task.reason else f"\n\n{task.conflict}"
    return _record(ReworkAsked(task.id, "conflict", f"{task.reason}{text}"))


def _failed(task: Task, gate: GateResult, rules: Rules) -> Decision:
    if task.gate_failures >= rules.gate_attempts:
        reason = f"the gate {gate.name} failed again after {task.gate_failures} attempts to mend it"
        return _record(TaskEscalated(task.id, reason))
    return _record(ReworkAsked(task.id, "gates", f"{gate.name}\n{gate.output}"))


def _passed(state: State, task: Task, night: Night, rules: Rules, now: float) -> Decision:
    verdict = task.current_verdict
    if not night.review or (verdict and verdict.approve):
        return _record(ready(task, rules, night))
    if state.is_role_held(REVIEWER) or windows.is_closed(state):
        return NOTHING  # a review that has begun is paid for and comes to its end
    return reserving.review_money_first(state, rules, now, task) or _record(ReviewStarted(task.id))


def _parked(state: State, task: Task, rules: Rules, now: float) -> Decision | None:
    """A review that ran into a limit waits for its end, and is then begun again; None for all others."""
    if not task.parked:
        return None
    return windows.waits(state, rules, task, now) or _record(ReviewStarted(task.id))


def _reviewed(state: State, task: Task, rules: Rules, night: Night, now: float) -> Decision:
    verdict = task.current_verdict
    if verdict is None:
        if task.review_failures >= rules.review_attempts:
            return _record(TaskEscalated(task.id, f"no usable review: {task.reason}"))
        return reserving.review_money_first(state, rules, now, task) or Decision(effects=(Review(task.id),))
    if verdict.approve:
        return _record(ready(task, rules, night))
    if task.cycles >= rules.review_cycles:
        reason = f"the reviewer still asks for changes after {task.cycles} cycles: {verdict.summary}"
        return _record(TaskEscalated(task.id, reason))
    return _record(ReworkAsked(task.id, "reviewer", review_text(verdict)))


def review_text(verdict: Verdict) -> str:
    """The reviewer's words as the builder gets them: what blocks, and which criteria are not met."""
    lines = [verdict.summary]
    lines += [f"- not met: {c.criterion}{f' ({c.note})' if c.note else ''}" for c in verdict.criteria if not c.met]
    for finding in verdict.blocking:
        where = f"{finding.file}:{finding.line}: " if finding.file else ""
        lines.append(f"- {where}{finding.text}")
    return "\n".join(lines)


def _record(event: Event) -> Decision:
    return Decision(records=(event,))
