"""A thousand simulated nights: whatever goes wrong, the promises that the policies make hold."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.commands import (
    AddTasks,
    AnswerQuestion,
    Approve,
    Command,
    EditTask,
    EmergencyStop,
    HandBack,
    Kill,
    MoveTask,
    Pause,
    Prioritise,
    PromoteTask,
    ReassignTask,
    Reject,
    Resume,
    RetryTask,
    RollBack,
    StartNight,
    StopNight,
    TakeOver,
)
from cockpit.fold import fold
from cockpit.policy import graph, order
from cockpit.policy.night import is_quiet, needs_you
from cockpit.policy.rules import Rules
from cockpit.state import MergePolicy, State, TaskChanges, TaskDraft, TaskState
from tests.sim.world import Luck, World, check_invariants, night_of

SHARE = st.floats(0, 0.6)
LUCK = st.builds(
    Luck,
    launch=st.floats(0, 0.2),
    turn=SHARE,
    gate=SHARE,
    review=SHARE,
    silent_reviewer=st.floats(0, 0.3),
    conflict=st.floats(0, 0.4),
    blocked=st.floats(0, 0.4),
    asks=st.floats(0, 0.5),
    lost_call=st.floats(0, 0.2),
)
NIGHTS = settings(max_examples=60, deadline=None)


def queue_of(count: int, dice: random.Random) -> AddTasks:
    """Tasks of which each may depend on earlier ones."""
    keys = [f"k{n}" for n in range(count)]
    return AddTasks(
        tuple(
            TaskDraft(
                key, f"task {key}", depends_on=tuple(k for k in keys[:n] if dice.random() < 0.25), source="P.md:1"
            )
            for n, key in enumerate(keys)
        )
    )


def a_night(seed: int, luck: Luck, merge: MergePolicy = MergePolicy.AUTO, **bounds: float) -> World:
    dice = random.Random(seed)
    world = World(dice, luck, Rules(review_usd=0.02))
    night_of(world, queue_of(8, dice), StartNight(3, "main", merge, **bounds))  # type: ignore[arg-type]
    return world


@NIGHTS
@given(st.integers(), LUCK, st.floats(0, 0.3))
def test_every_night_comes_to_rest_though_the_engine_crashes_at_any_step(seed: int, luck: Luck, crashes: float) -> None:
    world = a_night(seed, luck)

    world.run(crashes=crashes)

    night = world.state.night
    assert night is not None
    assert night.ended or needs_you(world.state)


@NIGHTS
@given(st.integers(), LUCK)
def test_only_what_was_green_on_the_very_commit_and_approved_lands(seed: int, luck: Luck) -> None:
    world = a_night(seed, luck)

    world.run()

    state = State()
    for one in world.log:
        if isinstance(one.event, events.TaskLanded):
            task = state.tasks[one.event.task]
            assert task.is_green
            assert task.merged == f"merge of {task.head} on {task.target_commit}"
            assert task.approved_head == task.head
            assert task.current_verdict is not None
            assert task.current_verdict.approve
        state = fold([one], state)


@NIGHTS
@given(st.integers(), LUCK)
def test_with_the_policy_ask_nothing_lands_without_a_person(seed: int, luck: Luck) -> None:
    world = a_night(seed, luck, MergePolicy.ASK)

    world.run()

    assert not any(isinstance(one.event, events.TaskLanded) for one in world.log)


@NIGHTS
@given(st.integers(), LUCK, st.floats(0.2, 3))
def test_nothing_new_starts_once_the_cap_is_reached(seed: int, luck: Luck, cap: float) -> None:
    world = a_night(seed, luck, cap_usd=cap)

    world.run()

    spent = 0.0
    runs: dict[str, float] = {}
    for one in world.log:
        match one.event:
            case events.CostSeen(run=run, usd=usd):
                spent += usd - runs.get(run, 0.0)
                runs[run] = usd
            case events.CallPaid(usd=usd):
                spent += usd
            case events.TaskClaimed():
                assert spent < cap


@NIGHTS
@given(st.integers(), LUCK, st.lists(st.integers(0, 12), max_size=40))
def test_a_person_may_press_anything_at_any_time(seed: int, luck: Luck, presses: list[int]) -> None:
    world = a_night(seed, luck, MergePolicy.ASK)
    for press in presses:
        for _ in range(world.random.randrange(12)):
            world.step()
        number = world.random.randrange(1, 4)
        task = f"T{world.random.randrange(1, 9)}"
        question = f"Q{world.random.randrange(1, 6)}"
        asked: list[Command] = [
            Approve(task),
            Reject(task, "do better"),
            Pause(number),
            Resume(None),
            Kill(number),
            RetryTask(task),
            StopNight(),
            EmergencyStop(),
            Pause(role=world.random.choice(["builder", "reviewer"])),
            Resume(role=world.random.choice(["builder", "reviewer"])),
            TakeOver(number),
            HandBack(number, "mind the step"),
            AnswerQuestion(question, (world.random.choice(["1", "2", "neither"]),)),
        ]
        world.give(asked[press])
    world.give(Resume(None))
    world.run()
    for agent in list(world.state.agents.values()):
        world.give(HandBack(agent.number))
    world.give(Resume(None))  # who had too many open conflicts has paused by itself meanwhile

    world.run()

    assert world.state.night is not None
    assert world.state.night.ended or is_quiet(world.state)


WISHES = st.lists(st.integers(0, 8), max_size=40)


@NIGHTS
@given(st.integers(), LUCK, WISHES, st.floats(0, 0.1))
def test_the_queue_may_be_turned_over_at_any_time_and_the_night_still_comes_to_rest(
    seed: int, luck: Luck, wishes: list[int], crashes: float
) -> None:
    world = a_night(seed, luck)
    for wish in wishes:
        for _ in range(world.random.randrange(12)):
            world.step()
            check_invariants(world)
        turn_over(world, wish)

    world.run(crashes=crashes)

    state = world.state
    assert state.night is not None
    assert state.night.ended or needs_you(state)
    order.queue(state)
    assert len({order.place(task) for task in state.tasks.values()}) == len(state.tasks)
    for task in state.tasks.values():
        assert not graph.circle(graph.needs(state), task.id, task.depends_on)
    check_reassigned(world)


def turn_over(world: World, wish: int) -> None:
    """One thing a person may do to the queue."""
    name, other = (f"T{world.random.randrange(1, 10)}" for _ in range(2))
    number = world.random.choice([1, 2, 3, None])
    asked: list[Command] = [
        ReassignTask(name, number),
        ReassignTask(name, 1),
        EditTask(name, TaskChanges(title="better", description="more", depends_on=(other,))),
        EditTask(name, TaskChanges(depends_on=())),
        Prioritise(name, world.random.choice([1, -1])),
        MoveTask(name, world.random.randrange(-4, 5)),
        MoveTask(name, before=other),
        AddTasks((TaskDraft("new", "an idea", suggested=True),)),
        PromoteTask(name),
    ]
    world.give(asked[wish])


def check_reassigned(world: World) -> None:
    """A task that was given to another agent goes on in its own conversation, and only with that agent."""
    state, sessions = State(), dict[str, str]()
    for one in world.log:
        if isinstance(event := one.event, events.TaskClaimed):
            assert sessions.setdefault(event.run, event.session) == event.session
            pinned = state.tasks[event.task].pinned
            assert pinned in (None, event.agent)
        state = fold([one], state)


@NIGHTS
@given(st.integers(), LUCK, st.integers(0, 60))
def test_stopping_keeps_everything_and_the_next_night_goes_on_in_the_same_conversations(
    seed: int, luck: Luck, steps: int
) -> None:
    world = a_night(seed, luck)
    for _ in range(steps):
        world.step()
    sessions = {run.id: run.session for run in world.state.runs.values()}
    world.give(StopNight())
    world.run()
    landed_at_stop = world.target

    assert world.state.night is not None
    assert world.state.night.ended
    assert not any(agent.run for agent in world.state.agents.values())
    before = {t.id for t in world.state.in_state(TaskState.LANDED)}
    assert len(before) == landed_at_stop
    if world.give(StartNight(2, "main", MergePolicy.AUTO)).ok:
        world.run()
    for run, session in sessions.items():
        assert world.state.runs[run].session == session


@NIGHTS
@given(st.integers(), LUCK, st.integers(0, 60))
def test_an_emergency_stop_moves_nothing_and_then_all_goes_on_where_it_was(seed: int, luck: Luck, steps: int) -> None:
    world = a_night(seed, luck)
    for _ in range(steps):
        world.step()
    before = world.state
    world.give(EmergencyStop())

    assert not world.step()
    assert not any(run.live for run in world.state.runs.values())
    for name, task in world.state.tasks.items():
        old = before.tasks[name]
        assert (task.agent, task.run, task.restarts, task.usd) == (old.agent, old.run, old.restarts, old.usd)

    said = world.give(Resume())
    assert said.ok
    world.run()
    for name, run in before.runs.items():
        assert world.state.runs[name].session == run.session
    assert world.state.night is not None
    assert world.state.night.ended or is_quiet(world.state)


def test_held_work_waits_and_everything_else_goes_on() -> None:
    world = World(random.Random(1), Luck(), Rules())
    drafts = AddTasks((TaskDraft("a", "a", category="testing"), TaskDraft("b", "b", category="docs")))
    night_of(world, drafts, StartNight(2, "main", MergePolicy.AUTO))
    world.step()
    assert world.give(Pause(category="Testing")).ok
    world.run()

    assert [t.state for t in world.state.tasks.values()] == [TaskState.CLAIMED, TaskState.LANDED]
    assert world.give(Resume(category="testing")).message == "category testing goes on"
    world.run()
    assert {t.state for t in world.state.tasks.values()} == {TaskState.LANDED}


def test_a_held_reviewer_starts_no_review_but_agents_and_gates_go_on() -> None:
    world = a_night(3, Luck())
    world.give(Pause(role="reviewer"))
    world.run()

    assert world.state.in_state(TaskState.TESTING)
    assert not any(isinstance(one.event, events.ReviewStarted) for one in world.log)
    world.give(Resume())
    world.run()
    assert {t.state for t in world.state.tasks.values()} == {TaskState.LANDED}


def test_what_can_not_be_held_is_refused_by_name() -> None:
    world = a_night(3, Luck())
    assert world.give(Pause(role="bilder")).message == "there is no role 'bilder'; did you mean 'builder'?"
    assert world.give(Pause(category="docs")).message == "there is no category 'docs'; there are: none"


@NIGHTS
@given(st.integers(), LUCK, st.floats(0, 0.3))
def test_whatever_nobody_answers_is_decided_by_default_and_no_agent_waits_for_ever(
    seed: int, luck: Luck, crashes: float
) -> None:
    world = a_night(seed, luck)

    world.run(crashes=crashes)

    assert not world.state.open_questions()
    asked = [one.event for one in world.log if isinstance(one.event, events.QuestionAsked)]
    settled = [one.event.question for one in world.log if isinstance(one.event, events.QuestionExpired)]
    assert len(settled) == len(set(settled)), "a question expired twice"
    assert len({event.question for event in asked}) == len(asked)
    handed = [(one.event.run, one.event.request) for one in world.log if isinstance(one.event, events.AnswerSent)]
    assert len(handed) == len(set(handed)), "an answer was handed over twice"


def test_an_agent_that_waits_for_an_answer_goes_on_with_it_and_not_before() -> None:
    world = a_night(3, Luck(asks=1.0), until=50_000.0)
    while not world.state.open_questions():
        assert world.step()
    (question, *_) = world.state.open_questions()
    turns = world.state.runs[question.run].turns
    world.luck.asks = 0.0
    while world.state.questions[question.id].is_open:
        assert world.state.runs[question.run].turns == turns
        assert world.step()
    assert world.state.questions[question.id].expired
    assert world.now >= question.at + world.rules.question_seconds
    world.run()
    assert world.state.runs[question.run].turns > turns


def test_a_quiet_night_lands_everything_in_the_order_of_the_dependencies() -> None:
    world = a_night(7, Luck())

    world.run()

    assert {t.state for t in world.state.tasks.values()} == {TaskState.LANDED}
    assert world.state.night is not None
    assert world.state.night.stopping == "done"


@NIGHTS
@given(st.integers(), LUCK, st.floats(0, 0.3), st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_what_is_rolled_back_is_green_too_and_never_undone_twice(
    seed: int, luck: Luck, crashes: float, wishes: list[int]
) -> None:
    world = a_night(seed, luck)
    for wish in wishes:
        for _ in range(world.random.randrange(40)):
            world.step()
        world.give(RollBack(f"T{wish}"))

    world.run(crashes=crashes)

    state = State()
    for one in world.log:
        if isinstance(one.event, events.TaskLanded) and (task := state.tasks[one.event.task]).reverts:
            assert state.undone_by(state.tasks[task.reverts]) is None, "undone, and not brought back since"
            assert task.is_green
            assert task.merged == f"merge of {task.head} on {task.target_commit}"
            assert task.approved_head == task.head
        state = fold([one], state)
    for task in world.state.tasks.values():
        by = world.state.undone_by(task)
        assert by is None or by.reverts == task.id


def test_a_rollback_in_a_quiet_night_holds_back_what_needs_it_until_that_is_undone_too() -> None:
    world = a_night(7, Luck())
    world.run()
    needed = next(t for t in world.state.tasks.values() if t.depends_on).depends_on[0]
    world.give(RollBack(needed))
    world.run()

    by = world.state.undone_by(world.state.tasks[needed])
    assert by is not None
    assert world.give(AddTasks((TaskDraft("k", "more", depends_on=(needed,), source="P.md:9"),))).ok
    assert world.state.missing(list(world.state.tasks.values())[-1])
    world.give(RollBack(by.id))
    world.run()
    assert not world.state.missing(next(t for t in world.state.tasks.values() if t.title == "more"))
