"""What simulated nights found, each as small as it can be told."""

from __future__ import annotations

from typing import cast

from cockpit import events
from cockpit.agents import stream
from cockpit.engine import watch
from cockpit.engine.core import Core
from cockpit.engine.desk import needs_engine
from cockpit.engine.hold import Hold
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.policy import schedule, vigil, watchdog
from cockpit.policy.actions import StartRun
from cockpit.policy.decide import decide
from cockpit.policy.night import needs_you, quiet_since
from cockpit.policy.rules import Rules
from cockpit.policy.sight import Machine, Sights
from cockpit.questions import Choice
from cockpit.state import GateResult, Run, State, TaskState
from cockpit.value import replace

STARTED: tuple[Event, ...] = (
    events.TaskAdded("T1", "fix login"),
    events.NightStarted("n", 2, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "s"),
    events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9),
)
APPROVED: tuple[Event, ...] = (
    *STARTED,
    events.TurnEnded("T1-1", 1, ok=True),
    events.GatesFinished("T1", "head", "target", "merged", (GateResult("tests", True),)),
    events.TaskReady("T1"),
    events.MergeApproved("T1", "head", "you"),
)


def after(*log: Event) -> State:
    return fold(Recorded(n, "s", n, float(n), e) for n, e in enumerate(log, 1))


def test_tries_of_a_blocked_merge_do_not_count_as_deaths_of_the_agent_when_its_work_comes_back() -> None:
    blocked = (events.MergeBlocked("T1", "the checkout is dirty"),) * 5

    state = after(*APPROVED, *blocked, events.ReworkAsked("T1", "gates", "1 failed"))

    assert state.tasks["T1"].restarts == 0


def test_a_task_is_not_claimed_again_while_its_last_run_still_ends() -> None:
    state = after(*STARTED, events.TaskSkipped("T1"), events.TaskRetried("T1"))

    assert state.tasks["T1"].state is TaskState.QUEUED
    assert schedule.claims(state) == ()
    state = after(*STARTED, events.TaskSkipped("T1"), events.TaskRetried("T1"), events.RunEnded("T1-1", "stopped"))
    assert [claim.task for claim in schedule.claims(state)] == ["T1"]


def test_a_task_that_was_skipped_while_its_agent_was_being_killed_stays_skipped() -> None:
    state = after(*STARTED, events.KillAsked("T1-1", "you"), events.TaskSkipped("T1"))

    assert watchdog.after_kill(state, state.runs["T1-1"]) == ()
    (escalated,) = watchdog.after_kill(after(*STARTED), state.runs["T1-1"])
    assert escalated.reason == "killed by you; its work is kept on agent-1/task-T1"


def test_a_task_that_was_skipped_while_its_agent_was_being_started_stays_skipped() -> None:
    *before, started = STARTED

    state = after(*before, events.TaskSkipped("T1"), started)

    assert state.tasks["T1"].state is TaskState.SKIPPED
    assert state.runs["T1-1"].live, "so that its processes are brought to an end"


def test_an_agent_that_could_not_be_started_the_first_time_was_not_restarted() -> None:
    before = STARTED[:-1]
    again = events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9, restart=True)
    failed = events.LaunchFailed("T1-1", "the host died at once", fatal=False)

    state = after(*before, failed)
    assert (state.tasks["T1"].restarts, state.tasks["T1"].stumble) == (0, "the host died at once")
    assert after(*before, failed, failed).tasks["T1"].restarts == 1, "the next try is a restart"

    deaths = (events.RunExited("T1-1", 1, -9), again) * 3
    handed_on = (
        *(*STARTED, *deaths, events.RunExited("T1-1", 1, -9), events.TaskHandedOn("T1", "T1-1", "it died")),
        *(events.RunEnded("T1-1", "handed on"), events.TaskClaimed("T1", 2, "T1-2", "t")),
        replace(failed, run="T1-2"),
    )
    assert after(*handed_on).tasks["T1"].restarts == 3


def test_an_agent_that_went_down_with_the_engine_goes_on_at_once_each_time() -> None:
    along = events.RunExited("T1-1", 0, None, "its host was killed or the machine went down", along=True)
    alone = replace(along, along=False)
    again = events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9, restart=True)
    rules, twice = Rules(restarts=3, restart_seconds=2.0), (*STARTED, along, again, along, again)

    down = after(*twice, along)
    assert watchdog.watch(down, rules, float(down.position)).effects == (StartRun("T1-1", restart=True),)
    assert down.tasks["T1"].restarts == 2, "it counts all the same"
    died = after(*twice, alone)
    waits = watchdog.watch(died, rules, float(died.position))
    assert (waits.effects, waits.wake) == ((), died.position + 2.0 * 3)

    worn = after(*twice, along, again, along)
    (handed_on,) = watchdog.watch(worn, rules, float(worn.position)).records
    assert isinstance(handed_on, events.TaskHandedOn)


def test_a_run_that_waits_for_a_person_has_no_time_that_could_be_over() -> None:
    asked = events.QuestionAsked("Q1", "T1-1", "r1", "which?", (Choice("this"),), seq=1)
    state, rules = after(*STARTED), Rules()
    run = state.runs["T1-1"]
    assert vigil.wake(state, rules, run).wake == run.busy_since + rules.run_seconds

    asking = replace(after(*STARTED, asked), runs={"T1-1": replace(run, busy_since=1.0)})
    assert vigil.wake(asking, rules, asking.runs["T1-1"]).wake is None


def test_a_turn_that_was_sent_again_and_not_recorded_is_not_sent_for_ever() -> None:
    broke = events.TurnEnded("T1-1", 1, ok=False, error="overloaded")
    state = after(*STARTED, broke, events.TurnEnded("T1-1", 2, ok=True))  # an engine died between telling and recording

    assert (state.tasks["T1"].state, state.tasks["T1"].stumble) == (TaskState.TESTING, "")
    assert not watchdog.watch(state, Rules(), 9.0).effects


def test_a_night_begins_with_tasks_that_have_waited_for_days() -> None:
    added, started = STARTED[:2]
    days = 3 * 86400.0
    state = fold([Recorded(1, "task/T1", 1, 1.0, added), Recorded(2, "night", 1, days, started)])
    assert [claim.task for claim in decide(state, Rules(), days + 60).records if isinstance(claim, events.TaskClaimed)]

    linger = Rules().linger_seconds
    held = fold([Recorded(3, "night", 2, days, events.StartsChanged("no memory"))], state)
    full = Sights(machine=Machine(memory_mb=1.0))
    assert not decide(held, Rules(room_memory_mb=500.0), days + linger - 60, full).records
    (stopping,) = decide(held, Rules(room_memory_mb=500.0), days + linger, full).records
    assert isinstance(stopping, events.NightStopping)
    assert stopping.reason == "nobody came"


class Full:
    """An engine whose disk is full: what it records waits."""

    def __init__(self, *lines: stream.StreamEvent) -> None:
        self.state, self.rules, self.hold = after(*STARTED), Rules(), Hold()
        self.lines = [stream.Line(n, 1.0, event) for n, event in enumerate(lines, 1)]

    def clock(self) -> float:
        return 1.0

    def tail(self, run: Run) -> Full:
        return self

    def read(self) -> list[stream.Line]:
        found, self.lines = self.lines[:1], self.lines[1:]
        return found

    def record(self, *new: Event) -> None:
        self.hold.waiting += new


def test_questions_that_come_while_the_disk_is_full_have_names_of_their_own() -> None:
    engine = Full(stream.Asked("r1", "which?"), stream.Asked("r2", "and which?"))

    for _ in range(2):
        watch.drain(cast("Core", engine), engine.state.runs["T1-1"])

    assert [one.question for one in engine.hold.waiting if isinstance(one, events.QuestionAsked)] == ["Q1", "Q2"]


def test_an_engine_that_was_killed_after_the_nights_end_is_followed_by_one_that_writes_the_report() -> None:
    begun = (events.EngineStarted(7, "1"), *STARTED[:2])
    ended = (*begun, events.NightStopping("done"), events.NightEnded("done"))

    assert needs_engine(after(*ended))
    assert not needs_engine(after(*ended, events.EngineStopped("the night is over: done")))


def test_a_night_whose_last_agent_paused_itself_over_conflicts_waits_for_a_person_and_then_ends() -> None:
    """In the middle of a turn it keeps its slot, but nothing of it moves until a person has looked."""
    others = ("T2", "T3", "T4", "T5")
    log: list[Event] = list(STARTED)
    for name in others:
        run = events.RunStarted(f"{name}-1", f"agent-1/task-{name}", "/w", "base", 9)
        log += [events.TaskAdded(name, "work"), events.TaskClaimed(name, 2, f"{name}-1", "s"), run]
        log += [events.TurnEnded(f"{name}-1", 1, ok=True), events.TaskEscalated(name, "it conflicts")]
        log += [events.RunEnded(f"{name}-1", "failed")]
    working = after(*log)
    assert not needs_you(working)
    assert decide(working, RESTED, 100.0).wake == working.runs["T1-1"].begun + RESTED.run_seconds, "only its own time"

    held = after(*log, events.AgentHeldBack(1, others), events.RunSuspended("T1-1"))
    assert needs_you(held)
    end = quiet_since(held) + RESTED.linger_seconds
    assert decide(held, RESTED, end - 60).wake == end, "the engine wakes by itself when nobody came for so long"
    (stopping,) = decide(held, RESTED, end).records
    assert isinstance(stopping, events.NightStopping)
    assert stopping.reason == "nobody came"

    paused = after(*log, events.AgentPaused(1), events.RunSuspended("T1-1"))
    assert not decide(paused, RESTED, end).records, "a person who paused it knows of it"


def test_an_agent_that_paused_itself_while_its_work_is_tested_is_not_at_rest() -> None:
    tested = after(*STARTED, events.TurnEnded("T1-1", 1, ok=True), events.AgentHeldBack(1, ("T2",)))
    assert tested.tasks["T1"].state is TaskState.TESTING
    assert not needs_you(tested)


RESTED = Rules(run_seconds=1e9)
