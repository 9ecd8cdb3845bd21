"""Cleaning up, on real repositories: only what has landed or is rescued goes, and everything else says why it stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import events, repo
from cockpit.commands import Clean
from cockpit.engine import cleaning
from cockpit.engine.cleaning import Plan
from cockpit.fold import fold
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.repo import Repository
from cockpit.state import Agent, Night, Run, State, Task, TaskState
from cockpit.views import DISK, inbox
from tests.repos import commit, git, make_repo, write
from tests.unit.test_fold import recorded

NOW, DAY = 1_000_000.0, 86_400.0


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(make_repo(tmp_path))


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    return tmp_path / "trees"


def worked(repository: Repository, trees: Path, agent: int) -> Path:
    """A worktree with a commit of the agent's, on its branch."""
    path = repo.prepare_worktree(repository, trees / f"agent-{agent}", f"agent-{agent}/task-T{agent}", "main").path
    commit(path, {f"T{agent}.txt": "work\n"})
    return path


def night_of(trees: Path, *states: TaskState, ago: float = 2 * DAY, **more: object) -> State:
    """Task Tn by agent n in each state, for so long."""
    tasks, runs = {}, {}
    for n, state in enumerate(states, 1):
        landed = {"landed_at": NOW - ago, "landed_on": "main"} if state is TaskState.LANDED else {}
        facts = {"state": state, "since": NOW - ago, "branch": f"agent-{n}/task-T{n}", "run": f"T{n}-1", "agent": n}
        tasks[f"T{n}"] = Task(f"T{n}", f"task {n}", **facts, **landed)  # type: ignore[arg-type]
        runs[f"T{n}-1"] = Run(f"T{n}-1", f"T{n}", n, "s", worktree=str(trees / f"agent-{n}"))
    night = Night("n", 0.0, 2, "main", ended=NOW - 10)
    return replace(State(night=night, tasks=tasks, runs=runs), **more)  # type: ignore[arg-type]


def clean(repository: Repository, trees: Path, state: State, older: float = DAY) -> tuple[Plan, int]:
    """What went and stayed, and how much was rescued."""
    plan = cleaning.look(repository, trees, state, NOW, older)
    done, rescued = cleaning.carry_out(repository, state, plan, "main")
    return done, len(rescued)


def test_what_landed_a_day_ago_goes_worktree_first_and_branch_after(repository: Repository, trees: Path) -> None:
    path = worked(repository, trees, 1)
    git(repository.root, "merge", "-q", "--no-ff", "-m", "m", "agent-1/task-T1")
    state = night_of(trees, TaskState.LANDED)

    assert cleaning.look(repository, trees, state, NOW, 3 * DAY).goes == ()
    before = git(repository.root, "for-each-ref")
    plan = cleaning.look(repository, trees, state, NOW, DAY)
    assert [(one.what, one.why) for one in plan.goes] == [
        ("worktree", "T1 is landed"),
        ("branch", "T1 landed, and main holds all of it"),
    ]
    assert path.exists()
    assert git(repository.root, "for-each-ref") == before

    done, rescued = clean(repository, trees, state)
    assert (len(done.goes), done.stays, rescued) == (2, (), 0)
    assert not path.exists()
    assert git(repository.root, "branch", "--list", "agent-*") == ""
    assert clean(repository, trees, state)[0] == Plan()


def test_work_that_came_after_the_landing_is_rescued_before_anything_goes(repository: Repository, trees: Path) -> None:
    path = worked(repository, trees, 1)
    git(repository.root, "merge", "-q", "--no-ff", "-m", "m", "agent-1/task-T1")
    late = commit(path, {"late.txt": "late\n"})
    write(path, {"draft.txt": "draft\n"})

    done, rescued = clean(repository, trees, night_of(trees, TaskState.LANDED))

    assert rescued == 1  # it stands on the commit that came late, and so keeps the branch too
    assert [one.rescued for one in done.goes] == ["refs/cockpit/rescue/T1-1/1", ""]
    assert git(repository.root, "show", "refs/cockpit/rescue/T1-1/1:draft.txt") == "draft"
    assert git(repository.root, "rev-parse", "refs/cockpit/rescue/T1-1/1^") == late


def test_a_branch_that_only_a_rescue_ref_holds_is_kept_as_a_branch_was(repository: Repository, trees: Path) -> None:
    path = worked(repository, trees, 1)
    tip = git(path, "rev-parse", "HEAD")
    git(repository.root, "worktree", "remove", str(path))
    done, rescued = clean(repository, trees, night_of(trees, TaskState.LANDED))
    assert rescued == 1
    assert [one.rescued for one in done.goes] == ["refs/cockpit/rescue/T1-1/branch-1"]
    (kept,) = repo.all_rescues(repository)
    assert (kept.commit, kept.run, kept.is_branch, kept.files) == (tip, "T1-1", True, ("T1.txt",))


def test_what_is_open_skipped_or_worked_in_keeps_its_branch(repository: Repository, trees: Path) -> None:
    for agent in (1, 2, 3):
        worked(repository, trees, agent)
    state = night_of(trees, TaskState.ESCALATED, TaskState.SKIPPED, TaskState.LANDED)
    state = replace(state, agents={3: Agent(3, "T3", "T3-1")})
    done, _ = clean(repository, trees, state)
    assert [one.name for one in done.goes] == [str(trees / "agent-2")]
    assert {(one.what, one.why) for one in done.stays} == {
        ("worktree", "T1 is escalated"),
        ("worktree", "T3 is landed"),
        ("branch", "T2 is skipped: its work is on no other branch"),
    }
    assert git(repository.root, "branch", "--list", "agent-*", "--format=%(refname:short)").split() == [
        f"agent-{n}/task-T{n}" for n in (1, 2, 3)
    ]


def test_worktrees_of_others_stay_and_those_of_broken_off_checks_go(
    repository: Repository, trees: Path, tmp_path: Path
) -> None:
    repo.gate_worktree(repository, trees / "gates-T9", "main")
    git(repository.root, "worktree", "add", "-q", "--detach", str(trees / "mine"), "main")
    git(repository.root, "worktree", "add", "-q", "-b", "own", str(trees / "own"), "main")
    git(repository.root, "worktree", "add", "-q", "-b", "far", str(tmp_path / "far"), "main")
    done, _ = clean(repository, trees, night_of(trees))
    assert [one.name for one in done.goes] == [str(trees / "gates-T9")]
    assert {Path(one.name).name for one in done.stays} == {"mine", "own"}
    assert (tmp_path / "far").exists()


def test_what_git_does_not_let_go_stays_and_says_why(repository: Repository, trees: Path) -> None:
    path = worked(repository, trees, 1)
    git(repository.root, "worktree", "lock", str(path))
    nested = worked(repository, trees, 2)
    make_repo(nested, name="inner")
    done, _ = clean(repository, trees, night_of(trees, TaskState.LANDED, TaskState.LANDED))
    why = {Path(one.name).name: one.why for one in done.stays if one.what == "worktree"}
    assert "git worktree unlock" in why["agent-1"]
    assert "whose work would be lost" in why["agent-2"]
    assert (nested / "inner" / "app.py").exists()


def test_a_night_that_ended_is_cleaned_once(trees: Path) -> None:
    state = night_of(trees, TaskState.LANDED)
    (asked,) = decide(state, Rules(), NOW).records
    assert isinstance(asked, events.CleanAsked)
    state = fold(recorded([asked]), state)
    assert [effect.key for effect in decide(state, Rules(), NOW).effects] == ["tidy"]
    done = fold([replace(recorded([events.Cleaned()])[0], at=NOW, position=9)], state)
    assert decide(done, Rules(), NOW).effects == decide(done, Rules(), NOW).records == ()
    assert decide(night_of(trees), Rules(clean_seconds=0), NOW).records == ()


def test_nothing_new_starts_while_the_worktrees_take_all_their_room(trees: Path) -> None:
    state = State(night=Night("n", 0.0, 1, "main"), tasks={"T1": Task("T1", "one")}, agents={1: Agent(1)})
    full = fold(recorded([events.DiskMeasured(2_000_000_000, 1_000_000_000)]), state)
    (asked,) = decide(full, Rules(), 0.0).records
    assert isinstance(asked, events.CleanAsked)
    waits = fold(recorded([asked, events.Cleaned()]), full)
    waits = replace(waits, git=replace(waits.git, cleaned_at=waits.git.disk_at + 1))
    assert not any(isinstance(e, events.TaskClaimed) for e in decide(waits, Rules(), 0.0).records)
    assert [entry.why for entry in inbox(waits) if entry.id == DISK] == [
        "worktrees take 2.0 GB of 1.0 GB, so nothing new starts"
    ]
    free = fold(recorded([events.DiskMeasured(1000, 1_000_000_000)]), waits)
    assert any(isinstance(e, events.TaskClaimed) for e in decide(free, Rules(), 0.0).records)


def test_a_person_asks_for_it() -> None:
    made, said = answer(State(), "c1", Clean(0.0), "you", NOW)
    assert made == (events.CleanAsked(0.0, "you"),)
    assert said.ok
    refused = answer(State(), "c1", Clean(-1.0), "you", NOW)[1]
    assert not refused.ok


def test_the_room_counts_a_file_with_two_names_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    once = repo.size_of(tmp_path)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert once >= 100_000
    assert repo.size_of(tmp_path) == once
