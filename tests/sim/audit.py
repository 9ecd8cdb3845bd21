"""What must be true of a night: after every event, after every step of the engine, and at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cockpit import events, report
from cockpit.engine.hold import SLOWEST
from cockpit.events import Recorded
from cockpit.fold import fold
from cockpit.policy.actions import Decision
from cockpit.policy.decide import decide
from cockpit.policy.night import is_quiet
from cockpit.policy.schedule import waiting_for_an_agent
from cockpit.state import RESTING, SETTLED, State, Task, TaskState
from cockpit.status_frame import frame
from cockpit.views import inbox
from tests.sim import git, notices
from tests.sim.scenario import HOUR

if TYPE_CHECKING:
    from tests.sim.hosts import RunFiles
    from tests.sim.night import Night, SimEngine

CENT = 1e-6
"""Sums of floats agree to this."""

SAMPLE = 0.05
"""How often a step is decided twice."""


class Violation(AssertionError):
    """A promise was broken; the text says which and how."""


def must(true: object, what: str) -> None:
    """Raise Violation where it is not so."""
    if not true:
        raise Violation(what)


# ── after every event ────────────────────────────────────────────────────────────────────────────────


def after_event(night: Night, before: State, one: Recorded, after: State) -> None:
    """Whatever just happened, these hold."""
    event = one.event
    for name, task in after.tasks.items():
        old = before.tasks.get(name)
        if old is not task:
            _bounded(night, task)
            if old is not None and old.state is not task.state:
                _may_leave(old, task, event)
    must(len(after.tasks) >= len(before.tasks), "a task is lost")
    if after.agents is not before.agents:
        _slots(after)
    if check := CHECKS.get(type(event)):
        check(night, before, event, after)


def _bounded(night: Night, task: Task) -> None:
    rules = night.rules
    must(task.cycles <= rules.review_cycles, f"{task.id} has {task.cycles} review cycles")
    must(task.gate_failures <= rules.gate_attempts, f"{task.id} has {task.gate_failures} gate failures given back")
    must(task.conflicts <= rules.conflict_attempts, f"{task.id} has {task.conflicts} conflicts given back")
    if task.state in _WITH_ITS_AGENT:
        must(task.restarts <= rules.restarts, f"{task.id} has {task.restarts} restarts")


_WITH_ITS_AGENT = frozenset({TaskState.CLAIMED, TaskState.WORKING, TaskState.REWORK})
"""Where `restarts` counts processes; while a task is merging it counts tries of the merge."""

_BY_POLICY = frozenset({"gates", "reviewer", "conflict"})


def _may_leave(old: Task, new: Task, event: events.Event) -> None:
    """What has landed stays landed, and what a person decided stays until a person decides again."""
    match old.state:
        case TaskState.LANDED:
            must(False, f"{old.id} had landed, and is {new.state} by {event}")
        case TaskState.SKIPPED | TaskState.FAILED:
            fine = isinstance(event, events.TaskRetried | events.RollbackAsked | events.TaskLanded)
            must(fine, f"{old.id} was {old.state}, and is {new.state} by {event}")
        case TaskState.ESCALATED:
            must(_by_a_person(event), f"{old.id} waits for a person, and is {new.state} by {event}")
        case _:
            pass


def _by_a_person(event: events.Event) -> bool:
    match event:
        case events.MergeApproved(by=by):
            return by != "policy"
        case events.ReworkAsked(by=by):
            return by not in _BY_POLICY
        case (
            events.MoneyGranted()
            | events.TaskRetried()
            | events.RollbackAsked()
            | events.TaskSkipped()
            | events.TaskLanded()
        ):
            return True
        case _:
            return False


def _slots(state: State) -> None:
    runs = [agent.run for agent in state.agents.values() if agent.run]
    tasks = [agent.task for agent in state.agents.values() if agent.task]
    must(len(runs) == len(set(runs)), f"two agents hold one run: {runs}")
    must(len(tasks) == len(set(tasks)), f"two agents hold one task: {tasks}")


def _landed(night: Night, before: State, event: events.TaskLanded, after: State) -> None:
    task, commit = before.tasks[event.task], git.number(event.commit)
    must(night.git.merged_for.get(commit) == task.id, f"{event.commit}, which landed, was not made for {task.id}")
    must(night.git.is_green(commit), f"{task.id} landed as {event.commit}, which is broken")
    if not night.git.rewritten:
        must(night.git.is_ancestor(commit, night.git.branches[git.TARGET]), f"{task.id} is said to have landed")
    must(task.state is not TaskState.LANDED, f"{task.id} landed twice")


def _approved(night: Night, before: State, event: events.MergeApproved, after: State) -> None:
    task = after.tasks[event.task]
    if event.by == "policy":
        must(task.is_green and task.gated_head == task.head, f"{task.id} is approved and not green")
        reviewed = task.current_verdict is not None and task.current_verdict.approve
        must(reviewed or not night.scenario.review, f"{task.id} is approved without a review")


def _claimed(night: Night, before: State, event: events.TaskClaimed, after: State) -> None:
    task = before.tasks[event.task]
    missing = [] if task.state is TaskState.REWORK else before.missing(task)  # work that was begun goes on
    must(not missing, f"{task.id} was started before what it depends on landed")
    must(before.halt is None, f"{task.id} was started after an emergency stop")
    must(before.hold_on(task) is None, f"{task.id} was started while it is held")
    must(before.night is not None and before.night.is_open, f"{task.id} was started after the night's end")
    agent = before.agents[event.agent]
    must(agent.run is None and not agent.paused, f"{task.id} was given to {agent}")
    old = before.runs.get(event.run)
    must(old is None or old.session == event.session, f"{event.run} goes on in another conversation")


def _answered(night: Night, before: State, event: events.CommandAnswered, after: State) -> None:
    must(event.id in before.pending, f"the command {event.id} was answered twice")


def _expired(night: Night, before: State, event: events.QuestionExpired, after: State) -> None:
    must(before.questions[event.question].is_open, f"{event.question} expired and was settled already")


def _ended(night: Night, before: State, event: events.NightEnded, after: State) -> None:
    must(not any(agent.run for agent in before.agents.values()), "the night ended while agents work")


def _stopping(night: Night, before: State, event: events.NightStopping, after: State) -> None:
    if event.reason == "done":
        left = [t.id for t in before.tasks.values() if t.state not in RESTING]
        must(not left, f"the night is done, and {', '.join(left)} are not")


def _notified(night: Night, before: State, event: events.NotificationRaised, after: State) -> None:
    must(not (why := notices.raised(night, before, event, after)), why)


def _sent(night: Night, before: State, event: events.NotificationSent, after: State) -> None:
    must(not (why := notices.sent(night, before, event, after)), why)


def _idea(night: Night, before: State, event: events.IdeaBegun, after: State) -> None:
    mine = night.rules.ideas
    must(before.ideas.current is None, f"{event.idea} is asked for while another one is on its way")
    if event.by != "policy":
        return
    must(after.ideas.tonight <= mine.per_night, f"{after.ideas.tonight} ideas were asked for in a night")
    must(after.ideas.use(event.category).tonight <= mine.per_category, f"{event.category} had more than its share")
    must(before.night is not None and before.night.is_open, f"{event.idea} is asked for after the night's end")
    must(not any(waiting_for_an_agent(before)), f"{event.idea} is asked for while tasks could start")
    must(not before.ideas.use(event.category).off, f"{event.category} is switched off")


CHECKS: dict[type, Callable[[Night, State, object, State], None]] = {
    events.TaskLanded: _landed,  # type: ignore[dict-item]
    events.MergeApproved: _approved,  # type: ignore[dict-item]
    events.TaskClaimed: _claimed,  # type: ignore[dict-item]
    events.CommandAnswered: _answered,  # type: ignore[dict-item]
    events.NightEnded: _ended,  # type: ignore[dict-item]
    events.NightStopping: _stopping,  # type: ignore[dict-item]
    events.QuestionExpired: _expired,  # type: ignore[dict-item]
    events.IdeaBegun: _idea,  # type: ignore[dict-item]
    events.NotificationRaised: _notified,  # type: ignore[dict-item]
    events.NotificationSent: _sent,  # type: ignore[dict-item]
}


# ── at other moments ─────────────────────────────────────────────────────────────────────────────────


def before_host(night: Night, files: RunFiles, agent: int) -> None:
    """No task runs twice at once, no two agents share a worktree, and nobody is in a conversation with a person."""
    for host in night.hosts():
        must(host.files.task != files.task, f"{files.task} runs twice at once")
        must(host.agent != agent, f"agent-{agent} would run {files.run} beside {host.files.run}")
    taken = night.read().agents[agent].taken if agent in night.read().agents else None
    must(taken is None or not taken.is_free, f"agent-{agent} starts in a conversation that a person has")


def after_step(night: Night, engine: SimEngine, decision: Decision) -> None:
    """Deciding again says the same, and nothing more."""
    if not engine.hold.is_on and night.dice.chance(SAMPLE, "decide twice", len(night.log)):
        again = decide(engine.state, engine.rules, engine.clock(), engine.sights)
        must(not again.records, f"a step left {again.records} undone")
        must(again.effects == decision.effects, f"decided {decision.effects}, then {again.effects}")
    if engine.state.halt is not None:
        must(not decision.effects, f"after an emergency stop {decision.effects} was decided")


def keeps_the_deadline(night: Night, engine: SimEngine) -> None:
    """A minute after the clock jumped, nothing goes on past the deadline."""
    found = engine.state.night
    if night.engine is not engine or engine.state.halt is not None or found is None or found.until is None:
        return
    if night.ledger.is_full or engine.hold.is_on:  # nothing begins; that it is over is said when there is room
        night.later(2 * SLOWEST, lambda: keeps_the_deadline(night, engine))
        return
    must(not found.is_open or night.wall() < found.until, "the deadline has passed, and the night goes on")


def refolded(night: Night) -> None:
    """What the last process knew is what the ledger says from its beginning."""
    if night.dice.chance(0.5, "refold", len(night.log)):
        _refolds_to(night, night.known)


def _refolds_to(night: Night, known: State) -> None:
    again = fold(night.log[: known.position])
    for field in State.__slots__:
        must(getattr(again, field) == getattr(known, field), f"folding the ledger again gives another {field}")


def goes_on(night: Night, does_so: bool) -> None:
    """The night comes to an end."""
    if not does_so:
        open_ = [f"{t.id} {t.state} {t.reason}" for t in night.read().tasks.values() if t.state not in SETTLED]
        must(False, f"the night never ends: {'; '.join(open_)}")


def before_the_morning(night: Night) -> None:
    """After so many hours everything has been done that can be, unless a person holds something up."""
    state = night.read()
    if state.night is None or state.night.ended or state.halt is not None or state.holds:
        return
    if any(agent.paused or agent.taken for agent in state.agents.values()):
        return
    waits = night.engine is None or night.ledger.is_full or night.git.is_dirty or any(h.hangs for h in night.hosts())
    busy = [f"{t.id} {t.state} {t.reason}" for t in state.tasks.values() if t.state not in RESTING]
    moves = night.now - night.moved_at < 2 * HOUR
    must(moves or waits or is_quiet(state), f"at the morning the night still goes on: {'; '.join(busy)}")


# ── at the end ───────────────────────────────────────────────────────────────────────────────────────


def at_the_end(night: Night) -> None:
    """Nothing goes on; every task is where a person can see it, and why; and the sums are right."""
    state = night.read()
    if state.night is not None:
        must(state.night.ended, f"the night has not ended: {state.night}")
    must(not state.pending, f"commands were not answered: {list(state.pending.values())}")
    must(not night.hosts(), f"agents are left: {[host.files.run for host in night.hosts()]}")
    must(not any(run.live for run in state.runs.values()), "runs are said to live")
    must(not any(agent.run for agent in state.agents.values()), "slots are still held")
    _money(night, state)
    _truth(night, state)
    _reasons(state)
    must(not (why := notices.left(night, state)), why)
    _refolds_to(night, state)
    _on_disk(night)


def _money(night: Night, state: State) -> None:
    lost = sum(night.by_hand.values())
    said, truth = state.spent_total_usd, night.truth_usd - lost
    must(-CENT < truth - said < night.unbooked_usd + CENT, f"${truth:.6f} were spent, and the ledger says ${said:.6f}")
    booked = sum(state.charges.values())
    must(abs(booked - state.spent_usd) < CENT, f"the book says ${booked:.6f}, the night ${state.spent_usd:.6f}")


def _truth(night: Night, state: State) -> None:
    """What is said to have landed is on the target, and the other way round."""
    said = {t.id for t in state.tasks.values() if t.state is TaskState.LANDED}
    if not night.git.rewritten:
        really = night.git.landed()
        must(said == really, f"the target carries {sorted(really)}, and {sorted(said)} are said to have landed")
    shown = frame(state)
    counted = Counter(str(state.seen_state(t)) for t in state.tasks.values())
    must(shown["tasks"]["by_state"] == dict(counted), "the status counts other tasks than there are")
    must(not any(agent["live"] for agent in shown["agents"]), "the status shows agents that are gone")
    _once_in_the_report(night, state)


def _once_in_the_report(night: Night, state: State) -> None:
    found = report.build(state, night.wall(), 0.0)
    parts = ("landed", "waiting_for_you", "failed", "open", "skipped")
    named = Counter(entry["id"] for part in parts for entry in found[part] if entry["id"])
    must(set(named) == set(state.tasks), f"the report leaves out {set(state.tasks) - set(named)}")
    must(max(named.values(), default=1) == 1, f"the report has tasks twice: {named}")


def _reasons(state: State) -> None:
    """Whatever has not landed says why."""
    waiting = {entry.task.id for entry in inbox(state) if entry.task}
    for task in _not_landed(state):
        why = task.reason or task.id in waiting or state.missing(task) or task.state is TaskState.SUGGESTED
        waits_for_a_night = task.state in (TaskState.QUEUED, TaskState.REWORK)
        must(why or waits_for_a_night or _was_stopped(state), f"{task.id} is {task.state}, and nothing says why")


def _was_stopped(state: State) -> bool:
    return state.night is not None and state.night.stopping != "done"


def _not_landed(state: State) -> Iterator[Task]:
    return (task for task in state.tasks.values() if task.state is not TaskState.LANDED)


def _on_disk(night: Night) -> None:
    """Now and then: every event survives being written down."""
    if night.dice.chance(0.03, "on disk"):
        for one in night.log:
            again = events.load(*events.dump(one.event))
            must(again == one.event, f"{one.event} comes back from the disk as {again}")
