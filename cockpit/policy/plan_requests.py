"""What a person's wishes about a proposed plan come to: ask for one, change it, agree, discard. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cockpit import events
from cockpit.commands import AgreePlan, AskPlan, ChangePlan, DiscardPlan
from cockpit.policy import planning
from cockpit.policy.asking import Refused
from cockpit.state import Plan, State, TaskDraft

PlanCommand = AskPlan | ChangePlan | AgreePlan | DiscardPlan

Said = tuple[Sequence[events.Event], str]

Add = Callable[[State, Sequence[TaskDraft]], Said]
"""How drafts enter the queue, whatever they come from."""

MOST_TASKS = 60
"""One plan of more tasks than this is several."""


def handle(state: State, name: str, command: PlanCommand, by: str, add: Add) -> Said:
    """The events that a command comes to, and what to say; `name` is its id. Raises Refused."""
    match command:
        case AskPlan():
            return ask(state, name, command, by)
        case ChangePlan(drafts=drafts, version=version):
            return change(state, drafts, version, by)
        case AgreePlan(version=version):
            return agree(state, version, by, add)
        case DiscardPlan():
            return discard(state, by)


def ask(state: State, name: str, wanted: AskPlan, by: str) -> Said:
    """Have a plan made; one at a time, so that none is lost unseen."""
    if not wanted.files or not all(path.strip() for path in wanted.files):
        raise Refused("say which files to plan from: notes, a specification, any text")
    if (wanted.least, wanted.most) != (0, 0) and not 1 <= wanted.least <= wanted.most <= MOST_TASKS:
        raise Refused(f"{wanted.least} to {wanted.most} tasks can't be asked for: say 1 to {MOST_TASKS}, fewer first")
    if state.plan is not None and state.plan.is_asked:
        raise Refused("the planner is at work already; `cockpit plan --discard` has it leave off")
    if state.plan is not None and state.plan.is_proposed:
        raise Refused(f"a plan of {len(state.plan.drafts)} tasks waits for your answer: {HOW}")
    if state.halt is not None:
        raise Refused("nothing is begun after the emergency stop; `cockpit resume --all` lets things go on")
    asked = events.PlanAsked(name, wanted.files, wanted.section.strip(), wanted.least, wanted.most, by)
    return [asked], f"the planner is asked to plan {', '.join(wanted.files)}; nothing runs before you agree"


HOW = "`cockpit plan --show`, `--edit`, `--accept` or `--discard`; or the key for it on the screen"


def proposed(state: State, version: int | None = None) -> Plan:
    """The plan that waits for an answer. Raises Refused."""
    plan = state.plan
    if plan is None:
        raise Refused("no plan is proposed; `cockpit plan --ai FILE` asks for one")
    if plan.is_asked:
        raise Refused("the planner is still at work; `cockpit plan --discard` has it leave off")
    if plan.failed:
        raise Refused(f"there is no plan: {plan.failed}")
    if version is not None and version != plan.version:
        raise Refused("the plan was changed meanwhile; look at it again")
    return plan


def change(state: State, drafts: Sequence[TaskDraft], version: int, by: str) -> Said:
    """Put other tasks in place of the proposed ones; what can't be is refused, the rest warned of."""
    plan = proposed(state, version)
    if not drafts:
        raise Refused("a plan without tasks is none; `cockpit plan --discard` drops it")
    if blank := [draft for draft in drafts if not draft.title.strip()]:
        raise Refused(f"task {blank[0].key} needs a title")
    if len({draft.key for draft in drafts}) < len(drafts):
        raise Refused("two tasks of the plan have the same number")
    _check_needs(state, drafts)
    if tuple(drafts) == plan.drafts:
        return [], "nothing was changed in the plan"
    warnings = planning.problems(drafts, state, planning.Bounds(plan.least, plan.most), plan.absent)
    return [events.PlanChanged(plan.id, tuple(drafts), warnings, by)], f"the plan has {_tasks(len(drafts))} now"


def _check_needs(state: State, drafts: Sequence[TaskDraft]) -> None:
    keys = {draft.key for draft in drafts}
    for draft in drafts:
        for need in draft.depends_on:
            if need == draft.key:
                raise Refused(f"{draft.title!r} can't wait for itself")
            if need not in keys and need not in state.tasks:
                raise Refused(f"{draft.title!r} depends on {need!r}, which is no task")
    if found := planning.circle(drafts):
        raise Refused(f"these tasks would wait for each other: {' → '.join(found)}")


def agree(state: State, version: int | None, by: str, add: Add) -> Said:
    """Put the proposed tasks into the queue, all or none."""
    plan = proposed(state, version)
    made, said = add(state, plan.drafts)
    names = tuple(event.task for event in made if isinstance(event, events.TaskAdded))
    return [*made, events.PlanAgreed(plan.id, names, by)], said


def discard(state: State, by: str) -> Said:
    """Drop the plan, made or not."""
    plan = state.plan
    if plan is None:
        raise Refused("no plan is proposed")
    what = "the planner leaves off" if plan.is_asked else "the plan is dropped; nothing of it was added"
    what = "the plan that came to nothing is forgotten" if plan.failed else what
    return [events.PlanDiscarded(plan.id, by)], what


def _tasks(count: int) -> str:
    return f"{count} task{'s' if count != 1 else ''}"
