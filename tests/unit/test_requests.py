"""Commands: what each comes to, and how a wrong one is refused."""

from __future__ import annotations

import pytest

from cockpit import events
from cockpit.commands import (
    AddTasks,
    Approve,
    Command,
    Kill,
    Message,
    Pause,
    Reject,
    Resume,
    RetryTask,
    SkipTask,
    StartNight,
    StopNight,
)
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.policy.requests import answer
from cockpit.state import Answer, GateResult, MergePolicy, State, TaskDraft, TaskState

GREEN = (GateResult("tests", True),)
READY: tuple[Event, ...] = (
    events.TaskAdded("T1", "fix login"),
    events.NightStarted("n", 2, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "s"),
    events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9),
    events.TurnEnded("T1-1", 1, ok=True),
    events.GatesFinished("T1", "head", "target", "merged", GREEN),
    events.TaskReady("T1"),
)


def after(*log: Event) -> State:
    return fold(Recorded(n, "s", n, float(n), e) for n, e in enumerate(log, 1))


def give(state: State, command: Command) -> tuple[State, Answer]:
    made, said = answer(state, "c1", command, "you", 100.0)
    return fold((Recorded(99, "s", 1, 100.0, e) for e in made), state), said


def refusal(state: State, command: Command) -> str:
    made, said = answer(state, "c1", command, "you", 100.0)
    assert not said.ok
    assert made == ()
    return said.message


def test_tasks_get_ids_in_order_and_dependencies_by_key() -> None:
    drafts = (TaskDraft("a", "first", source="P.md:1"), TaskDraft("b", "second", depends_on=("a",), source="P.md:2"))

    state, said = give(State(), AddTasks(drafts))

    assert said.message == "2 tasks added: T1 to T2"
    assert state.tasks["T2"].depends_on == ("T1",)


def test_the_same_plan_twice_adds_nothing_though_its_lines_moved() -> None:
    state, _ = give(State(), AddTasks((TaskDraft("a", "first", source="P.md:1"),)))

    state, said = give(state, AddTasks((TaskDraft("a", "first", source="P.md:7"),)))

    assert said == Answer(True, "0 tasks added, 1 there already")
    assert len(state.tasks) == 1


def test_a_task_of_your_own_may_have_the_title_of_another() -> None:
    state, _ = give(State(), AddTasks((TaskDraft("a", "again", source="you"),)))
    state, said = give(state, AddTasks((TaskDraft("a", "again", source="you"),)))

    assert said.message == "1 task added: T2"


def test_a_dependency_on_nothing_is_refused() -> None:
    assert "depends on 'zzz'" in refusal(State(), AddTasks((TaskDraft("a", "x", depends_on=("zzz",)),)))


def test_an_approved_task_merges_next() -> None:
    state, said = give(after(*READY), Approve("T1"))

    assert state.tasks["T1"].state is TaskState.MERGING
    assert state.tasks["T1"].approved_head == "head"
    assert said.message == "T1 is approved and merges next"


@pytest.mark.parametrize("name", ["T1", "t1", "1"])
def test_a_task_may_be_named_in_short(name: str) -> None:
    assert give(after(*READY), Approve(name))[1].ok


def test_red_work_cannot_be_approved() -> None:
    red = events.GatesFinished("T1", "head", "target", "merged", (GateResult("tests", False),))
    state = after(*READY[:5], red, events.TaskEscalated("T1", "the gate tests failed again"))

    assert "can't be merged: the gate tests failed again" in refusal(state, Approve("T1"))


def test_a_rejected_task_goes_back_with_your_note_and_fresh_counts() -> None:
    state, said = give(after(*READY), Reject("T1", "  use the helper "))

    task = state.tasks["T1"]
    assert (task.state, task.pending, task.pending_by) == (TaskState.REWORK, "use the helper", "you")
    assert task.approved_head == ""
    assert said.message == "T1 goes back to its agent now"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Approve("T9"), "there is no task 'T9'"),
        (Reject("T1", " "), "needs a note"),
        (RetryTask("T1"), "only a failed, skipped or escalated task"),
        (Pause(7), "there is no agent-7; there are 1, 2"),
        (Kill(2), "agent-2 runs nothing"),
        (Message(2, "hello"), "agent-2 runs nothing"),
        (Message(1, "hello"), "has ended its turn (T1 is ready)"),
        (Message(1, " "), "the message is empty"),
        (StartNight(11, "main"), "agents must be 1 to 10, not 11"),
        (StartNight(1, "main", until=50.0), "the deadline has passed"),
        (AddTasks((TaskDraft("a", " "),)), "a task needs a title"),
        (AddTasks(()), "no tasks were given"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(command: Command, words: str) -> None:
    assert words in refusal(after(*READY), command)


def test_a_night_needs_something_to_do() -> None:
    assert "there is nothing to do" in refusal(State(), StartNight(1, "main"))


def test_starting_a_running_night_changes_its_bounds() -> None:
    state, said = give(after(*READY), StartNight(3, "main", MergePolicy.AUTO, cap_usd=5.0))

    assert state.night is not None
    assert (state.night.agents, state.night.merge, state.night.cap_usd) == (3, MergePolicy.AUTO, 5.0)
    assert sorted(state.agents) == [1, 2, 3]
    assert said.ok


def test_stopping_twice_is_no_error() -> None:
    state, said = give(after(*READY), StopNight())
    assert said.ok
    _, again = give(state, StopNight())
    assert again == Answer(True, "the night is stopping already")
    assert give(State(), StopNight())[1] == Answer(True, "no night is running")


def test_pausing_all_and_resuming_one() -> None:
    state, said = give(after(*READY), Pause(None))
    assert said.message == "agent-1, agent-2 paused"
    state, _ = give(state, Resume(2))
    assert [a.paused for a in state.agents.values()] == [True, False]


def test_a_skipped_task_is_out_and_can_be_retried() -> None:
    state, _ = give(after(*READY), SkipTask("T1"))
    assert state.tasks["T1"].state is TaskState.SKIPPED
    assert "skipped already" in refusal(state, SkipTask("T1"))
    state, _ = give(state, RetryTask("T1"))
    assert state.tasks["T1"].state is TaskState.QUEUED


def test_a_command_of_a_newer_version_is_refused_not_fatal() -> None:
    _, said = answer(State(), "c1", "Teleport", "you", 1.0)

    assert not said.ok
    assert "Teleport" in said.message


def test_a_command_in_a_terminal_takes_no_messages() -> None:
    at_work = after(*READY[:3], events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9, terminal=True))

    assert at_work.runs["T1-1"].terminal
    assert "type into its pane, or `cockpit attach 1`" in refusal(at_work, Message(1, "psst"))
