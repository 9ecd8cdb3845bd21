"""Simulated nights with agents that hang, hosts that fall silent, limits, and CLIs that die at once."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.commands import AddTasks, Pause, Resume, StartNight
from cockpit.fold import fold
from cockpit.policy.night import needs_you
from cockpit.policy.rules import Rules
from cockpit.policy.sight import Machine, Sight
from cockpit.state import MergePolicy, State, TaskDraft, TaskState
from tests.sim.test_nights import LUCK, queue_of
from tests.sim.watched import Ills, WatchedWorld, check_counts
from tests.sim.world import Luck, night_of

NIGHTS = settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
ILLS = st.builds(
    Ills,
    hangs=st.floats(0, 0.5),
    host_hangs=st.floats(0, 0.3),
    fills=st.floats(0, 0.3),
    limit=st.floats(0, 0.4),
    dies_at_once=st.floats(0, 0.3),
    heals=st.floats(0, 1),
)


def watched(seed: int, luck: Luck, ills: Ills, agents: int = 3, tasks: int = 6) -> WatchedWorld:
    dice = random.Random(seed)
    world = WatchedWorld(dice, luck, Rules(), ills=ills)
    night_of(world, queue_of(tasks, dice), StartNight(agents, "main", MergePolicy.AUTO))
    return world


@NIGHTS
@given(st.integers(), LUCK, ILLS, st.floats(0, 0.005))
def test_a_night_with_stuck_agents_and_limits_comes_to_rest_and_only_what_is_ill_is_cut(
    seed: int, luck: Luck, ills: Ills, crashes: float
) -> None:
    world = watched(seed, luck, ills)

    world.run(20_000, crashes)
    while world.state.breaker is not None:
        assert needs_you(world.state)
        world.record(events.BreakerClosed("you"))
        world.ills.dies_at_once = 0.0
        world.luck.launch = 0.0
        world.run(20_000, crashes)

    night = world.state.night
    assert night is not None
    assert night.ended or needs_you(world.state)
    check_counts(world)
    assert all(was_ill for _, _, kind, was_ill in world.cuts if kind != "limit")
    for task in world.state.tasks.values():
        assert task.state in (TaskState.LANDED, TaskState.QUEUED) or task.reason


@NIGHTS
@given(st.integers(), ILLS)
def test_restarts_do_not_grow_by_waiting_for_limits(seed: int, ills: Ills) -> None:
    world = watched(seed, Luck(), Ills(limit=ills.limit))

    world.run()

    assert {task.state for task in world.state.tasks.values()} == {TaskState.LANDED}
    assert not any(getattr(one.event, "restart", False) for one in world.log)
    state = State()
    for one in world.log:
        if isinstance(one.event, events.RunStarted | events.TurnSent | events.ReviewStarted | events.TaskClaimed):
            assert not state.windows, "something was started while the limit held"
        state = fold([one], state)


def one_task(ills: Ills, agents: int = 2) -> WatchedWorld:
    world = WatchedWorld(random.Random(1), Luck(), Rules(), ills=ills)
    night_of(world, AddTasks((TaskDraft("a", "a"),)), StartNight(agents, "main", MergePolicy.AUTO))
    return world


def kinds(world: WatchedWorld, *wanted: type) -> list[str]:
    return [type(one.event).__name__ for one in world.log if isinstance(one.event, wanted)]


def test_an_agent_that_always_hangs_climbs_the_whole_ladder_and_ends_before_a_person() -> None:
    world = one_task(Ills(hangs=1.0, heals=0.0))
    begun = world.now

    world.run()

    task = world.state.tasks["T1"]
    ladder = (events.Nudged, events.RunCut, events.TaskHandedOn, events.TaskEscalated)
    assert kinds(world, *ladder) == [
        *["Nudged", "RunCut"] * 4, "TaskHandedOn", "Nudged", "RunCut", "TaskEscalated",
    ]  # fmt: skip
    assert [r.agent for r in world.state.runs.values()] == [1, 2]
    assert len({r.session for r in world.state.runs.values()}) == 2
    assert task.state is TaskState.ESCALATED
    assert "restarted 3 times and handed on to agent-2 in vain" in task.reason
    assert "asked how it stands" in task.reason
    assert world.now - begun < 5 * 2200 + 600


def test_who_always_fills_the_disk_is_started_again_three_times_and_handed_to_nobody() -> None:
    world = one_task(Ills(fills=1.0))

    world.run()

    task = world.state.tasks["T1"]
    assert [kind for _, _, kind, _ in world.cuts] == ["disk"] * 4
    assert task.handed_on == 0
    assert task.state is TaskState.ESCALATED
    assert "restarted 3 times in vain; the last time: its files take 30 MB of disk" in task.reason


def test_with_one_agent_the_same_one_begins_a_fresh_conversation() -> None:
    world = one_task(Ills(hangs=1.0, heals=0.0), agents=1)

    world.run()

    assert [r.agent for r in world.state.runs.values()] == [1, 1]
    assert world.state.tasks["T1"].state is TaskState.ESCALATED


@pytest.mark.parametrize(
    "seen",
    [Sight(unheard=61.0), Sight(quiet=1900.0, still=True), Sight(disk="its files take 30 MB of disk, 20 are allowed")],
)
def test_what_was_seen_of_a_process_that_is_gone_does_not_count_against_the_next_one(seen: Sight) -> None:
    world = one_task(Ills(), agents=1)
    while not world.state.in_state(TaskState.WORKING):
        world.step()
    world.sights["T1-1"] = replace(seen, begun=world.state.runs["T1-1"].begun)
    assert world.decided().records, "something is wrong with the first one"

    world.record(events.RunCut("T1-1", "disk", "it took too much"))
    for _ in range(2):
        world.now += 0.1  # both sooner than the next look
        (effect,) = world.decided().effects
        world.perform(effect)

    assert world.state.runs["T1-1"].live
    assert not world.decided().records


def test_a_nudge_that_helps_costs_nothing_else() -> None:
    world = one_task(Ills(hangs=1.0, heals=1.0))

    world.run()

    assert world.state.tasks["T1"].state is TaskState.LANDED
    assert not world.cuts
    assert kinds(world, events.Nudged) == ["Nudged"]


def test_a_paused_agent_may_be_silent_for_a_night() -> None:
    world = one_task(Ills(hangs=1.0))
    while not any(run.live for run in world.state.runs.values()):
        world.step()
    world.give(Pause(1))
    for _ in range(20):
        world.step()
    world.passes(9 * 3600)
    world.sights = {name: s for name, s in world.sights.items()}

    assert not world.decided().records
    world.give(Resume(1))
    assert not kinds(world, events.RunCut, events.Nudged)


def test_a_run_over_its_time_is_handed_on_and_then_put_before_a_person() -> None:
    world = one_task(Ills())
    world.rules = Rules(run_seconds=100.0)
    while not world.cuts:
        run = next((r for r in world.state.runs.values() if r.live), None)
        if run is None:
            world.step()
            continue
        world.passes(30)
        for event in world.decided().records:
            if isinstance(event, events.RunCut):
                world.cuts.append((world.now, event.run, event.kind, False))
            world.record(event)

    assert [kind for _, _, kind, _ in world.cuts] == ["limit"]
    for _ in range(4):
        world.step()
    assert world.state.tasks["T1"].handed_on == 1


def test_a_gap_in_time_is_no_work() -> None:
    world = one_task(Ills())
    while not any(run.live for run in world.state.runs.values()):
        world.step()
    world.now += 9 * 3600.0
    world.record(events.Overslept(9 * 3600.0))

    assert not any(isinstance(event, events.RunCut) for event in world.decided().records)


def test_agents_that_die_at_once_open_the_breaker_and_the_rest_of_the_queue_is_spared() -> None:
    world = watched(3, Luck(), Ills(dies_at_once=1.0), tasks=8)

    world.run()

    assert world.state.breaker is not None
    assert "4 agents in a row died at once" in world.state.breaker.why
    assert needs_you(world.state)
    assert {t.state for t in world.state.tasks.values()} == {TaskState.QUEUED}
    assert not any(agent.run for agent in world.state.agents.values())
    world.ills.dies_at_once = 0.0
    world.record(events.BreakerClosed("you"))
    world.run()
    assert {t.state for t in world.state.tasks.values()} == {TaskState.LANDED}


def test_nothing_starts_without_room_and_all_does_when_there_is_some() -> None:
    world = watched(3, Luck(), Ills())
    world.rules = Rules(room_memory_mb=500.0)
    world.machine = Machine(memory_mb=400.0)

    for _ in range(3):
        world.record(*world.decided().records)
    assert not kinds(world, events.TaskClaimed)
    assert world.state.starts_held is not None
    assert "400 MB of memory are free, 500 must be" in world.state.starts_held.why
    world.machine = Machine(memory_mb=700.0)
    world.step()
    assert world.state.starts_held is None
    world.run()
    assert {t.state for t in world.state.tasks.values()} == {TaskState.LANDED}


def test_at_the_deadline_a_turn_may_end_and_what_does_not_is_parked_with_its_work() -> None:
    world = WatchedWorld(random.Random(1), Luck(), Rules(), ills=Ills(hangs=1.0))
    drafts = AddTasks((TaskDraft("a", "a"), TaskDraft("b", "b"), TaskDraft("c", "c")))
    night_of(world, drafts, StartNight(2, "main", MergePolicy.AUTO, until=world.now + 600))
    while sum(run.live for run in world.state.runs.values()) < 2:
        world.step()
    world.ill = {"T1-1": "agent"}
    assert world.state.night is not None
    assert world.state.night.until is not None
    world.now = world.state.night.until
    world.record(*world.decided().records)
    assert world.state.night.stopping == "deadline"

    assert not world.decided().effects, "both have a grace"
    world.turn("T2-1")
    world.run()

    assert world.state.night.ended
    assert world.state.night.ended >= world.state.night.stopped_at + world.rules.grace_seconds
    states = [task.state for task in world.state.tasks.values()]
    assert states == [TaskState.QUEUED, TaskState.TESTING, TaskState.QUEUED]
    assert world.state.tasks["T1"].reason == "parked at the deadline"
    assert "T3-1" not in world.state.runs
