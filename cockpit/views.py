"""Small readings of State that several views share: what waits for a person, money and times in words."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from cockpit import asked
from cockpit.git_facts import lost_text
from cockpit.policy import cap, room
from cockpit.policy.forecast import clashes
from cockpit.policy.gating import overrulable, says
from cockpit.pull_words import pull_text, waits_on_github
from cockpit.questions import Question
from cockpit.state import SETTLED, Agent, Plan, State, Taken, Task, TaskState
from cockpit.words import clock, cost, duration, money, size, spent_text

__all__ = [
    "BREAKER",
    "BUDGET",
    "DISK",
    "HELD",
    "PLAN",
    "PLAN_FAILED",
    "Waiting",
    "clash_text",
    "clock",
    "cost",
    "duration",
    "inbox",
    "money",
    "ready_and_green",
    "spent_text",
    "undone_text",
    "waits_for_you",
]

HELD = "held-"
"""Begins the id of the inbox's entry for an agent that pauses because of its conflicts."""

DISK = "disk"
"""The id of the inbox's entry for worktrees that take all the room they may."""

PLAN = "plan"
"""The id of the inbox's entry for a plan that a planner proposes."""

PLAN_FAILED = "plan-failed"
"""The id of the inbox's entry for a plan that came to nothing."""

BUDGET = "budget"
BREAKER = "breaker"
"""The id of the inbox's entry for a night that the budget stopped."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that only a person can decide."""

    id: str
    """The task's, where it is about one."""
    title: str
    why: str
    do: str
    """What to do about it, without a screen."""
    since: float
    task: Task | None = None
    agent: int | None = None
    """The agent that it is about: whose conversation a person has, or (`held-…`) one that pauses."""
    question: Question | None = None
    """What an agent asks, where it is about that; the id is the question's then."""


def inbox(state: State) -> list[Waiting]:
    """Everything that only a person can decide, oldest first."""
    found = [Waiting(task.id, task.title, why, do, task.since, task) for task, why, do in waits_for_you(state)]
    found += [_asked(state, question) for question in state.open_questions()]
    found += [_taken(state, agent, agent.taken) for agent in state.agents.values() if agent.taken is not None]
    found += [_held(state, agent) for agent in state.agents.values() if agent.paused and agent.held]
    if state.night is not None and not state.night.ended and room.is_full(state):
        found.append(_full(state))
    if cap.needs_a_decision(state):
        found.append(_budget(state))
    if state.breaker is not None and (state.night is None or not state.night.ended):
        do = "Mend it (`cockpit doctor` helps), then `cockpit resume --now`"
        found.append(Waiting(BREAKER, "Agents die at once, none is started", state.breaker.why, do, state.breaker.at))
    if state.plan is not None and state.plan.is_proposed:
        found.append(_planned(state.plan))
    if state.plan is not None and state.plan.failed:
        found.append(_no_plan(state.plan))
    return sorted(found, key=lambda entry: entry.since)


def _planned(plan: Plan) -> Waiting:
    of, count = ", ".join(name.rpartition("/")[2] for name in plan.files), len(plan.drafts)
    doubts = f"; {len(plan.warnings)} thing{'s' if len(plan.warnings) != 1 else ''} to look at" if plan.warnings else ""
    why = f"{count} task{'s' if count != 1 else ''}, none of which is in the queue before you agree{doubts}"
    do = "`cockpit plan --show`, then `--accept`, `--edit` or `--discard`"
    return Waiting(PLAN, f"A plan of {of}", why, do, plan.made)


def _no_plan(plan: Plan) -> Waiting:
    of = ", ".join(name.rpartition("/")[2] for name in plan.files)
    why = f"{plan.failed}. Nothing was added"
    section = f" --section {quote(plan.section)}" if plan.section else ""
    do = (
        f"`cockpit plan --ai {' '.join(map(quote, plan.files))}{section}` asks again, `cockpit plan --discard` drops it"
    )
    return Waiting(PLAN_FAILED, f"No plan came of {of}", why, do, plan.failed_at or plan.asked)


def _asked(state: State, question: Question) -> Waiting:
    run = state.runs.get(question.run)
    task = state.tasks.get(run.task) if run else None
    title = task.title if task else question.run or f"{question.asker} asks by a tool"
    return Waiting(question.id, title, asked.why(question), asked.how(question), question.at, task, question=question)


def _taken(state: State, agent: Agent, taken: Taken) -> Waiting:
    task = state.tasks.get(agent.task) if agent.task else None
    why = f"{agent.name} is with {taken.by} since {clock(taken.at)}: its automation pauses until it is handed back"
    if not taken.is_free:
        why = f"{agent.name} is being ended, so that you can take its conversation over"
    do = f"`cockpit handback {agent.number}` lets it go on; `cockpit takeover {agent.number}` goes in again"
    return Waiting(agent.name, task.title if task else "", why, do, taken.at, task, agent.number)


def _held(state: State, agent: Agent) -> Waiting:
    named = [state.tasks[name].title if name in state.tasks else name for name in agent.held[:1]]
    why = (
        f"{agent.name} pauses: {len(agent.held)} of its tasks conflict with what landed ({', '.join(agent.held)}). "
        "Look at them first, or let it go on"
    )
    do = f"`cockpit resume {agent.number}` lets it go on; `cockpit task show {agent.held[0]}` shows both sides"
    return Waiting(HELD + agent.name, named[0], why, do, agent.held_at, agent=agent.number)


def _full(state: State) -> Waiting:
    why = f"worktrees take {size(state.git.disk_bytes)} of {size(state.git.disk_limit)}, so nothing new starts"
    do = "`cockpit clean --older-than 0` makes room; [repository] worktrees_gb in cockpit.toml allows more"
    return Waiting(DISK, "The worktrees' room is used up", why, do, state.git.disk_at)


def _budget(state: State) -> Waiting:
    assert state.night is not None
    night, left = state.night, sum(task.state not in SETTLED for task in state.tasks.values())
    why = f"spent {spent_text(state.spent_usd, night.cap_usd)}; {left} task{'s are' if left != 1 else ' is'} not done"
    if least := cap.least_start(state):
        why += f"; the next start needs {money(least)} to be set aside"
    do = "`cockpit budget --night USD` raises the cap and goes on, `cockpit stop` leaves it at that"
    return Waiting(BUDGET, "The budget stopped the night", why, do, night.stopped_at or night.started)


def waits_for_you(state: State) -> list[tuple[Task, str, str]]:
    """What only a person can decide, oldest first: the task, why, and what to do about it."""
    found = [(task, *reason) for task in state.tasks.values() if (reason := _why_and_what(state, task)) is not None]
    return sorted(found, key=lambda entry: entry[0].since)


def clash_text(state: State, task: Task) -> str:
    """`T5 in app.py, cli.py; the target in app.py`: the conflicts that are forecast for a task's work."""
    return "; ".join(f"{clash.other or 'the target'} in {_some(clash.files)}" for clash in clashes(state, task))


def _some(files: tuple[str, ...]) -> str:
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def ready_and_green(state: State) -> list[Task]:
    """The tasks that wait for nothing but a yes, and whose gates all passed; oldest first."""
    found = [
        task
        for task in state.tasks.values()
        if task.state is TaskState.READY and task.is_green and not (task.lost or task.asks)
    ]
    return sorted(found, key=lambda task: task.since)


def role_mark(role: str) -> str:
    """A role's letter, which says it where there is no colour: `E` for the explorer."""
    return role[:1].upper()


def route_text(state: State, task: Task) -> str:
    """Which role and model a task went to, and why; empty before it was begun."""
    run = state.task_run(task)
    if run is None or not run.route_why:
        return ""
    return f"{run.model}: {run.route_why}" if run.model else run.route_why


def good_text(state: State) -> str:
    """What is good of work that waits for nothing but a yes; without reviews it says so."""
    has_review = state.night is None or state.night.review
    return "gates and review are good" if has_review else "the gates are good, and nobody reviews this night"


def undone_text(state: State, task: Task) -> str:
    """`rolled back by T9` of a landed task, or that T9 is just doing it; empty for all others."""
    if by := state.undone_by(task):
        return f"rolled back by {by.id}"
    by = state.being_undone_by(task)
    return f"{by.id} is to roll it back" if by else ""


def told_text(state: State, task: Task) -> str:
    """`40 % at 02:13: the parser is written`: what the agent itself says of its progress, where it did."""
    run = state.task_run(task)
    if run is None or not run.told:
        return ""
    share = "" if run.told_done is None else f"{round(run.told_done * 100)} % "
    return f"{share}at {clock(run.told_at)}: {run.told}"


def _why_and_what(state: State, task: Task) -> tuple[str, str] | None:
    night = state.night
    match task.state:
        case TaskState.READY:
            by_itself = night is not None and night.is_open and (task.merge or night.merge) == "auto"
            if said := asked_text(task):
                return f"only you can let it through: {said}", _desk(task)
            if task.lost:
                return f"{good_text(state)}, but it would drop {lost_text(task.lost)}", _desk(task)
            if by_itself:
                return waits_on_github(state, task)
            shown = pull_text(state, task)
            said = f"{good_text(state)}; {f'pull request {shown}; ' if shown else ''}it waits for your yes"
            return said, _desk(task)
        case TaskState.ESCALATED if task.asks_usd:
            more = f"`cockpit budget --task {task.id}` gives it {money(task.asks_usd)} est. more"
            return task.reason, f"{more} (`--task {task.id}=USD` another sum), or `cockpit task skip {task.id}`"
        case TaskState.ESCALATED:
            yes = _overruling(task)
            return task.reason, f"{yes}`cockpit reject {task.id} -m …`, or `cockpit task retry {task.id}`"
        case TaskState.MERGING if task.stumble:
            return (
                task.stumble,
                f"Make room for it; then it merges by itself, or at once with `cockpit approve {task.id}`",
            )
        case _:
            return None


def asked_text(task: Task) -> str:
    """What the gates say because of which only a person may let a task through."""
    names = tuple({*task.asks, *(gate.name for gate in task.gates if gate.asks)})
    return says(task, names) if names else ""


def _overruling(task: Task) -> str:
    """How an escalated task can be merged all the same, where it can."""
    if task.is_green:
        return f"`cockpit approve {task.id}`, "
    return f"`cockpit approve {task.id} --anyway`, " if overrulable(task) else ""


def _desk(task: Task) -> str:
    return f"`cockpit approve {task.id}` or `cockpit reject {task.id} -m …`"
