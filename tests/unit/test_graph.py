"""What waits for what: circles, trees and the critical path."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.policy import graph
from cockpit.state import State, TaskState
from panes.dependencies import MOST_ROWS, tree
from tests.nights import of, task


def of_edges(edges: dict[int, set[int]]) -> State:
    return of(task(f"T{n}", depends_on=tuple(f"T{m}" for m in sorted(after))) for n, after in edges.items())


EDGES = st.integers(1, 9).flatmap(
    lambda count: st.fixed_dictionaries(
        {n: st.sets(st.integers(1, n - 1)) if n > 1 else st.just(set()) for n in range(1, count + 1)}
    )
)


@settings(deadline=None)
@given(EDGES, st.data())
def test_a_circle_is_found_exactly_where_there_would_be_one(edges: dict[int, set[int]], data: st.DataObject) -> None:
    needs = graph.needs(of_edges(edges))
    names = sorted(needs)
    task_, wanted = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(names))

    def reaches(start: str) -> bool:
        return start == task_ or any(reaches(other) for other in needs[start])

    found = graph.circle(needs, task_, [wanted])
    assert bool(found) == reaches(wanted)
    if found:
        assert found[0] == found[-1] == task_
        assert found[1] == wanted if wanted != task_ else len(found) == 2
        assert all(after in needs[name] for name, after in itertools.pairwise(found[1:]))


@settings(deadline=None)
@given(EDGES)
def test_the_critical_path_is_a_longest_chain(edges: dict[int, set[int]]) -> None:
    state = of_edges(edges)
    needs = graph.needs(state)

    def length(name: str) -> int:
        return 1 + max((length(other) for other in needs[name]), default=0)

    path = graph.critical_path(state)
    longest = max(length(name) for name in needs)
    assert len(path) == (longest if longest > 1 else 0)
    assert all(first in needs[then] for first, then in itertools.pairwise(path))


@settings(deadline=None)
@given(EDGES)
def test_a_tree_has_every_task_below_once_with_what_is_below_it(edges: dict[int, set[int]]) -> None:
    needs = graph.needs(of_edges(edges))
    root = f"T{max(edges)}"
    rows = tree(root, lambda name: needs[name])
    below: set[str] = set()
    open_ = [root]
    while open_:
        for name in needs[open_.pop()]:
            if name not in below:
                below.add(name)
                open_.append(name)
    assert {row.task for row in rows} == below
    whole = [row.task for row in rows if not row.again and needs[row.task]]
    assert len(whole) == len(set(whole))


def test_what_is_done_is_on_no_critical_path_and_long_chains_are_no_trouble() -> None:
    chain = {n: {n - 1} if n > 1 else set[int]() for n in range(1, 3001)}
    state = of_edges(chain)
    assert len(graph.critical_path(state)) == 3000
    assert len(tree("T3000", lambda name: graph.needs(of_edges({1: set()})).get(name, ()))) == 0
    needs = graph.needs(state)
    assert len(tree("T3000", lambda name: needs[name])) == MOST_ROWS
    landed = of([task("T1", state=TaskState.LANDED), task("T2", depends_on=("T1",))])
    assert graph.critical_path(landed) == ()
