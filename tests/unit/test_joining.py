"""Whose work a branch holds, what git can rebase by itself, and what a merge would drop: on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import ForeignWork, MergeConflict, Repository
from tests.repos import commit, git, make_repo, write

LINES = "".join(f"line {n}\n" for n in range(1, 10))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(make_repo(tmp_path, {"app.py": "VALUE = 1\n", "lines.txt": LINES}))


@pytest.fixture
def worktree(repository: Repository, tmp_path: Path) -> Path:
    return repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path


class TestOwning:
    """Only a branch's own commits, begun where the run began, are merged."""

    def test_a_tag_of_the_same_name_is_not_the_branch(self, repository: Repository, worktree: Path) -> None:
        mine = commit(worktree, {"mine.txt": "m\n"})
        git(worktree, "tag", "work", "main")
        assert repository.tip("work") == mine

    def test_a_branch_that_points_to_another_ref_is_refused(self, repository: Repository, worktree: Path) -> None:
        git(worktree, "symbolic-ref", "refs/heads/linked", "refs/heads/main")
        with pytest.raises(ForeignWork, match="linked only points to refs/heads/main"):
            repository.tip("linked")

    def test_an_object_put_in_the_place_of_another_is_not_seen(self, repository: Repository, worktree: Path) -> None:
        honest = commit(worktree, {"app.py": "VALUE = 2\n"})
        git(worktree, "checkout", "-q", "--detach", "main")
        other = commit(worktree, {"app.py": "VALUE = 666\n"})
        git(worktree, "replace", honest, other)
        merged = repo.merge_result(repository, "main", "work", "merge")
        assert isinstance(merged, repo.MergeResult)
        assert git(worktree, "--no-replace-objects", "show", f"{merged.commit}:app.py") == "VALUE = 2"

    def test_work_begun_where_the_run_began_is_its_own(self, repository: Repository, worktree: Path) -> None:
        base = repository.tip("main")
        head = commit(worktree, {"mine.txt": "m\n"})
        commit(repository.root, {"other.txt": "o\n"})
        repo.check_own(repository, head, base, repository.tip("main"), {"T2": repository.tip("main")})

    def test_another_history_is_refused(self, repository: Repository, worktree: Path) -> None:
        base = repository.tip("main")
        git(worktree, "checkout", "-q", "--orphan", "strange")
        head = commit(worktree, {"strange.txt": "s\n"})
        with pytest.raises(ForeignWork, match="no longer descends from"):
            repo.check_own(repository, head, base, base, {})

    def test_work_of_another_task_that_has_not_landed_is_refused(
        self, repository: Repository, worktree: Path, tmp_path: Path
    ) -> None:
        base = repository.tip("main")
        other = repo.prepare_worktree(repository, tmp_path / "trees" / "agent-2", "theirs", "main").path
        theirs = commit(other, {"theirs.txt": "t\n"})
        git(worktree, "merge", "-q", "theirs")
        head = commit(worktree, {"mine.txt": "m\n"})
        with pytest.raises(ForeignWork, match=r"1 commit of T2 \(theirs\) that did not land"):
            repo.check_own(repository, head, base, base, {"T2 (theirs)": theirs})
        git(repository.root, "merge", "-q", "theirs")
        repo.check_own(repository, head, base, repository.tip("main"), {"T2 (theirs)": theirs})


class TestRebasing:
    """A rebase goes through as a whole, or everything is as it was."""

    def rebase(self, repository: Repository, tmp_path: Path) -> repo.Rebased | None:
        head, target = repository.tip("work"), repository.tip("main")
        return repo.rebase(repository, tmp_path / "trees" / "rebase", "work", head, target, target, "T1-1")

    def test_what_the_target_has_already_falls_away(
        self, repository: Repository, worktree: Path, tmp_path: Path
    ) -> None:
        commit(worktree, {"app.py": "VALUE = 2\n"}, "two")
        before = commit(worktree, {"mine.txt": "m\n"}, "mine")
        commit(repository.root, {"app.py": "VALUE = 2\n"}, "two, by hand")
        commit(repository.root, {"app.py": "VALUE = 3\n"}, "three")
        assert isinstance(repo.merge_result(repository, "main", "work", "m"), MergeConflict)

        done = self.rebase(repository, tmp_path)

        assert done is not None
        assert git(worktree, "rev-parse", "HEAD", "work").split() == [done.head] * 2
        assert (worktree / "app.py").read_text() == "VALUE = 3\n"
        assert git(worktree, "status", "--porcelain") == ""
        assert git(worktree, "rev-parse", "refs/cockpit/rescue/T1-1/branch-1") == before
        assert not (tmp_path / "trees" / "rebase").exists()

    def test_one_that_conflicts_leaves_everything_as_it_was(
        self, repository: Repository, worktree: Path, tmp_path: Path
    ) -> None:
        commit(worktree, {"mine.txt": "m\n"})
        commit(worktree, {"app.py": "VALUE = 2\n"})
        commit(repository.root, {"app.py": "VALUE = 3\n"})
        looks = (("for-each-ref",), ("status", "--porcelain"), ("symbolic-ref", "HEAD"), ("worktree", "list"))
        before = [git(worktree, *look) for look in looks]

        assert self.rebase(repository, tmp_path) is None

        assert [git(worktree, *look) for look in looks] == before
        assert (worktree / "app.py").read_text() == "VALUE = 2\n"

    def test_a_worktree_with_work_in_it_is_left_alone(
        self, repository: Repository, worktree: Path, tmp_path: Path
    ) -> None:
        head = commit(worktree, {"mine.txt": "m\n"})
        commit(repository.root, {"other.txt": "o\n"})
        write(worktree, {"draft.txt": "not yet\n"})
        assert self.rebase(repository, tmp_path) is None
        assert repository.tip("work") == head
        assert (worktree / "draft.txt").read_text() == "not yet\n"

    def test_a_branch_checked_out_nowhere_moves_alone(
        self, repository: Repository, worktree: Path, tmp_path: Path
    ) -> None:
        commit(worktree, {"mine.txt": "m\n"})
        git(worktree, "checkout", "-q", "--detach")
        commit(repository.root, {"other.txt": "o\n"})
        done = self.rebase(repository, tmp_path)
        assert done is not None
        assert repository.tip("work") == done.head
        assert git(worktree, "show", "work:other.txt") == "o"

    def test_a_rewritten_target_is_seen_and_only_own_commits_are_brought_over(
        self, repository: Repository, worktree: Path, tmp_path: Path
    ) -> None:
        secret = commit(repository.root, {"secret.txt": "s\n"}, "a mistake")
        git(worktree, "merge", "-q", "--ff-only", "main")
        commit(worktree, {"mine.txt": "m\n"})
        git(repository.root, "reset", "-q", "--hard", "HEAD~1")
        target = commit(repository.root, {"other.txt": "o\n"})
        head = repository.tip("work")
        assert repo.is_rewritten(repository, secret, head, target)
        done = repo.rebase(repository, tmp_path / "trees" / "rebase", "work", head, target, secret, "T1-1")
        assert done is not None
        assert git(worktree, "ls-tree", "--name-only", "work").split() == [
            "app.py",
            "lines.txt",
            "mine.txt",
            "other.txt",
        ]
        assert not repo.is_rewritten(repository, target, done.head, target)


class TestExplaining:
    def test_both_sides_are_told_and_what_landed_there(self, repository: Repository, worktree: Path) -> None:
        head = commit(worktree, {"app.py": "VALUE = 2\n"})
        commit(repository.root, {"else.txt": "e\n"}, "something else")
        landed = commit(repository.root, {"app.py": "VALUE = 3\n"}, "count to three")
        conflict = repo.merge_result(repository, "main", "work", "m")
        assert isinstance(conflict, MergeConflict)
        assert repo.both_sides(repository, conflict, "main", "work") == (
            "app.py\nline 1:\n<<<<<<< main (what landed)\nVALUE = 3\n=======\nVALUE = 2\n>>>>>>> work (your branch)"
        )
        assert repo.landed_in(repository, head, landed, conflict.files) == [(landed, "count to three")]

    def test_a_file_that_one_side_deleted_is_told_in_gits_words(self, repository: Repository, worktree: Path) -> None:
        commit(worktree, {"app.py": "VALUE = 2\n"})
        git(repository.root, "rm", "-q", "app.py")
        git(repository.root, "commit", "-q", "-m", "gone")
        conflict = repo.merge_result(repository, "main", "work", "m")
        assert isinstance(conflict, MergeConflict)
        assert "modify/delete" in repo.both_sides(repository, conflict, "main", "work")


class TestLosing:
    """A merge that drops what landed since its branch began is found out."""

    def drops(self, repository: Repository, worktree: Path, since: str, resolved: str) -> list[tuple[str, str]]:
        """What is dropped where an agent merges main and resolves `lines.txt` to `resolved`."""
        git(worktree, "merge", "-q", "--no-commit", "-X", "ours", "main")
        commit(worktree, {"lines.txt": resolved}, "resolved")
        merged = repo.merge_result(repository, "main", "work", "m")
        assert isinstance(merged, repo.MergeResult)
        found = repo.dropped(repository, since, repository.tip("main"), merged.commit)
        return [(one.file, one.line) for one in found]

    @pytest.mark.parametrize(
        ("landed", "resolved", "lost"),
        [
            ("line 1\nTHEIRS = 5\n" + LINES[7:], LINES.replace("line 5", "mine 5"), ["THEIRS = 5"]),
            ("line 1\nTHEIRS = 5\n" + LINES[7:], "line 1\nTHEIRS = 5\n" + LINES[7:].replace("line 5", "mine 5"), []),
            ("line 1\ndef f(a, b):\n" + LINES[7:], "line 1\ndef f(a, b, c):\n" + LINES[7:], []),
            ("line 1\ndef f(a, b):\n" + LINES[7:], "line 1\ndef f(a, c):\n" + LINES[7:], ["def f(a, b):"]),
            ("line 1\nMOVED\n" + LINES[7:], LINES + "    MOVED\n", []),
            ("line 1\n}\n\n" + LINES[7:], LINES + "mine\n", []),
        ],
        ids=["dropped", "kept", "extended", "replaced", "moved", "signs"],
    )
    def test_lines_that_landed_meanwhile(
        self, repository: Repository, worktree: Path, landed: str, resolved: str, lost: list[str]
    ) -> None:
        since = repository.tip("main")
        commit(worktree, {"lines.txt": LINES.replace("line 5", "mine 5")})
        commit(repository.root, {"lines.txt": landed}, "landed")
        assert self.drops(repository, worktree, since, resolved) == [("lines.txt", line) for line in lost]

    def test_what_was_there_when_the_branch_began_may_go(self, repository: Repository, worktree: Path) -> None:
        since = repository.tip("main")
        commit(repository.root, {"lines.txt": LINES + "landed\n"}, "landed")
        resolved = LINES.replace("line 3\n", "") + "landed\n"
        assert self.drops(repository, worktree, since, resolved) == []

    def test_a_clean_merge_drops_nothing(self, repository: Repository, worktree: Path) -> None:
        since = repository.tip("main")
        commit(worktree, {"lines.txt": LINES.replace("line 9\n", "")})
        commit(repository.root, {"lines.txt": "first\n" + LINES}, "landed")
        merged = repo.merge_result(repository, "main", "work", "m")
        assert isinstance(merged, repo.MergeResult)
        assert repo.dropped(repository, since, repository.tip("main"), merged.commit) == []

    def test_a_deleted_file_is_told_line_by_line(self, repository: Repository, worktree: Path) -> None:
        since = repository.tip("main")
        landed = commit(repository.root, {"new.txt": "alpha\nbeta\n"}, "landed")
        git(worktree, "merge", "-q", "main")
        git(worktree, "rm", "-q", "new.txt")
        git(worktree, "commit", "-q", "-m", "away")
        merged = repo.merge_result(repository, "main", "work", "m")
        assert isinstance(merged, repo.MergeResult)
        found = repo.dropped(repository, since, repository.tip("main"), merged.commit)
        assert [(one.commit, one.line) for one in found] == [(landed, "alpha"), (landed, "beta")]
