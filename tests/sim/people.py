"""What people do in a simulated night: press anything at any time, and let everything go on in the morning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from cockpit import commands
from cockpit.commands import Command
from cockpit.state import State, TaskChanges, TaskDraft, TaskState
from tests.sim import audit
from tests.sim.scenario import Wish

if TYPE_CHECKING:
    from tests.sim.night import Night

T = TypeVar("T")

Maker = Callable[[State, int], Command | None]


def want(night: Night, wish: Wish) -> None:
    """Give the command that a wish comes to now, if it comes to any."""
    state = night.read()
    if wish.kind == "emergency stop":
        emergency_stop(night)
        return
    if wish.kind == "start":
        command: Command | None = night.begin() if state.night is not None and state.night.ended else None
    else:
        command = MAKERS[wish.kind](state, wish.number)
    if command is not None:
        _say(night, command)


def _say(night: Night, command: Command) -> None:
    night.tell(f"a person: {command}")
    night.count(f"command {type(command).__name__}")
    if isinstance(command, commands.HandBack):
        _work_by_hand(night, command.agent)
    night.give(command)


def _work_by_hand(night: Night, number: int) -> None:
    """What a person did and spent in a conversation before they gave it back."""
    agent = night.read().agents.get(number)
    if agent is not None and agent.run is not None and agent.taken is not None and agent.taken.is_free:
        usd = night.dice.between(0, 0.3, "by hand", agent.run, len(night.log))
        night.truth_usd += usd
        night.by_hand[agent.run] = night.by_hand.get(agent.run, 0.0) + usd


def emergency_stop(night: Night) -> None:
    """Everything is killed, and only then the ledger is told."""
    night.tell("a person: emergency stop")
    night.count("command EmergencyStop")
    night.engine_dies("emergency stop")
    for host in night.hosts():
        host.kill()
    night.give(commands.EmergencyStop())


def come_back(night: Night) -> None:
    """The user is there again: nothing stays held, taken over or halted."""
    night.tell("the morning")
    audit.before_the_morning(night)
    night.git.is_dirty = night.ledger.is_full = False
    _say(night, commands.Resume())
    for agent in night.read().agents.values():
        if agent.taken is not None and agent.taken.is_free:
            _say(night, commands.HandBack(agent.number))
    night.later(1800.0, lambda: _again(night))


def _again(night: Night) -> None:
    """Whoever asked for a conversation just before has it only now."""
    for agent in night.read().agents.values():
        if agent.taken is not None and agent.taken.is_free:
            _say(night, commands.HandBack(agent.number))


def have_enough(night: Night) -> None:
    """The user stops a night that still goes on."""
    state = night.read()
    if state.night is not None and not state.night.ended:
        _say(night, commands.StopNight())
        night.later(600.0, lambda: night.somebody_looks())


# ── one maker for each wish ──────────────────────────────────────────────────────────────────────────


def _one(options: Sequence[T], number: int) -> T | None:
    return options[number % len(options)] if options else None


def _task(state: State, number: int, *wanted: TaskState) -> str:
    """A task; mostly one in the states where the wish makes sense."""
    fit = [t.id for t in state.tasks.values() if t.state in wanted] if number % 5 else []
    return _one(fit or list(state.tasks), number // 5) or "T1"


def _agent(number: int) -> int:
    return 1 + number % 4


def _busy(state: State, number: int) -> int:
    busy = [a.number for a in state.agents.values() if a.run]
    return _one(busy, number) or _agent(number)


def _pause(state: State, number: int) -> Command:
    return commands.Pause(None if number % 7 == 0 else _busy(state, number))


def _resume(state: State, number: int) -> Command | None:
    held = [a.number for a in state.agents.values() if a.paused]
    agent = _one(held, number)
    return None if agent is None else commands.Resume(agent)


def _reject(state: State, number: int) -> Command:
    name = _task(state, number, TaskState.READY, TaskState.ESCALATED, TaskState.MERGING)
    return commands.Reject(name, "do it another way")


def _edit(state: State, number: int) -> Command:
    name, other = _task(state, number), _task(state, number // 3)
    changes = (
        TaskChanges(title="better", description="more words"),
        TaskChanges(depends_on=(other,)),
        TaskChanges(depends_on=()),
        TaskChanges(category="docs", merge="ask"),
    )
    return commands.EditTask(name, changes[number % 4])


def _add(state: State, number: int) -> Command:
    needs = (_task(state, number),) if number % 2 and state.tasks else ()
    return commands.AddTasks((TaskDraft("n", f"one more {number}", depends_on=needs, source=f"NEW.md:{number}"),))


def _answer(state: State, number: int) -> Command | None:
    question = _one(state.open_questions(), number)
    return None if question is None else commands.AnswerQuestion(question.id, ("1",))


def _message(state: State, number: int) -> Command | None:
    working = [a.number for a in state.agents.values() if a.task and state.tasks[a.task].state is TaskState.WORKING]
    agent = _one(working, number)
    return None if agent is None else commands.Message(agent, "mind the tests")


def _release(state: State, number: int) -> Command | None:
    hold = _one(state.holds, number)
    if hold is None:
        return None
    return commands.Resume(category=hold.name) if hold.what == "category" else commands.Resume(role=hold.name)


def _cap(state: State, factor: float) -> Command | None:
    if state.night is None:
        return None
    return commands.ChangeNight(round(max(state.night.cap_usd or 0.0, state.spent_usd, 0.1) * factor, 2))


def _hand_back(state: State, number: int) -> Command | None:
    taken = [a.number for a in state.agents.values() if a.taken is not None]
    agent = _one(taken, number)
    return None if agent is None else commands.HandBack(agent, "I did a part")


def _agents(state: State, number: int) -> Command | None:
    night = state.night
    if night is None or not night.is_open:
        return None
    return commands.StartNight(1 + number % 10, night.target, night.merge, night.review, night.cap_usd)


_S = TaskState
MAKERS: Mapping[str, Maker] = {
    "pause": _pause,
    "resume": _resume,
    "resume all": lambda state, n: commands.Resume(),
    "kill": lambda state, n: commands.Kill(_busy(state, n)),
    "reassign": lambda state, n: commands.ReassignTask(
        _task(state, n, _S.WORKING, _S.QUEUED), _one((1, 2, 3, None), n)
    ),
    "approve": lambda state, n: commands.Approve(_task(state, n, _S.READY, _S.ESCALATED)),
    "reject": _reject,
    "skip": lambda state, n: commands.SkipTask(_task(state, n)),
    "retry": lambda state, n: commands.RetryTask(_task(state, n, _S.ESCALATED, _S.SKIPPED, _S.FAILED)),
    "edit": _edit,
    "prioritise": lambda state, n: commands.Prioritise(_task(state, n), 1 if n % 2 else -1),
    "move": lambda state, n: commands.MoveTask(_task(state, n, _S.QUEUED), steps=n % 5 - 2),
    "promote": lambda state, n: commands.PromoteTask(_task(state, n, _S.SUGGESTED)),
    "add": _add,
    "suggest": lambda state, n: commands.AddTasks((TaskDraft("i", f"idea {n}", source="idea", suggested=True),)),
    "answer": _answer,
    "message": _message,
    "hold": lambda state, n: commands.Pause(category=("docs", "testing")[n % 2]),
    "hold reviewer": lambda state, n: commands.Pause(role=("reviewer", "builder")[n % 2]),
    "release": _release,
    "raise cap": lambda state, n: _cap(state, 1.5),
    "lower cap": lambda state, n: _cap(state, 0.7),
    "stop": lambda state, n: commands.StopNight(),
    "roll back": lambda state, n: commands.RollBack(_task(state, n, _S.LANDED)),
    "take over": lambda state, n: commands.TakeOver(_busy(state, n)),
    "hand back": _hand_back,
    "agents": _agents,
}
"""How each wish of `scenario.WISHES` becomes a command, but for those that do more."""
