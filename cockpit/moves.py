"""What a key comes to: a command, perhaps after a question, or a sentence that says why not now. Pure.

The engine decides what may be done; this only spares a person the round trip where the answer is plain from
what is on the screen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cockpit.commands import (
    Approve,
    Command,
    Kill,
    Pause,
    Resume,
    RetryTask,
    RollBack,
    SkipTask,
    StartNight,
    StopNight,
    SyncGitHub,
    TakeOver,
    TryAgain,
)
from cockpit.policy import cap
from cockpit.policy.gating import overrulable, says
from cockpit.state import RESTING, SETTLED, Agent, State, Task, TaskState
from cockpit.text import plain
from cockpit.views import asked_text, clock, money, ready_and_green, waits_for_you


@dataclass(frozen=True, slots=True)
class Give:
    """A command to give; where there is a question, only after a yes to it."""

    command: Command
    question: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the key does nothing now, and what would help."""

    why: str


@dataclass(frozen=True, slots=True)
class GiveAll:
    """Several commands to give, after a yes to one question about them."""

    commands: tuple[Command, ...]
    question: str
    detail: str


Move = Give | GiveAll | Refusal

_WAITING = (TaskState.READY, TaskState.ESCALATED, TaskState.MERGING)
_REDOABLE = (TaskState.FAILED, TaskState.SKIPPED, TaskState.ESCALATED)


def approve(state: State, task: Task | None, comments: int = 0) -> Move:
    """Merge a task; asks first where that overrules an escalation, or drops comments that were not sent."""
    if task is None or task.state not in _WAITING:
        return _not_waiting(state, task, "a yes", "it can be approved when it is ready")
    if task.state is TaskState.ESCALATED and (red := overrulable(task)):
        detail = f"{_name(task)}\n{plain(says(task, red))}"
        return Give(Approve(task.id, anyway=True), f"Let {task.id} through in spite of its gate {red[0]}?", detail)
    if task.state is TaskState.ESCALATED and not task.is_green:
        return Refusal(f"{task.id} can't be merged with red gates: send it back, restart it or drop it")
    drops = f"Your {_comments(comments)} on it will be dropped, not sent." if comments else ""
    if task.state is TaskState.ESCALATED:
        why = f"It was escalated: {plain(task.reason)}"
        return Give(Approve(task.id), f"Merge {task.id} anyway?", "\n".join(filter(None, (_name(task), why, drops))))
    if said := asked_text(task):
        detail = "\n".join(filter(None, (_name(task), plain(said), drops)))
        return Give(Approve(task.id), f"Let {task.id} through?", detail)
    if comments:
        return Give(Approve(task.id), f"Merge {task.id} without your comments?", f"{_name(task)}\n{drops}")
    return Give(Approve(task.id))


def approve_all(state: State, commented: Collection[str] = ()) -> Move:
    """Merge all that is ready and green, after naming it; what has unsent comments is left out."""
    green = ready_and_green(state)
    tasks = [task for task in green if task.id not in commented]
    left = [task for task in green if task.id in commented]
    out = f"{_names(left)} {'has' if len(left) == 1 else 'have'} comments that you did not send" if left else ""
    if not tasks:
        return Refusal(f"nothing else is ready and green: {out}" if out else "nothing is ready and green")
    shown = [_name(task) for task in tasks[:6]] + ([f"and {len(tasks) - 6} more"] if len(tasks) > 6 else [])
    question = f"Merge {_names(tasks) if len(tasks) < 4 else f'all {len(tasks)} that are ready and green'}?"
    detail = "\n".join([*shown, *([f"Left out: {out}."] if out else [])])
    return GiveAll(tuple(Approve(task.id) for task in tasks), question, detail)


def reject(state: State, task: Task | None) -> Refusal | None:
    """None where a note is all that is missing to send the task back."""
    if task is None or task.state not in _WAITING:
        return _not_waiting(state, task, "an answer", "only work that waits for you can be sent back")
    return None


def _not_waiting(state: State, task: Task | None, what: str, rule: str) -> Refusal:
    if not waits_for_you(state):
        return Refusal(f"nothing waits for {what}")
    if task is None:
        return Refusal("choose a task first")
    return Refusal(f"{task.id} is {state.seen_state(task)}; {rule}")


def roll_back(state: State, task: Task | None) -> Move:
    """Undo what has landed, after asking; names what was built on it."""
    from cockpit.policy import rollback  # brings the events, which the first paint can do without

    if task is None:
        return Refusal("choose a task first")
    if why := rollback.refusal(state, task):
        return Refusal(why)
    top = rollback.dependants(state, task)
    stays = f"\n{_names(top)} landed on top of it and stay{'s' if len(top) == 1 else ''}." if top else ""
    how = f"Its merge {task.landed[:10]} is undone by a new one, once the gates pass on the result."
    return Give(RollBack(task.id), f"Roll back {task.id}?", f"{_name(task)}\n{how}{stays}")


def retry(state: State, task: Task | None) -> Move:
    """Queue a task again."""
    if task is None:
        return Refusal("choose a task first")
    if task.state not in _REDOABLE:
        return Refusal(
            f"{task.id} is {state.seen_state(task)}; only a failed, skipped or escalated task can be retried"
        )
    return Give(RetryTask(task.id))


def sync(state: State) -> Move:
    """Ask GitHub what is new."""
    if state.github.asked:
        return Refusal("GitHub is being asked already")
    return Give(SyncGitHub())


def skip(state: State, task: Task | None) -> Move:
    """Drop a task, after asking."""
    if task is None:
        return Refusal("choose a task first")
    if task.state in SETTLED:
        return Refusal(f"{task.id} is {task.state} already")
    return Give(SkipTask(task.id), f"Skip {task.id}?", f"{_name(task)}\nIts work is kept; it can be retried.")


def agent_of(state: State, task: Task | None) -> Agent | Refusal:
    """The agent that works on a task now."""
    if task is None:
        return Refusal("choose an agent first")
    if task.agent is None or not state.holds_slot(task):
        return Refusal(f"no agent is on {task.id} now; choose an agent first")
    return state.agents[task.agent]


def pause(agent: Agent) -> Move:
    """Hold an agent, or let it go on."""
    return Give(Resume(agent.number) if agent.paused else Pause(agent.number))


def pause_all(state: State) -> Move:
    """Hold all agents; let all go on where every one is held, or after an emergency stop."""
    if state.halt is not None:
        return Give(Resume())
    if not state.agents:
        return Refusal("there are no agents: no night was started")
    return Give(Resume() if all(a.paused for a in state.agents.values()) else Pause())


def try_again(state: State) -> Move:
    """Don't wait for a limit any longer; start agents again though they died at once."""
    if state.breaker is None and not state.windows and not any(task.parked for task in state.tasks.values()):
        return Refusal("nothing waits for a limit, and agents may start")
    return Give(TryAgain())


def hold(state: State, what: str, name: str) -> Give:
    """Hold a category or a role, or let it go on."""
    held = any((one.what, one.name) == (what, name) for one in state.holds)
    change = Resume if held else Pause
    return Give(change(category=name) if what == "category" else change(role=name))


def kill(state: State, agent: Agent) -> Move:
    """End an agent's run, after asking."""
    task = state.tasks.get(agent.task) if agent.task else None
    if state.agent_run(agent.number) is None or task is None:
        return Refusal(f"{agent.name} runs nothing")
    detail = f"{_name(task)}\nIts work is kept; the task waits for you."
    return Give(Kill(agent.number), f"Kill {agent.name}?", detail)


def take_over(state: State, agent: Agent) -> Move:
    """Have an agent's conversation for oneself."""
    from cockpit.policy import takeover  # brings the events, which the first paint can do without

    why = takeover.refusal(state, agent)
    return Refusal(why) if why else Give(TakeOver(agent.number))


def message(state: State, agent: Agent) -> Refusal | None:
    """None where the agent can be told something."""
    task = state.tasks.get(agent.task) if agent.task else None
    if task is None:
        return Refusal(f"{agent.name} runs nothing; a message needs an agent at work")
    if task.state is not TaskState.WORKING:
        return Refusal(f"{agent.name} has ended its turn: {task.id} is {task.state}")
    return None


def night(state: State, wanted: StartNight, engine: bool) -> Move:
    """Start a night, bring an interrupted one back to life, or stop the one that runs.

    Asks first, but after an emergency stop: there one key lets everything go on.
    """
    now = state.night
    if state.halt is not None:
        return Give(Resume())
    if now is None or now.ended:
        if all(t.state in RESTING for t in state.tasks.values()):
            return Refusal("there is nothing to do: add tasks with n or `cockpit plan FILE`")
        return Give(wanted, "Start the night?", _bounds(wanted))
    if not engine:
        again = StopNight() if now.stopping else _same(state)
        return Give(
            again, "Go on with the night?", "Its engine is gone. A new one takes over where it was; nothing is lost."
        )
    if now.stopping:
        return Refusal("the night is stopping already")
    return Give(
        StopNight(), "Stop the night?", "Nothing new starts. What runs comes to a safe end, and all work is kept."
    )


def leave_stopped(state: State) -> Move:
    """Leave a night at that which the budget stopped, after asking."""
    if not cap.needs_a_decision(state):
        return Refusal("the budget has stopped no night that is still open")
    detail = "It stays stopped. What is not done stays in the queue for another night, and all work is kept."
    return Give(StopNight(), "Leave it at that?", detail)


def _same(state: State) -> StartNight:
    assert state.night is not None
    now = state.night
    return StartNight(
        now.agents, now.target, now.merge, now.review, now.cap_usd, now.reserve_usd, now.until, network=now.network
    )


def _bounds(wanted: StartNight) -> str:
    agents = f"{wanted.agents} agent{'s' if wanted.agents != 1 else ''} on {plain(wanted.target)}"
    yes = "you say yes to each merge" if wanted.merge == "ask" else "merges by itself what gates and review pass"
    cap = f"at most {money(wanted.cap_usd)}" if wanted.cap_usd is not None else "no cap on the money"
    until = f"until {clock(wanted.until)}" if wanted.until is not None else "no deadline"
    return f"{agents}; {yes}.\n{cap[0].upper()}{cap[1:]}; {until}."


def _comments(count: int) -> str:
    return f"{count} comment{'s' if count != 1 else ''}"


def _names(tasks: Sequence[Task]) -> str:
    names = [task.id for task in tasks]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _name(task: Task) -> str:
    return f"{task.id} {' '.join(plain(task.title).split())}"


def name(task: Task) -> str:
    """The task's id and title, as a person may read them."""
    return _name(task)
