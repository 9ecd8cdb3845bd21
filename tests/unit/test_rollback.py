"""Rolling back: what the wish comes to, what refuses it, who built on it, and what git makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import events, moves
from cockpit.commands import RetryTask, RollBack
from cockpit.events import Event
from cockpit.moves import Give, Refusal
from cockpit.policy import rollback
from cockpit.policy.actions import RunGates
from cockpit.policy.merge import merges
from cockpit.policy.rules import Rules
from cockpit.repo import BranchTaken, MergeConflict, Repository, Reverted, land, merge_result, revert
from cockpit.report import build, markdown
from cockpit.state import GateResult, State, TaskState
from cockpit.views import undone_text
from tests.repos import commit, git, make_repo
from tests.unit.test_requests import after, give, refusal

LANDED: tuple[Event, ...] = (
    events.TaskAdded("T1", "parse dates"),
    events.TaskAdded("T2", "use them", depends_on=("T1",)),
    events.TaskAdded("T3", "use those", depends_on=("T2",)),
    events.TaskAdded("T4", "something else"),
    events.TaskAdded("T5", "later", depends_on=("T1",)),
    events.NightStarted("n", 2, "main"),
    *(events.TaskLanded(name, f"merge-{name}", "main") for name in ("T1", "T2", "T3", "T4")),
)


def rolled_back(*more: Event) -> State:
    """T6 rolls T1 back; `more` is what came of it."""
    state, _ = give(after(*LANDED), RollBack("T1"))
    return after(*LANDED, *_asked(), *more) if more else state


def _asked() -> tuple[Event, ...]:
    return (
        events.TaskAdded("T6", "Roll back T1: parse dates", reverts="T1"),
        events.RollbackAsked("T6", "you"),
    )


def test_it_becomes_a_task_of_its_own_that_has_its_yes_already() -> None:
    state, said = give(after(*LANDED), RollBack("t1"))

    task = state.tasks["T6"]
    assert said.message == "T6 rolls T1 back: the gates run, then it lands; what landed on top of it stays: T2, T3"
    assert (task.title, task.source, task.reverts) == ("Roll back T1: parse dates", "rollback of T1", "T1")
    assert (task.state, task.approved_by) == (TaskState.MERGING, "you")
    assert "git revert -m 1 merge-T1" in task.description
    assert undone_text(state, state.tasks["T1"]) == "T6 is to roll it back"
    assert merges(state, Rules(), 5.0).effects == (RunGates("T6"),)


@pytest.mark.parametrize(
    ("state", "task", "why"),
    [
        (after(*LANDED), "T5", "T5 is queued; only what has landed can be rolled back"),
        (rolled_back(), "T1", "T6 rolls T1 back already; it is merging"),
        (
            rolled_back(events.TaskLanded("T6", "m6", "main")),
            "T1",
            "T1 was rolled back by T6 already; roll back T6 to have it again",
        ),
        (
            after(*LANDED, events.NightStarted("n2", 1, "develop")),
            "T1",
            "T1 landed on main, and the night is on develop: start one on that branch",
        ),
        (after(*LANDED), "T9", "there is no task 'T9'; `cockpit status` lists them"),
    ],
)
def test_what_cannot_be_rolled_back_says_why(state: State, task: str, why: str) -> None:
    assert refusal(state, RollBack(task)) == why
    if task in state.tasks:
        assert moves.roll_back(state, state.tasks[task]) == Refusal(why)


def test_the_question_names_what_was_built_on_it() -> None:
    state = after(*LANDED)
    assert [t.id for t in rollback.dependants(state, state.tasks["T1"])] == ["T2", "T3"]

    asked = moves.roll_back(state, state.tasks["T1"])
    assert isinstance(asked, Give)
    assert asked.question == "Roll back T1?"
    assert "T2 and T3 landed on top of it and stay." in asked.detail
    lone = moves.roll_back(state, state.tasks["T4"])
    assert isinstance(lone, Give)
    assert "on top" not in lone.detail


def test_what_was_rolled_back_holds_back_those_that_need_it_until_it_is_there_again() -> None:
    undone = rolled_back(events.TaskLanded("T6", "m6", "main"))
    assert undone.seen_state(undone.tasks["T5"]) is TaskState.WAITING
    assert undone_text(undone, undone.tasks["T1"]) == "rolled back by T6"

    again, _ = give(undone, RollBack("T6"))
    assert again.tasks["T7"].title == "Roll back T6: Roll back T1: parse dates"
    landed = after(
        *LANDED,
        *_asked(),
        events.TaskLanded("T6", "m6", "main"),
        events.TaskAdded("T7", "Roll back T6", reverts="T6"),
        events.RollbackAsked("T7", "you"),
        events.TaskLanded("T7", "m7", "main"),
    )
    assert landed.seen_state(landed.tasks["T5"]) is TaskState.QUEUED
    assert undone_text(landed, landed.tasks["T1"]) == ""


RED = GateResult("tests", False, "E assert parse is None")


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (
            events.GatesFinished("T6", "r1", "t1", "m1", (RED,)),
            "without T1 the gate tests fails, so nothing was changed. Send it back with a note and an agent does it,"
            " or skip it",
        ),
        (
            events.GatesFinished("T6", "r1", "t1", "", (GateResult("changes", False, "nothing"),)),
            "there is nothing left of T1 to roll back: its changes are on the target no more",
        ),
        (
            events.ConflictFound("T6", "r1", "t1", ("a.py",)),
            "T1 can't be rolled back by git alone: it conflicts with the target in a.py. Send it back with a note and"
            " an agent does it, or skip it",
        ),
    ],
)
def test_what_git_or_the_gates_do_not_settle_waits_for_a_person(came: Event, words: str) -> None:
    made = events.RollbackMade("T6", "cockpit/rollback-T1-T6", "t1", "r1")
    state = rolled_back(made, came)

    (decided,) = merges(state, Rules(), 5.0).records
    assert decided == events.TaskEscalated("T6", words)
    again, said = give(rolled_back(made, came, decided), RetryTask("T6"))
    assert said.message == "T6 is tried again"
    assert merges(again, Rules(), 6.0).effects == (RunGates("T6"),)


def test_a_rollback_that_was_dropped_is_not_tried_again_beside_another() -> None:
    state = after(
        *LANDED,
        *_asked(),
        events.TaskSkipped("T6"),
        events.TaskAdded("T7", "Roll back T1", reverts="T1"),
        events.RollbackAsked("T7", "you"),
    )
    assert refusal(state, RetryTask("T6")) == "T7 rolls T1 back already; it is merging"


def test_the_report_says_it() -> None:
    told = markdown(build(rolled_back(events.TaskLanded("T6", "m6", "main")), 100.0))

    assert "- **T1** parse dates: `merge-T1` ($0.00); rolled back by T6" in told
    assert "- **T6** Roll back T1: parse dates: `m6` ($0.00)" in told


# ── git ──────────────────────────────────────────────────────────────────────────────────────────────


def landed_in(root: Path, files: dict[str, str], branch: str) -> str:
    """Work that landed as a merge on main."""
    git(root, "switch", "-q", "-c", branch, "main")
    commit(root, files, f"work on {branch}")
    git(root, "switch", "-q", "main")
    repository = Repository.open(root)
    before = git(root, "rev-parse", "main")
    merged = merge_result(repository, "main", branch, f"Merge {branch}")
    assert not isinstance(merged, MergeConflict)
    land(repository, "main", before, merged.commit)
    return merged.commit


def test_git_makes_a_branch_that_undoes_a_merge_and_keeps_what_came_later(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    merge = landed_in(root, {"dates.py": "x = 1\n"}, "dates")
    landed_in(root, {"other.py": "y = 1\n"}, "other")
    before = git(root, "rev-parse", "main")

    made = revert(Repository.open(root), tmp_path / "w" / "r", "cockpit/rollback-T1-T2", "main", merge, "Roll back T1")

    assert isinstance(made, Reverted)
    assert made.base == before == git(root, "rev-parse", "main")
    assert git(root, "ls-tree", "--name-only", "cockpit/rollback-T1-T2").split() == ["README.md", "app.py", "other.py"]
    assert git(root, "worktree", "list").count("\n") == 0
    assert git(root, "status", "--porcelain") == ""
    again = revert(Repository.open(root), tmp_path / "w" / "r", "cockpit/rollback-T1-T2", "main", merge, "Roll back T1")
    assert again == made
    with pytest.raises(BranchTaken, match="exists already and is no rollback"):
        revert(Repository.open(root), tmp_path / "w" / "r", "other", "main", merge, "Roll back T1")


def test_on_a_target_that_moved_it_is_made_anew_and_the_earlier_try_is_kept(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    merge = landed_in(root, {"dates.py": "x = 1\n"}, "dates")
    words = (tmp_path / "w" / "r", "cockpit/rollback-T1-T2", "main", merge, "Roll back T1")
    first = revert(Repository.open(root), *words)
    landed_in(root, {"other.py": "y = 1\n"}, "other")

    again = revert(Repository.open(root), *words)

    assert isinstance(first, Reverted)
    assert isinstance(again, Reverted)
    assert again.base == git(root, "rev-parse", "main") != first.base
    assert git(root, "rev-parse", "cockpit/rollback-T1-T2") == again.head
    assert git(root, "rev-parse", "refs/cockpit/rescue/T2/branch-1") == first.head


def test_where_later_work_changed_the_same_nothing_is_left_behind(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    merge = landed_in(root, {"app.py": "VALUE = 2\n"}, "two")
    landed_in(root, {"app.py": "VALUE = 3\n"}, "three")
    branches = git(root, "branch", "--list")

    made = revert(Repository.open(root), tmp_path / "w" / "r", "cockpit/rollback-T1-T2", "main", merge, "Roll back T1")

    assert isinstance(made, MergeConflict)
    assert made.files == ("app.py",)
    assert git(root, "branch", "--list") == branches
    assert git(root, "worktree", "list").count("\n") == 0
