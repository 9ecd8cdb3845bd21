"""Who stands where is handed on from State to State, and is always what a look at all tasks would find."""

from __future__ import annotations

import random

from cockpit import standing
from cockpit.policy import forecast
from cockpit.standing import Board, Standing
from cockpit.state import Clash, Forecast, Kind, State, Task, TaskState
from cockpit.value import replace

NAMES = ("open", "line", "ready", "blocked", "merging", "branches", "pinned", "conflicted", "findings", "order")


def _seen(found: Standing, tasks: Board) -> dict[str, object]:
    shown = {name: getattr(found, name) for name in NAMES}
    shown["open"] = {state: names for state, names in found.open.items() if names}
    shown["order"] = {name: found.order[name] for name in tasks}
    return shown | {"counts": {state: count for state, count in found.counts.items() if count}}


def _some_task(chance: random.Random, name: str) -> Task:
    return replace(
        Task(name, "a title"),
        state=chance.choice(list(TaskState)),
        kind=chance.choice((Kind.BUILD, Kind.EXPLORE)),
        priority=chance.randrange(3),
        rank=float(chance.randrange(5)),
        pinned=chance.choice((None, 1, 2)),
        since=float(chance.randrange(3)),
        added=float(chance.randrange(3)),
        head=chance.choice(("", "c1")),
        depends_on=tuple(f"T{chance.randrange(25)}" for _ in range(chance.randrange(3))),
        rollback=chance.choice(("", "", f"T{chance.randrange(25)}")),
        conflict=chance.choice(("", "in a.py")),
        answer=chance.choice(("", "it is so")),
        part_of=chance.choice(("", "", "T1")),
    )


def test_a_board_says_after_any_changes_what_looking_at_all_its_tasks_says() -> None:
    chance = random.Random(3)
    for _ in range(20):
        board = Board({})
        past: list[tuple[Board, dict[str, object]]] = []
        for _ in range(60):
            board = board.with_task(_some_task(chance, f"T{chance.randrange(25)}"))
            if chance.random() < 0.8:
                assert _seen(board.standing, board) == _seen(Standing(board), board)
            if past and chance.random() < 0.1:  # another future of the same past
                board = chance.choice(past)[0]
            past.append((board, _seen(board.standing, board)))
        assert all(_seen(old.standing, old) == shown for old, shown in past), "what somebody has was changed"


def test_the_queue_is_those_that_wait_for_others_and_those_that_do_not() -> None:
    chance = random.Random(5)
    for _ in range(60):
        state = State(tasks=Board({f"T{n}": _some_task(chance, f"T{n}") for n in range(25)}))
        found = standing.of(state.tasks)
        assert found.ready == [name for name in found.line if not state.missing(state.tasks[name])]
        assert found.blocked == set(found.line) - set(found.ready)


def test_the_front_of_the_merges_is_the_first_of_their_order() -> None:
    chance = random.Random(6)
    for _ in range(300):
        tasks = {f"T{n}": replace(_some_task(chance, f"T{n}"), head="c1") for n in range(12)}
        pairs = [(f"T{chance.randrange(12)}", chance.choice(("", f"T{chance.randrange(12)}"))) for _ in range(4)]
        clashes = tuple(Clash(one, other, ("a.py",)) for one, other in pairs if one != other)
        state = State(tasks=Board(tasks), forecast=Forecast(tuple(f"{n}@c1" for n in tasks), clashes))
        barred = chance.choice([*tasks, ""])
        queue = [t for t in standing.having(state, TaskState.MERGING) if t.id != barred]
        found = forecast.front(state, lambda task, barred=barred: task.id != barred)  # type: ignore[misc]
        assert found is (forecast.in_order(state, queue)[0] if queue else None)


def test_tasks_are_given_in_the_order_in_which_they_were_added() -> None:
    board = Board({})
    for name, stands in (("T9", TaskState.READY), ("T2", TaskState.TESTING), ("T1", TaskState.READY)):
        board = board.with_task(Task(name, "a title", state=stands))
    state = State(tasks=board)
    assert [task.id for task in standing.having(state, TaskState.READY, TaskState.TESTING)] == ["T9", "T2", "T1"]
    assert standing.having(replace(state, tasks=dict(board)), TaskState.TESTING) == [board["T2"]], "a plain mapping"


def test_a_board_is_equal_to_the_mapping_that_it_is() -> None:
    board = Board({}).with_task(Task("T1", "a title"))
    assert board == {"T1": Task("T1", "a title")}
    assert board.standing.line == ["T1"]
    assert board == Board({"T1": Task("T1", "a title")}), "whether somebody asked changes nothing"
