"""Which branches in flight will conflict, and the order that troubles the fewest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cockpit import repo
from cockpit.policy.actions import Compare
from cockpit.policy.forecast import clashes, forecast, in_order, subject
from cockpit.repo import Repository
from cockpit.state import Clash, Forecast, State, TaskState
from tests.nights import of, ready, task
from tests.repos import commit, git, make_repo


def three() -> State:
    """T1 conflicts with both others, which get on with each other."""
    state = of([replace(ready(f"T{n}"), head=f"h{n}") for n in (1, 2, 3)])
    found = (Clash("T2", "T1", ("a.py",)), Clash("T3", "T1", ("b.py",)))
    return replace(state, forecast=Forecast(subject(state), found))


def test_git_says_which_pairs_conflict_and_where(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a.py": "1\n", "b.py": "1\n"})
    heads = {}
    for name, files in {"x": {"a.py": "2\n"}, "y": {"a.py": "3\n", "b.py": "3\n"}, "z": {"c.py": "4\n"}}.items():
        git(root, "switch", "-q", "-c", name, "main")
        heads[name] = commit(root, files, name)
    repository = Repository.open(root)
    before = git(root, "for-each-ref"), git(root, "status", "--porcelain")

    pairs = [(heads[a], heads[b]) for a, b in ("xy", "xz", "yz", "yx")]

    assert repo.conflicts(repository, pairs) == {pairs[0]: ("a.py",), pairs[3]: ("a.py",)}
    assert repo.conflicts(repository, []) == {}
    assert (git(root, "for-each-ref"), git(root, "status", "--porcelain")) == before


def test_a_forecast_is_asked_for_when_a_head_or_the_target_is_new_and_not_otherwise() -> None:
    state = three()
    assert forecast(state).effects == ()

    moved = replace(state, tasks={**state.tasks, "T2": replace(state.tasks["T2"], head="new")})
    assert forecast(moved).effects == (Compare(("T1@h1", "T2@new", "T3@h3", "landed@0")),)
    landed = replace(state, tasks={**state.tasks, "T3": task("T3", state=TaskState.LANDED)})
    assert forecast(landed).effects == (Compare(("T1@h1", "T2@h2", "landed@1")),)


def test_each_sees_its_own_conflicts_and_none_that_are_over() -> None:
    state = three()
    assert clashes(state, state.tasks["T1"]) == (Clash("T1", "T2", ("a.py",)), Clash("T1", "T3", ("b.py",)))
    assert clashes(state, state.tasks["T2"]) == (Clash("T2", "T1", ("a.py",)),)

    landed = replace(state, tasks={**state.tasks, "T1": task("T1", state=TaskState.LANDED)})
    assert clashes(landed, landed.tasks["T2"]) == ()
    moved = replace(state, tasks={**state.tasks, "T2": replace(state.tasks["T2"], head="new")})
    assert clashes(moved, moved.tasks["T2"]) == ()


def test_who_stands_in_the_way_of_the_fewest_goes_first() -> None:
    state = three()
    assert [t.id for t in in_order(state, list(state.tasks.values()))] == ["T2", "T3", "T1"]
