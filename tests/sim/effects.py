"""What the engine's effects do in a simulated night, step by step: each yields how long its next step takes.

They record what the real ones record, in the same order and from the same facts; between two steps the engine
may die, a person may change their mind and the world may move.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from cockpit import events
from cockpit.engine import watch
from cockpit.git_facts import Lost
from cockpit.idea_facts import FAILED, NOTHING, Draft
from cockpit.policy import budget, watchdog
from cockpit.policy.actions import (
    Compare,
    Cut,
    Deliver,
    Effect,
    EndRun,
    Ideate,
    Merge,
    Release,
    Reply,
    Review,
    RunGates,
    SendTurn,
    StartRun,
    Suspend,
    Tell,
    Tidy,
    Weigh,
)
from cockpit.state import Clash, GateResult, Run, Task, TaskState, Verdict, Visit
from tests.sim import git
from tests.sim.hosts import RunFiles, commit

if TYPE_CHECKING:
    from tests.sim.night import Night, SimEngine

Steps = Iterator[float | None]


def carry_out(night: Night, engine: SimEngine, effect: Effect) -> Steps:
    """The steps of an effect."""
    match effect:
        case StartRun():
            return _start(night, engine, effect)
        case SendTurn(run=run, restart=restart):
            return _send_turn(night, engine, run, restart)
        case EndRun():
            return _end(night, engine, effect)
        case Cut(run=run):
            return _cut(night, engine, run)
        case Suspend(run=run, stop=stop):
            return _suspend(night, engine, run, stop)
        case Release(run=run):
            return _release(night, engine, run)
        case Deliver(message=message):
            return _deliver(night, engine, message)
        case Reply(run=run, request=request):
            return _reply(night, engine, run, request)
        case RunGates(task=task):
            return _gates(night, engine, task)
        case Review(task=task):
            return _review(night, engine, task)
        case Merge(task=task):
            return _merge(night, engine, task)
        case Compare(of=of):
            return _compare(night, engine, of)
        case Tidy():
            return _tidy(engine)
        case Ideate(idea=idea):
            return _ideate(night, engine, idea)
        case Weigh(idea=idea):
            return _weigh(night, engine, idea)
        case Tell():
            return _tell(night, engine, effect)
        case _:
            raise NotImplementedError(f"simulated nights know no {type(effect).__name__}")


def _tell(night: Night, engine: SimEngine, effect: Tell) -> Steps:
    """A service takes a message, refuses it, or hangs until nobody waits any more."""
    roll = (effect.service, len(night.log))
    hangs, fails = night.happens("service hangs", *roll), night.happens("service fails", *roll)
    yield 30.0 if hangs else night.dice.between(0.1, 3, "service takes", *roll)
    error = "it did not answer" if hangs else "503" if fails else ""
    engine.record(events.NotificationSent(effect.service, effect.notifications, not error, error=error))


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────


def _start(night: Night, engine: SimEngine, effect: StartRun) -> Steps:
    run = engine.state.runs[effect.run]
    task = engine.state.tasks[run.task]
    files = night.files(run)
    if run.live and run.stale:  # it has an older bound; another goes on where it was
        if (host := night.host(run.id)) is not None:
            yield host.leave(at_once=False) + 0.02
        check_dead(night, engine, run.id)
    yield night.dice.between(0.5, 20, "prepares", run.id, len(night.log))
    if night.happens("host dies at once", run.id, len(night.log)):
        engine.record(events.LaunchFailed(run.id, "the host died at once", fatal=False))
        return
    if night.happens("launch fails", run.id, len(files.lines)):
        engine.record(events.LaunchFailed(run.id, "the setup command failed"))
        return
    base = night.git.branches[git.TARGET]
    files.branch = task.branch or files.branch or f"agent-{run.agent}/task-{task.id}"
    night.git.branches.setdefault(files.branch, base)
    paid = _bill(night, run)
    if files.host is None or not files.host.is_alive:
        night.start_host(files, run.agent, budget.remaining(engine.state))
    yield 0.2
    started = events.RunStarted(
        run.id, files.branch, f"agent-{run.agent}", task.base or git.name(base), 1, "m", effect.restart
    )
    engine.record(*paid, started)
    watch.drain(engine, engine.state.runs[run.id])


def _bill(night: Night, run: Run) -> tuple[events.CallPaid, ...]:
    """What a person spent in the conversation."""
    usd = night.by_hand.pop(run.id, 0.0) if run.visit is not None else 0.0
    return (events.CallPaid("you", usd, 10, "m", "cli", run.task),) if usd else ()


def _send_turn(night: Night, engine: SimEngine, name: str, restart: bool) -> Steps:
    host = night.host(name)
    if host is None:
        check_dead(night, engine, name)
        return
    host.say("")
    engine.record(events.TurnSent(name, restart))
    yield 0.0


def check_dead(night: Night, engine: SimEngine, name: str) -> None:
    """Record the end of a run whose host is gone, once."""
    watch.drain(engine, engine.state.runs[name])
    watch.gone(engine, engine.state.runs[name])


def _end(night: Night, engine: SimEngine, effect: EndRun) -> Steps:
    run = engine.state.runs[effect.run]
    host = night.host(run.id)
    if host is not None:
        yield host.leave(at_once=effect.outcome == "killed") + 0.02
    watch.drain(engine, run)
    yield 0.1
    files, task = night.files(run), engine.state.tasks[run.task]
    kept: tuple[events.Event, ...] = ()
    if files.uncommitted and effect.outcome != "done":
        if task.state is TaskState.TESTING:
            _leftovers(night, files)
        else:
            kept = (events.WorkRescued(run.id, f"refs/cockpit/rescue/{run.id}/1", "r1"),)
    yield 0.1
    after = watchdog.after_kill(engine.state, engine.state.runs[run.id]) if effect.outcome == "killed" else ()
    engine.record(*kept, events.RunEnded(run.id, effect.outcome), *after)


def _cut(night: Night, engine: SimEngine, name: str) -> Steps:
    if (host := night.host(name)) is not None:
        yield host.leave(at_once=True) + 0.02
    check_dead(night, engine, name)


def _leftovers(night: Night, files: RunFiles) -> None:
    if files.uncommitted:
        commit(night, files, files.uncommitted)
        files.uncommitted = 0


def _suspend(night: Night, engine: SimEngine, name: str, stop: bool) -> Steps:
    if (host := night.host(name)) is not None:
        host.pause(stop)
    engine.record(events.RunSuspended(name) if stop else events.RunContinued(name))
    yield 0.0


def _release(night: Night, engine: SimEngine, name: str) -> Steps:
    if (host := night.host(name)) is not None:
        yield host.leave(at_once=False) + 0.02
    check_dead(night, engine, name)
    yield 0.2
    run = engine.state.runs[name]
    engine.record(events.TakenOver(run.agent, name, Visit("c0", run.usd)))


def _deliver(night: Night, engine: SimEngine, name: str) -> Steps:
    message = engine.state.messages[name]
    if (host := night.host(message.run)) is not None:
        host.say(name)
        engine.record(events.MessageHanded(name))
    else:
        check_dead(night, engine, message.run)
    yield 0.0


def _reply(night: Night, engine: SimEngine, name: str, request: str) -> Steps:
    if (host := night.host(name)) is not None:
        host.answer(request)
        engine.record(events.AnswerSent(name, request))
    else:
        check_dead(night, engine, name)
    yield 0.0


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────


def _gates(night: Night, engine: SimEngine, name: str) -> Steps:
    task = engine.state.tasks[name]
    if task.is_plain_rollback and not task.branch:
        if not (yield from _roll_back(night, engine, task)):
            return
        task = engine.state.tasks[name]
    target = night.git.branches[git.TARGET]
    yield 0.1
    head = _head(night, engine, task)
    yield 0.1
    if not night.git.new_in(head, target):
        first = GateResult("changes", False, "nothing was changed")
        engine.record(events.GatesFinished(name, git.name(head), git.name(target), "", (first,)))
        return
    if why := _in_the_way(night, task, target, head):
        yield 0.5
        if not _rebased(night, engine, task, target, head, why):
            engine.record(events.ConflictFound(name, git.name(head), git.name(target), ("a.py",), text=why))
        return
    merged = night.git.merge(target, head)
    night.git.merged_for[merged] = name
    yield night.dice.between(*night.gates_take, "gates take", name, head, target)
    if night.happens("gates break down", name, len(night.log)):
        raise OSError("the gates' worktree could not be made")
    passed = night.git.is_green(merged) and not night.happens("flaky gate", name, len(night.log))
    result = GateResult("tests", passed, "" if passed else "1 failed")
    drops = night.happens("drops what landed", name, head, target)
    lost = (Lost("", git.name(target), "a.py", ("a line",), 1),) if drops else ()
    sides = (git.name(head), git.name(target), git.name(merged))
    engine.record(events.GatesFinished(name, *sides, (result,), "+1 -0", lost))


def _head(night: Night, engine: SimEngine, task: Task) -> int:
    """What was approved; before that the branch's commit, what its agent left uncommitted included."""
    if task.state is TaskState.MERGING and task.approved_head:
        return git.number(task.approved_head)
    run = engine.state.task_run(task)
    if task.state is TaskState.TESTING and run is not None and engine.state.holds_slot(task):
        _leftovers(night, night.files(run))
    return night.git.branches[task.branch]


def _in_the_way(night: Night, task: Task, target: int, head: int) -> str:
    """Why git can't merge the two by itself; empty where it can."""
    if not night.git.is_ancestor(git.number(task.base), target):
        return "the target was rewritten"
    return "conflicted in a.py" if night.git.conflicts(target, head) else ""


def _rebased(night: Night, engine: SimEngine, task: Task, target: int, head: int, why: str) -> bool:
    """Whether git could replay the branch on the target by itself; then that is recorded."""
    if task.is_plain_rollback or night.happens("rebase fails", task.id, head, target):
        return False
    replayed = night.git.replay(head, git.number(task.base), target)
    night.git.branches[task.branch] = replayed
    ref = f"refs/cockpit/rescue/{task.run}/9"
    engine.record(events.BranchRebased(task.id, git.name(head), git.name(replayed), git.name(target), ref, why))
    return True


def _roll_back(night: Night, engine: SimEngine, task: Task) -> Generator[float | None, None, bool]:
    """Make the branch that undoes a merge; as a generator's value, whether that was possible."""
    undone = engine.state.tasks[task.reverts]
    target = night.git.branches[git.TARGET]
    if not night.git.is_ancestor(git.number(undone.landed), target):
        engine.record(events.TaskEscalated(task.id, "it is not on the target: there is nothing to roll back"))
        return False
    yield 0.5
    if night.happens("conflict", "revert", task.id, target):
        engine.record(events.TaskEscalated(task.id, "later work changed the same"))
        return False
    head = night.git.undo(git.number(undone.landed), target)
    branch = f"cockpit/rollback-{undone.id}-{task.id}"
    night.git.branches[branch] = head
    engine.record(events.RollbackMade(task.id, branch, git.name(target), git.name(head)))
    return True


def _review(night: Night, engine: SimEngine, name: str) -> Steps:
    task = engine.state.tasks[name]
    key = (name, task.head, task.review_failures)
    yield night.dice.between(20, 600, "review takes", *key)
    usd = night.dice.between(0.01, 0.1, "review costs", *key)
    night.truth_usd += usd
    night.unbooked_usd += usd
    paid = events.CallPaid("reviewer", usd, 10, "m", "cli", name)
    if night.happens("silent reviewer", *key):
        engine.record(paid, events.ReviewFailed(name, "no usable answer"))
    else:
        approve = not night.happens("rework asked", *key)
        engine.record(paid, events.VerdictGiven(name, Verdict(approve, "words", head=task.head)))
    night.unbooked_usd -= usd


def _ideate(night: Night, engine: SimEngine, name: str) -> Steps:
    idea = engine.state.ideas.past[name]
    key = (name, idea.tries)
    yield night.dice.between(5, 200, "idea takes", *key)
    if not (yield from _pays(night, engine, "ideator", *key)):
        engine.record(events.IdeaClosed(name, FAILED, "no usable answer"))
    elif night.happens("nothing found", *key):
        engine.record(events.IdeaClosed(name, NOTHING, "all is well"))
    else:
        number = night.dice.count(1, 9, "idea", *key)
        engine.record(events.IdeaGiven(name, Draft(f"{ABOUT[number % len(ABOUT)]} of module{number}")))


def _weigh(night: Night, engine: SimEngine, name: str) -> Steps:
    yield night.dice.between(5, 200, "weighing takes", name)
    if not (yield from _pays(night, engine, "reviewer", name)):
        engine.record(events.IdeaClosed(name, FAILED, "no usable answer"))
    else:
        engine.record(events.IdeaWeighed(name, not night.happens("not worth it", name), "words"))


ABOUT = ("Test the empty input", "Bound the memory", "Explain the errors", "Speed up the start")


def _pays(night: Night, engine: SimEngine, role: str, name: str, *more: object) -> Generator[float, None, bool]:
    """Book what a call about an idea costs; whether it gave an answer."""
    usd = night.dice.between(0.001, 0.02, role, "costs", name, *more)
    night.truth_usd += usd
    night.unbooked_usd += usd
    engine.record(events.CallPaid(role, usd, 10, "m", "cli", idea=name))
    night.unbooked_usd -= usd
    yield 0.0
    return not night.happens("silent reviewer", role, name, *more)


def _merge(night: Night, engine: SimEngine, name: str) -> Steps:
    task, goes_on = engine.state.tasks[name], engine.state.night
    if goes_on is None:
        return
    yield 0.05
    outcome = night.git.land(git.number(task.target_commit), git.number(task.merged))
    yield 0.05
    if outcome == "moved":
        engine.record(events.TargetMoved(name, git.name(night.git.branches[git.TARGET])))
    elif outcome == "blocked":
        engine.record(events.MergeBlocked(name, "main is checked out with unsaved changes"))
    else:
        engine.record(events.TaskLanded(name, task.merged, goes_on.target, task.diffstat))


def _tidy(engine: SimEngine) -> Steps:
    yield 0.5
    engine.record(events.DiskMeasured(0), events.Cleaned())


def _compare(night: Night, engine: SimEngine, of: tuple[str, ...]) -> Steps:
    yield 0.3
    target = night.git.branches[git.TARGET]
    heads = {task: git.number(head) for task, _, head in (one.partition("@") for one in of) if task != "landed"}
    sides = {"": target, **heads}
    names = list(sides)
    pairs = [(b, a) for n, b in enumerate(names) for a in names[:n]]
    found = tuple(Clash(a, b, ("a.py",)) for a, b in pairs if night.git.conflicts(sides[b], sides[a]))
    engine.record(events.ConflictsForecast(of, found))
