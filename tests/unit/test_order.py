"""The queue's order, and which agent gets which task."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.commands import Command, MoveTask, Prioritise
from cockpit.events import Recorded
from cockpit.fold import fold
from cockpit.policy import order, schedule
from cockpit.policy.requests import answer
from cockpit.state import Agent, Night, State, Task, TaskState

QUICK = settings(max_examples=200, deadline=None)
TASKS = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 3)), min_size=1, max_size=8)


def queue_of(shapes: list[tuple[int, int]]) -> State:
    tasks = [Task(f"T{n}", f"task {n}", priority=p, rank=float(r), added=1.0) for n, (p, r) in enumerate(shapes, 1)]
    return State(tasks={t.id: t for t in tasks})


def give(state: State, command: Command) -> tuple[State, str]:
    made, said = answer(state, "c1", command, "you", 100.0)
    return fold((Recorded(99, "s", 1, 100.0, e) for e in made), state), said.message


def names(state: State) -> list[str]:
    return [t.id for t in order.queue(state)]


@QUICK
@given(TASKS, st.data())
def test_a_move_puts_a_task_where_it_was_asked_to_and_leaves_the_others_in_order(
    shapes: list[tuple[int, int]], data: st.DataObject
) -> None:
    state = queue_of(shapes)
    before = names(state)
    task = data.draw(st.sampled_from(before))
    steps = data.draw(st.integers(-4, 4))

    after, _ = give(state, MoveTask(task, steps))

    others = [n for n in before if n != task]
    wanted = min(max(before.index(task) + steps, 0), len(others))
    assert names(after) == [*others[:wanted], task, *others[wanted:]]


@QUICK
@given(TASKS, st.data())
def test_before_first_and_last_are_kept_too(shapes: list[tuple[int, int]], data: st.DataObject) -> None:
    state = queue_of(shapes)
    task, other = data.draw(st.sampled_from(names(state))), data.draw(st.sampled_from(names(state)))

    assert names(give(state, MoveTask(task, to="first"))[0])[0] == task
    assert names(give(state, MoveTask(task, to="last"))[0])[-1] == task
    if task != other:
        moved = names(give(state, MoveTask(task, before=other))[0])
        assert moved.index(task) == moved.index(other) - 1


@QUICK
@given(TASKS)
def test_the_order_is_total_and_does_not_depend_on_how_the_tasks_lie(shapes: list[tuple[int, int]]) -> None:
    state = queue_of(shapes)
    turned = replace(state, tasks=dict(reversed(list(state.tasks.items()))))

    assert names(state) == names(turned)
    assert len({order.place(t) for t in state.tasks.values()}) == len(state.tasks)


def test_a_hundred_moves_into_the_same_gap_still_find_room() -> None:
    state = queue_of([(0, 1), (0, 2), (0, 3)])
    for n in range(200):
        state, said = give(state, MoveTask(names(state)[2], before=names(state)[1]))
        assert "comes before" in said, n
    assert sorted(names(state)) == ["T1", "T2", "T3"]


def test_a_new_task_comes_after_all_that_were_moved_last() -> None:
    from cockpit.commands import AddTasks
    from cockpit.state import TaskDraft

    state = queue_of([(0, 1), (0, 2)])
    for _ in range(9):
        state, _ = give(state, MoveTask(names(state)[0], to="last"))

    state, _ = give(state, AddTasks((TaskDraft("a", "new"), TaskDraft("b", "newer"))))

    assert names(state)[-2:] == ["T3", "T4"]


def test_presses_add_up_though_the_screen_lags_behind() -> None:
    state = queue_of([(0, 1), (0, 2), (0, 3), (0, 4)])
    for _ in range(2):
        state, _ = give(state, MoveTask("T4", -1))
    for _ in range(3):
        state, said = give(state, Prioritise("T2", 1))

    assert names(state) == ["T2", "T1", "T4", "T3"]
    assert said == "T2 has priority 3 now"


def test_only_queued_tasks_have_a_place() -> None:
    state = queue_of([(0, 1), (0, 2)])
    failed = replace(state.tasks["T2"], state=TaskState.FAILED)
    state = replace(state, tasks={**state.tasks, "T2": failed})

    assert give(state, MoveTask("T2", -1))[1] == "T2 is failed; only queued tasks have a place in the queue"
    assert give(state, MoveTask("T1", before="T2"))[1] == "T2 is failed; only queued tasks have a place in the queue"
    assert give(state, MoveTask("T1", -1))[1] == "T1 is first already"


# ── pins ─────────────────────────────────────────────────────────────────────────────────────────────

PINS = st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=1, max_size=8)


def night_of(pins: list[int | None], agents: int, busy: set[int]) -> State:
    tasks = [Task(f"T{n}", f"task {n}", rank=float(n), pinned=pin) for n, pin in enumerate(pins, 1)]
    slots = {n: Agent(n, "X", "X-1") if n in busy else Agent(n) for n in range(1, agents + 1)}
    return State(night=Night("n", 1.0, agents, "main"), tasks={t.id: t for t in tasks}, agents=slots)


@QUICK
@given(PINS, st.integers(1, 4), st.sets(st.integers(1, 4)))
def test_no_agent_is_idle_while_a_task_that_it_may_take_waits(
    pins: list[int | None], agents: int, busy: set[int]
) -> None:
    state = night_of(pins, agents, busy)

    made = schedule.claims(state)

    taken, given_to = {c.task for c in made}, {c.agent for c in made}
    assert len(given_to) == len(made) == len(taken)
    for claim in made:
        assert schedule.pin(state, state.tasks[claim.task]) in (None, claim.agent)
    idle = [a for a in state.agents.values() if a.run is None and a.number not in given_to]
    left = [t for t in state.tasks.values() if t.id not in taken]
    assert not [(a.number, t.id) for a in idle for t in left if schedule.may_take(state, a, t)]


@QUICK
@given(PINS, st.integers(1, 4))
def test_a_pinned_task_is_passed_only_by_what_comes_before_it(pins: list[int | None], agents: int) -> None:
    """Pinning never starves: each time its agent is free, the first task that it may take is taken."""
    state = night_of(pins, agents, set())
    for _ in range(len(pins)):
        made = schedule.claims(state)
        if not made:
            break
        tasks = dict(state.tasks)
        for claim in made:
            tasks[claim.task] = replace(tasks[claim.task], state=TaskState.LANDED)
        state = replace(state, tasks=tasks)

    assert {t.state for t in state.tasks.values()} == {TaskState.LANDED}


def test_an_unpinned_task_leaves_the_agent_that_another_waits_for() -> None:
    made = schedule.claims(night_of([None, 1], 2, set()))

    assert [(c.task, c.agent) for c in made] == [("T1", 2), ("T2", 1)]


def test_a_pin_on_an_agent_that_this_night_has_not_holds_nothing_up() -> None:
    assert [(c.task, c.agent) for c in schedule.claims(night_of([5], 2, set()))] == [("T1", 1)]


def test_an_old_ledger_without_ranks_keeps_the_order_in_which_tasks_came() -> None:
    log = [events.TaskAdded(f"T{n}", "x") for n in range(1, 13)]
    state = fold(Recorded(n, "s", n, 5.0, e) for n, e in enumerate(log, 1))

    assert names(state) == [f"T{n}" for n in range(1, 13)]
