"""What a person's command comes to: events, and an answer in words. Pure.

A command that can't be carried out is refused with what is wrong and what would work; nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from cockpit import events
from cockpit.commands import (
    AddTasks,
    AgreePlan,
    AnswerQuestion,
    Approve,
    AskIdea,
    AskPerson,
    AskPlan,
    ChangeCap,
    ChangeNight,
    ChangePlan,
    Clean,
    Command,
    DiscardPlan,
    EditTask,
    EmergencyStop,
    GrantMoney,
    HandBack,
    Kill,
    Message,
    MoveTask,
    Pause,
    Prioritise,
    PromoteTask,
    ReassignTask,
    Reject,
    RemoveContext,
    Resume,
    RetryTask,
    RollBack,
    ShareContext,
    SkipTask,
    StartNight,
    StopAsking,
    StopNight,
    SwitchCategory,
    SyncGitHub,
    TakeOver,
    TellProgress,
    TryAgain,
)
from cockpit.policy import (
    answers,
    board_requests,
    budget,
    cap,
    cleaning,
    controls,
    gating,
    idea_requests,
    issues,
    order,
    plan_requests,
    rollback,
    takeover,
    talk,
)
from cockpit.policy.asking import Refused
from cockpit.policy.asking import find as _find
from cockpit.policy.comments import rework_text
from cockpit.policy.routing import ROLES
from cockpit.questions import BadAnswer, in_words, resolve
from cockpit.reserves import Calendar, utc
from cockpit.state import RESTING, SETTLED, Answer, State, TaskDraft, TaskState

MAX_AGENTS = 10

Outcome = tuple[tuple[events.Event, ...], Answer]


def answer(state: State, name: str, command: object, by: str, now: float, calendar: Calendar = utc) -> Outcome:
    """The events that a command comes to, and what to say. `name` is the command's id."""
    try:
        if isinstance(command, str):
            raise Refused(f"this version knows no command {command!r}; use the version that gave it")
        made, message = _handle(state, name, command, by, now, calendar)  # type: ignore[arg-type]  # see State.pending
    except Refused as refusal:
        return (), Answer(False, str(refusal))
    if made and state.halt is not None and not any(isinstance(event, events.HaltLifted) for event in made):
        message += "; nothing moves before you let the night go on, after the emergency stop"
    return tuple(made), Answer(True, message)


def _handle(
    state: State, name: str, command: Command, by: str, now: float, calendar: Calendar
) -> tuple[Sequence[events.Event], str]:
    match command:
        case StartNight():
            return _start(state, command, now)
        case StopNight():
            return _stop(state, by)
        case EmergencyStop(seconds=seconds):
            return controls.halt(by, seconds)
        case ChangeNight():
            return _change(state, command, by, now)
        case ChangeCap(cap=name, usd=usd):
            return cap.another(state, name, usd, by, calendar(now))
        case GrantMoney(task=task, usd=usd):
            return cap.granted(state, _find(state, task), usd, by)
        case AddTasks(drafts=drafts):
            return _add(state, drafts)
        case AskPlan() | ChangePlan() | AgreePlan() | DiscardPlan():
            return plan_requests.handle(state, name, command, by, _add)
        case EditTask() | Prioritise() | MoveTask() | ReassignTask() | PromoteTask():
            return board_requests.handle(state, command, by)
        case SkipTask(task=task):
            return _skip(state, task, by, command.reason)
        case RetryTask(task=task):
            return _retry(state, task, by)
        case Approve(task=task):
            return _approve(state, task, by, command.anyway)
        case Reject():
            return _reject(state, command, by)
        case RollBack(task=task):
            return _roll_back(state, task, by)
        case Clean(older_seconds=older):
            return cleaning.asked(state, older, by)
        case SyncGitHub():
            return issues.asked(state, by)
        case Pause() | Resume():
            return _pause_or_resume(state, command, by)
        case TryAgain():
            return controls.try_again(state, by)
        case Kill(agent=agent):
            return _kill(state, agent, by)
        case Message(agent=agent, text=text):
            return _message(state, name, agent, text, by)
        case TakeOver(agent=agent):
            return takeover.take(state, agent, by)
        case HandBack(agent=agent, note=note):
            return takeover.hand_back(state, agent, note, by)
        case ShareContext() | RemoveContext():
            return _context(command, by)
        case AnswerQuestion(question=question, words=words):
            return _answer_question(state, question, words, by)
        case AskPerson() | StopAsking() | TellProgress():
            return talk.handle(state, name, command)
        case AskIdea() | SwitchCategory():
            return idea_requests.handle(state, command, by)
        case _:
            assert_never(command)


def _pause_or_resume(state: State, command: Pause | Resume, by: str) -> tuple[Sequence[events.Event], str]:
    if command.category or command.role:
        return controls.sort_of_work(state, command, by)
    if isinstance(command, Pause):
        return _pause(state, command.agent, by)
    return controls.resume_all(state, by) if command.agent is None else _resume(state, command.agent, by)


def _context(command: ShareContext | RemoveContext, by: str) -> tuple[Sequence[events.Event], str]:
    name = command.name
    if isinstance(command, RemoveContext):
        return [events.ContextRemoved(name, by)], f"{name} is shared no more"
    return [
        events.ContextShared(name, command.title, by=by)
    ], f"{name} is shared with all agents that start from now on"


# ── the night ────────────────────────────────────────────────────────────────────────────────────────


def _start(state: State, command: StartNight, now: float) -> tuple[Sequence[events.Event], str]:
    if not 1 <= command.agents <= MAX_AGENTS:
        raise Refused(f"agents must be 1 to {MAX_AGENTS}, not {command.agents}")
    if command.until is not None and command.until <= now:
        raise Refused("the deadline has passed already; give a later one with --until")
    night = state.night
    if night is not None and not night.ended:
        if night.stopping:
            raise Refused("the night is just stopping; start again when it has ended")
        if command.cap_usd is not None and (
            why := cap.below_what_is_promised(state, command.cap_usd, state.spent_usd, budget.reserved(state))
        ):
            raise Refused(why)
        network = None if command.network else False  # who starts it again has not said that agents may go out
        changed = events.NightChanged(command.agents, command.merge, command.cap_usd, command.until, network)
        return [*controls.lifted(state), changed], "the night goes on with these bounds"
    if all(t.state in RESTING for t in state.tasks.values()) and not command.ideas:
        raise Refused("there is nothing to do; add tasks with `cockpit plan FILE` or the key n")
    started = events.NightStarted(
        night=f"night-{int(now)}",
        agents=command.agents,
        target=command.target,
        merge=command.merge,
        review=command.review,
        cap_usd=command.cap_usd,
        reserve_usd=command.reserve_usd,
        until=command.until,
        network=command.network,
    )
    return [*controls.lifted(state), started], f"{_count(command.agents, 'agent')} at work on {command.target}"


def _stop(state: State, by: str) -> tuple[Sequence[events.Event], str]:
    night = state.night
    if cap.needs_a_decision(state):
        return [events.NightClosed(by)], "the budget stopped the night, and it stays stopped; all work is kept"
    if night is None or night.ended:
        return [], "no night is running"
    if night.stopping:
        return [], "the night is stopping already"
    return [
        *controls.lifted(state, by),
        events.NightStopping("stop", by),
    ], "stopping: nothing new starts, all work is kept"


def _change(state: State, command: ChangeNight, by: str, now: float) -> tuple[Sequence[events.Event], str]:
    if why := cap.refusal(state, command.cap_usd, now):
        raise Refused(why)
    return cap.changed(state, command.cap_usd, by)


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────


def _add(state: State, drafts: Sequence[TaskDraft]) -> tuple[Sequence[events.Event], str]:
    if not drafts:
        raise Refused("no tasks were given")
    if blank := [d for d in drafts if not d.title.strip()]:
        raise Refused(f"a task needs a title ({blank[0].source or 'from you'})")
    if wrong := next(filter(None, map(answers.refusal, drafts)), ""):
        raise Refused(wrong)
    if bad := [d for d in drafts if d.role and d.role not in ROLES]:
        raise Refused(f"there is no role {bad[0].role!r}; there are {', '.join(ROLES)}")
    drafts = answers.expanded(drafts)
    known = {(_document(t.source), t.title): t.id for t in state.tasks.values() if t.source != "you"}
    ids: dict[str, str] = {}
    fresh: list[TaskDraft] = []
    for draft in drafts:
        old = known.get((_document(draft.source), draft.title))
        ids[draft.key] = old or f"T{len(state.tasks) + len(fresh) + 1}"
        if old is None:
            fresh.append(draft)
    rank = order.next_rank(state)
    made = [_added(state, draft, ids, rank + n) for n, draft in enumerate(fresh)]
    there = len(drafts) - len(fresh)
    names = f": {made[0].task}" + (f" to {made[-1].task}" if len(made) > 1 else "") if made else ""
    return made, f"{_count(len(made), 'task')} added{names}" + (f", {there} there already" if there else "")


def _document(source: str) -> str:
    """`PLAN.md` of `PLAN.md:12`: lines move when a plan is edited."""
    return source.rpartition(":")[0] or source


def _added(state: State, draft: TaskDraft, ids: dict[str, str], rank: float) -> events.TaskAdded:
    needs = []
    for key in draft.depends_on:
        name = ids.get(key) or (key if key in state.tasks else None)
        if name is None:
            raise Refused(f"{draft.title!r} depends on {key!r}, which is no task")
        needs.append(name)
    return events.TaskAdded(
        task=ids[draft.key],
        title=draft.title.strip(),
        description=draft.description,
        criteria=draft.criteria,
        kind=draft.kind,
        category=draft.category,
        priority=draft.priority,
        depends_on=tuple(needs),
        files=draft.files,
        merge=draft.merge,
        source=draft.source,
        suggested=draft.suggested,
        rank=rank,
        role=draft.role,
        model=draft.model.strip(),
        subject=draft.subject.strip(),
        part_of=ids.get(draft.part_of, ""),
    )


def _skip(state: State, name: str, by: str, reason: str) -> tuple[Sequence[events.Event], str]:
    task = _find(state, name)
    if task.state in SETTLED:
        raise Refused(f"{task.id} is {task.state} already")
    said = "is refused" if task.state is TaskState.SUGGESTED else "is skipped; its work is kept"
    return [events.TaskSkipped(task.id, by, " ".join(reason.split()))], f"{task.id} {said}"


def _retry(state: State, name: str, by: str) -> tuple[Sequence[events.Event], str]:
    task = _find(state, name)
    if task.state not in (TaskState.FAILED, TaskState.SKIPPED, TaskState.ESCALATED):
        raise Refused(f"{task.id} is {task.state}; only a failed, skipped or escalated task can be retried")
    if task.is_plain_rollback:
        if why := rollback.refusal(state, state.tasks[task.reverts], again=task):
            raise Refused(why)
        return [events.RollbackAsked(task.id, by)], f"{task.id} is tried again"
    if task.asks_usd:
        return cap.granted(state, task, 0.0, by)
    return [events.TaskRetried(task.id, by)], f"{task.id} is queued again"


def _approve(state: State, name: str, by: str, anyway: bool = False) -> tuple[Sequence[events.Event], str]:
    task = _find(state, name)
    if task.state is TaskState.LANDED or (task.state is TaskState.MERGING and not task.stumble):
        return [], f"{task.id} is {task.state} already"
    through = gating.despite(task)
    if task.state is TaskState.ESCALATED and gating.overrulable(task) and not anyway:
        said = gating.says(task, gating.overrulable(task))
        raise Refused(f"{task.id} can't be merged: {said}. `cockpit approve {task.id} --anyway` lets it through")
    if task.state is TaskState.ESCALATED and not task.is_green and not gating.overrulable(task):
        raise Refused(f"{task.id} can't be merged: {task.reason}. Reject it with a note, retry it or skip it")
    if task.state not in (TaskState.READY, TaskState.ESCALATED, TaskState.MERGING):
        raise Refused(f"{task.id} is {state.seen_state(task)}; it can be approved when it is ready")
    said = f", in spite of what it says: {gating.says(task, through)}" if through else ""
    return [events.MergeApproved(task.id, task.head, by, through)], f"{task.id} is approved and merges next{said}"


def _reject(state: State, command: Reject, by: str) -> tuple[Sequence[events.Event], str]:
    task = _find(state, command.task)
    said = rework_text(command.note, [c for c in command.comments if c.text.strip()])
    if not said:
        raise Refused("say what should change: reject needs a note (-m TEXT), or comments on lines")
    if task.state not in (TaskState.READY, TaskState.ESCALATED, TaskState.MERGING):
        raise Refused(f"{task.id} is {state.seen_state(task)}; only work that waits for you can be rejected")
    night = state.night
    when = "now" if night is not None and night.is_open else "when the next night starts"
    return [events.ReworkAsked(task.id, by, said)], f"{task.id} goes back to its agent {when}"


def _roll_back(state: State, name: str, by: str) -> tuple[Sequence[events.Event], str]:
    task = _find(state, name)
    if why := rollback.refusal(state, task):
        raise Refused(why)
    return rollback.asked(state, task, by)


# ── agents ───────────────────────────────────────────────────────────────────────────────────────────


def _numbers(state: State, agent: int | None) -> list[int]:
    if agent is None:
        return sorted(state.agents)
    if agent not in state.agents:
        known = ", ".join(map(str, sorted(state.agents))) or "none: no night was started"
        raise Refused(f"there is no agent-{agent}; there are {known}")
    return [agent]


def _pause(state: State, agent: int | None, by: str) -> tuple[Sequence[events.Event], str]:
    chosen = [n for n in _numbers(state, agent) if not state.agents[n].paused]
    if not chosen:
        return [], "paused already"
    return [events.AgentPaused(n, by) for n in chosen], f"{_names(chosen)} paused"


def _resume(state: State, agent: int, by: str) -> tuple[Sequence[events.Event], str]:
    chosen = [n for n in _numbers(state, agent) if state.agents[n].paused]
    if not chosen:
        return [], "nothing is paused"
    return [events.AgentResumed(n, by) for n in chosen], f"{_names(chosen)} resumed"


def _kill(state: State, agent: int, by: str) -> tuple[Sequence[events.Event], str]:
    _numbers(state, agent)
    run = state.agent_run(agent)
    if run is None:
        raise Refused(f"agent-{agent} runs nothing")
    return [events.KillAsked(run.id, by)], f"agent-{agent} is being killed; its work is kept"


def _message(state: State, name: str, agent: int, text: str, by: str) -> tuple[Sequence[events.Event], str]:
    _numbers(state, agent)
    if not text.strip():
        raise Refused("the message is empty")
    run = state.agent_run(agent)
    task = state.tasks.get(run.task) if run else None
    if run is None or task is None:
        raise Refused(f"agent-{agent} runs nothing; a message needs an agent at work")
    if run.terminal:
        raise Refused(
            f"agent-{agent} is a command in a terminal, where nothing says that a message was read; "
            f"type into its pane, or `cockpit attach {agent}`"
        )
    if task.state is not TaskState.WORKING:
        raise Refused(f"agent-{agent} has ended its turn ({task.id} is {task.state}); reject {task.id} to send it back")
    return [events.MessageSent(name, run.id, text.strip(), by)], f"on its way to agent-{agent}"


def _answer_question(state: State, name: str, words: Sequence[str], by: str) -> tuple[Sequence[events.Event], str]:
    asked = state.questions.get(name) or state.questions.get(name.upper()) or state.questions.get(f"Q{name}")
    if asked is None:
        raise Refused(f"there is no question {name!r}; `cockpit questions` lists what is asked")
    if asked.closed:
        raise Refused(f"{asked.id} can't be answered any more: {asked.closed}")
    if asked.settled:
        raise Refused(f"{asked.id} was answered by {asked.by} already: {in_words(asked)}")
    try:
        resolved = resolve(asked, words)
    except BadAnswer as error:
        raise Refused(str(error)) from error
    made = events.QuestionAnswered(asked.id, asked.run, resolved.text, resolved.allow, by)
    said = resolved.text if not asked.is_permission else "allowed" if resolved.allow else "denied"
    return [made], f"{asked.id} is answered: {said}; on its way to {asked.asker}"


def _names(numbers: Sequence[int]) -> str:
    return ", ".join(f"agent-{n}" for n in numbers)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
