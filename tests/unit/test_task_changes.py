"""Changing tasks: what may be changed when, what is refused, and what the agent is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit import events
from cockpit.commands import AddTasks, Command, EditTask, PromoteTask, ReassignTask, StartNight
from cockpit.events import Recorded
from cockpit.fold import fold
from cockpit.policy import editing, watchdog
from cockpit.policy.actions import EndRun
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.state import Agent, MergePolicy, Night, Run, State, Taken, Task, TaskChanges, TaskDraft, TaskState
from tests.nights import of, ready, task


def give(state: State, command: Command) -> tuple[State, str]:
    made, said = answer(state, "c1", command, "you", 100.0)
    assert said.ok, said.message
    return fold((Recorded(99, "s", 1, 100.0, e) for e in made), state), said.message


def refusal(state: State, command: Command) -> str:
    made, said = answer(state, "c1", command, "you", 100.0)
    assert (made, said.ok) == ((), False)
    return said.message


def test_only_what_is_different_is_changed_and_said() -> None:
    state = of([task("T1", "Old", priority=1), task("T2")])
    changes = TaskChanges(title="New", priority=1, depends_on=("2", "t2"), merge="auto")

    after, said = give(state, EditTask("1", changes))

    assert said == "T1: title, depends on, merge changed"
    now = after.tasks["T1"]
    assert (now.title, now.depends_on, now.merge) == ("New", ("T2",), MergePolicy.AUTO)
    assert give(after, EditTask("T1", changes))[1] == "nothing was changed in T1"
    assert give(after, EditTask("T1", TaskChanges(merge="night")))[0].tasks["T1"].merge is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (TaskChanges(depends_on=("T9",)), "depends_on: there is no task 'T9'"),
        (TaskChanges(depends_on=("T1",)), "depends_on: T1 can't wait for itself"),
        (TaskChanges(depends_on=("T3",)), "these tasks would wait for each other: T1 → T3 → T2 → T1"),
        (TaskChanges(title=" "), "title: a task needs one"),
        (TaskChanges(merge="never"), "merge: expected ask, auto or night, not 'never'"),
    ],
)
def test_what_can_not_be_is_refused(changes: TaskChanges, said: str) -> None:
    state = of([task("T1"), task("T2", depends_on=("T1",)), task("T3", depends_on=("T2",))])
    assert said in refusal(state, EditTask("T1", changes))


@pytest.mark.parametrize("state", list(TaskState))
def test_every_state_has_its_rule_and_says_why(state: TaskState) -> None:
    one = task("T1", state=state)
    may = editing.editable(one)
    assert set(may) <= set(editing.FIELDS)
    for name in set(editing.FIELDS) - set(may):
        assert editing.why_not(one, name).startswith(f"T1 is {state}")
    rests = {TaskState.SUGGESTED, TaskState.QUEUED, TaskState.FAILED, TaskState.SKIPPED}
    assert ("depends_on" in may) == (state in rests)
    assert ("title" in may) == (state in rests | {TaskState.REWORK, TaskState.ESCALATED})
    assert ("priority" in may) == (state not in (TaskState.MERGING, TaskState.LANDED))


def test_the_text_of_work_under_way_stays_and_the_way_out_is_said() -> None:
    state = of([task("T1", state=TaskState.WORKING, agent=2), ready("T2"), task("T3", state=TaskState.LANDED)])

    assert "`cockpit message 2 …`" in refusal(state, EditTask("T1", TaskChanges(title="x")))
    assert "`cockpit reject T2 -m …`" in refusal(state, EditTask("T2", TaskChanges(criteria=("x",))))
    assert "add a new task" in refusal(state, EditTask("T3", TaskChanges(priority=3)))
    assert give(state, EditTask("T1", TaskChanges(priority=3)))[0].tasks["T1"].priority == 3


def test_an_agent_that_knows_the_old_text_is_told_once() -> None:
    state = of([task("T1", state=TaskState.REWORK, run="T1-1", agent=1)], runs={"T1-1": Run("T1-1", "T1", 1, "s")})

    state, _ = give(state, EditTask("T1", TaskChanges(description="more")))
    assert state.tasks["T1"].edited
    state = fold([Recorded(100, "s", 2, 101.0, events.TurnSent("T1-1"))], state)
    assert not state.tasks["T1"].edited
    fresh, _ = give(of([task("T2")]), EditTask("T2", TaskChanges(description="more")))
    assert not fresh.tasks["T2"].edited  # nobody was told anything yet


# ── suggested tasks ──────────────────────────────────────────────────────────────────────────────────


def test_a_suggested_task_waits_for_a_person_and_holds_no_night_open() -> None:
    state, _ = give(State(), AddTasks((TaskDraft("a", "an idea", suggested=True),)))
    assert state.tasks["T1"].state is TaskState.SUGGESTED
    assert "there is nothing to do" in refusal(state, StartNight(1, "main"))

    state, said = give(state, PromoteTask("T1"))
    assert said == "T1 is queued"
    assert "only a suggested task can be promoted" in refusal(state, PromoteTask("T1"))
    assert give(state, StartNight(1, "main"))[1] == "1 agent at work on main"


def test_a_night_with_only_suggestions_left_is_done() -> None:
    state = replace(of([task("T1", state=TaskState.SUGGESTED)]), agents={1: Agent(1)})
    decision = decide(state, Rules(), 1e10)
    assert decision.records == (events.NightStopping("done", "policy"),)


# ── reassigning ──────────────────────────────────────────────────────────────────────────────────────


def at_work(state: TaskState = TaskState.WORKING) -> State:
    one = task("T1", state=state, agent=1, run="T1-1")
    return State(
        night=Night("n", 1.0, 3, "main"),
        tasks={"T1": one, "T2": task("T2")},
        runs={"T1-1": Run("T1-1", "T1", 1, "s", live=True)},
        agents={1: Agent(1, "T1", "T1-1"), 2: Agent(2), 3: Agent(3, paused=True)},
    )


def test_a_working_task_leaves_its_agent_and_goes_on_with_the_other_in_the_same_conversation() -> None:
    state, said = give(at_work(), ReassignTask("T1", 2))
    assert said == "T1 leaves agent-1 with all its work; agent-2 goes on with it"
    assert watchdog.watch(state, Rules(), 100.0).effects == (EndRun("T1-1", "reassigned"),)

    state = fold([Recorded(100, "s", 2, 101.0, events.RunEnded("T1-1", "reassigned"))], state)
    assert (state.tasks["T1"].state, state.tasks["T1"].reason) == (TaskState.QUEUED, "given to another agent")
    claims = {e.task: e for e in decide(state, Rules(), 102.0).records if isinstance(e, events.TaskClaimed)}
    assert claims["T1"] == events.TaskClaimed(
        "T1", 2, "T1-1", "s", resume=True, route_why="builder, for it is to build"
    )
    assert claims["T2"].agent == 1


@pytest.mark.parametrize("state", [TaskState.TESTING, TaskState.REVIEWING])
def test_a_check_under_way_is_not_broken_off(state: TaskState) -> None:
    after, said = give(at_work(state), ReassignTask("T1", 2))
    assert said == f"T1 is {state}; agent-2 gets it if it comes back"
    assert not watchdog.watch(after, Rules(), 100.0).effects


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (1, "T1 stays with agent-1"),
        (3, "T1 leaves agent-1 with all its work; agent-3 goes on with it when it is resumed"),
    ],
)
def test_what_will_happen_is_said(agent: int, said: str) -> None:
    assert give(at_work(), ReassignTask("T1", agent))[1] == said


def test_a_queued_task_is_kept_for_its_agent_until_any_may_take_it() -> None:
    state, said = give(at_work(), ReassignTask("T2", 1))
    assert said == "T2 goes to agent-1 when it is done with T1"
    assert not decide(state, Rules(), 100.0).records  # agent-2 is free, and leaves it alone
    state, said = give(state, ReassignTask("T2", None))
    assert said == "any agent may take T2"
    assert give(state, ReassignTask("T2"))[1] == "T2 is any agent's already"
    assert [type(e) for e in decide(state, Rules(), 100.0).records] == [events.TaskClaimed]


def test_a_wrong_agent_and_finished_work_are_refused() -> None:
    landed = replace(at_work(), tasks={"T1": Task("T1", "x", state=TaskState.LANDED)})
    assert "there is no agent-9; there are 1, 2, 3" in refusal(at_work(), ReassignTask("T1", 9))
    assert "there is nothing left for an agent to do" in refusal(landed, ReassignTask("T1", 2))


def test_a_conversation_that_a_person_has_taken_over_is_not_taken_away() -> None:
    mine = replace(
        at_work(), agents={**at_work().agents, 1: Agent(1, "T1", "T1-1", taken=Taken("you", 5.0, is_free=True))}
    )
    assert "T1 is in your hands" in refusal(mine, ReassignTask("T1", 2))

    pinned = replace(mine, tasks={"T1": replace(mine.tasks["T1"], pinned=2)})
    assert not watchdog.watch(pinned, Rules(), 100.0).effects  # a wish from before waits until it is given back
