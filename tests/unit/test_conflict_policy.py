"""What becomes of conflicts: given back once with both sides, then a person; too many, and the agent pauses."""

from __future__ import annotations

from dataclasses import replace

from cockpit import events
from cockpit.events import Event
from cockpit.fold import fold
from cockpit.git_facts import Lost
from cockpit.policy.decide import decide
from cockpit.policy.rules import Rules
from cockpit.state import GateResult, MergePolicy, State, TaskState
from cockpit.views import HELD, inbox, ready_and_green
from tests.unit.test_fold import recorded

GREEN = (GateResult("tests", True),)
LOST = (Lost("T1", "abc", "app.py", ("VALUE = 2",), 1),)


def night(*more: Event, count: int = 1, merge: MergePolicy = MergePolicy.AUTO) -> State:
    """A night without review in which agent 1 has begun `count` tasks and ended its turn on each."""
    log: list[Event] = [events.TaskAdded(f"T{n}", f"task {n}") for n in range(1, count + 1)]
    log.append(events.NightStarted("n", 2, "main", merge, review=False))
    for n in range(1, count + 1):
        run = f"T{n}-1"
        log.append(events.TaskClaimed(f"T{n}", 1, run, "s"))
        log.append(events.RunStarted(run, f"agent-1/task-T{n}", "/w", "base", 1))
        log += [events.TurnEnded(run, 1, ok=True), events.RunEnded(run, "done")]
    return fold(recorded([*log, *more]))


def conflict(n: int) -> tuple[Event, ...]:
    return (events.ConflictFound(f"T{n}", f"h{n}", "t", ("app.py",), text="both sides"),)


def test_the_agent_is_given_both_sides_once_and_then_a_person_has_them() -> None:
    state = night(*conflict(1))
    given = decide(state, Rules(), 0.0).records
    assert given == (events.ReworkAsked("T1", "conflict", "conflicts with the target in app.py\n\nboth sides"),)

    again = fold(recorded([*given, events.TurnEnded("T1-1", 2, ok=True)]), state)
    again = replace(again, tasks={"T1": replace(again.tasks["T1"], state=TaskState.TESTING)})
    (asked,) = decide(fold(recorded(list(conflict(1))), again), Rules(), 0.0).records
    assert asked == events.TaskEscalated(
        "T1", "still conflicts with the target in app.py, after its agent tried to mend it"
    )
    assert again.tasks["T1"].conflict == "both sides"


def test_an_agent_with_more_than_three_open_conflicts_pauses_until_a_person_lets_it_go_on() -> None:
    escalated = [e for n in range(1, 5) for e in (*conflict(n), events.TaskEscalated(f"T{n}", "still conflicts"))]
    three = night(*escalated[:-2], count=4)
    assert not any(isinstance(e, events.AgentHeldBack) for e in decide(three, Rules(), 0.0).records)

    state = night(*escalated, count=4)
    held = decide(state, Rules(), 0.0).records
    assert held == (events.AgentHeldBack(1, ("T1", "T2", "T3", "T4")),)
    state = fold(recorded(list(held)), state)
    entry = next(entry for entry in inbox(state) if entry.id == HELD + "agent-1")
    assert "4 of its tasks conflict" in entry.why
    assert "cockpit resume 1" in entry.do
    assert not decide(state, Rules(), 0.0).records or state.agents[1].paused

    state = fold(recorded([events.AgentResumed(1, "you")]), state)
    assert not any(isinstance(e, events.AgentHeldBack) for e in decide(state, Rules(), 0.0).records)
    assert not any(entry.id.startswith(HELD) for entry in inbox(state))


def test_a_rebase_by_git_takes_the_yes_along_and_runs_the_gates_again() -> None:
    state = night(
        events.GatesFinished("T1", "h1", "t", "m", GREEN),
        events.TaskReady("T1"),
        events.MergeApproved("T1", "h1", "you"),
        events.TargetMoved("T1", "t2"),
        events.BranchRebased("T1", "h1", "h2", "t2", "refs/cockpit/rescue/T1-1/branch-1"),
    )
    task = state.tasks["T1"]
    assert (task.state, task.head, task.approved_head, task.base) == (TaskState.MERGING, "h2", "h2", "t2")
    assert [kept.ref for kept in state.git.kept] == ["refs/cockpit/rescue/T1-1/branch-1"]
    assert [effect.key for effect in decide(state, Rules(), 0.0).effects if "T1" in effect.key] == ["check/T1"]


def test_a_merge_that_would_drop_what_landed_waits_for_a_person_though_it_may_merge_by_itself() -> None:
    tested = events.GatesFinished("T1", "h1", "t", "m", GREEN, lost=LOST)
    state = night(tested, events.TaskReady("T1"))
    assert not any(isinstance(e, events.MergeApproved) for e in decide(state, Rules(), 0.0).records)
    (entry,) = inbox(state)
    assert entry.why.startswith("the gates are good, and nobody reviews this night")
    assert entry.why.endswith("but it would drop 1 line that T1 landed in app.py")
    assert ready_and_green(state) == []

    yes = fold(recorded([events.MergeApproved("T1", "h1", "you")]), state)
    assert [effect.key for effect in decide(yes, Rules(), 0.0).effects if effect.key == "merge"] == ["merge"]


def test_a_yes_that_was_given_before_it_was_flagged_is_asked_for_again() -> None:
    plain = events.GatesFinished("T1", "h1", "t", "m", GREEN)
    flagged = events.GatesFinished("T1", "h1", "t2", "m2", GREEN, lost=LOST)
    moved = (events.MergeApproved("T1", "h1", "you"), events.TargetMoved("T1", "t2"), flagged)
    state = night(plain, events.TaskReady("T1"), *moved)
    assert decide(state, Rules(), 0.0).records == (events.TaskReady("T1"),)
