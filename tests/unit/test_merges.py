"""Merging aside and landing: the target moves from exactly one commit to exactly one other, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import Blocked, Landed, MergeConflict, MergeResult, Moved, RepoError, Repository
from cockpit.repo.runner import run
from tests.repos import commit, git, make_repo, write


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """On main, with a branch `work` that adds one file and main that went on meanwhile."""
    root = make_repo(tmp_path, {"app.py": "VALUE = 1\n", "other.py": "o\n", ".gitignore": "*.log\n"})
    git(root, "switch", "-q", "-c", "work")
    commit(root, {"new.py": "n\n"}, "work")
    git(root, "switch", "-q", "main")
    commit(root, {"other.py": "meanwhile\n"}, "meanwhile")
    return Repository.open(root)


def merged(repository: Repository, head: str = "work", target: str = "main") -> str:
    result = repo.merge_result(repository, target, head, f"Merge {head}")
    assert isinstance(result, MergeResult)
    return result.commit


class TestMergingAside:
    def test_the_result_has_both_sides_and_moves_nothing(self, repository: Repository) -> None:
        root = repository.root
        before = git(root, "for-each-ref"), git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")
        commit_made = merged(repository)
        assert git(root, "show", f"{commit_made}:new.py") == "n"
        assert git(root, "show", f"{commit_made}:other.py") == "meanwhile"
        parents = git(root, "rev-list", "--parents", "-n1", commit_made).split()[1:]
        assert parents == [repository.commit_of("main"), repository.commit_of("work")]
        assert git(root, "log", "-1", "--format=%s", commit_made) == "Merge work"
        after = git(root, "for-each-ref"), git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")
        assert after == before

    def test_it_is_one_commit_even_where_a_fast_forward_would_do(self, repository: Repository) -> None:
        git(repository.root, "switch", "-q", "-c", "ahead")
        commit(repository.root, {"ahead.py": "a\n"})
        parents = git(repository.root, "rev-list", "--parents", "-n1", merged(repository, "ahead"))
        assert len(parents.split()) == 3

    def test_the_same_merge_is_the_same_commit(self, repository: Repository) -> None:
        root = repository.root
        for branch, date in (("work", "2020-01-02T00:00:00Z"), ("main", "2020-01-01T00:00:00Z")):
            git(root, "switch", "-q", branch)
            when = {"GIT_COMMITTER_DATE": date}
            run(root, "commit", "--quiet", "--amend", "--no-edit", environment=when)
        dates = git(root, "log", "-1", "--format=%aI %cI", merged(repository))
        assert dates == "2020-01-02T00:00:00+00:00 2020-01-02T00:00:00+00:00"
        assert merged(repository) == merged(repository)

    def test_conflicts_name_their_files(self, repository: Repository) -> None:
        root = repository.root
        git(root, "switch", "-q", "-c", "clash", "main~1")
        commit(root, {"other.py": "clash\n", "größe x.py": "1\n"})
        git(root, "rm", "-q", "app.py")
        commit(root, {})
        git(root, "switch", "-q", "main")
        commit(root, {"größe x.py": "2\n", "app.py": "VALUE = 7\n"})
        result = repo.merge_result(repository, "main", "clash", "Merge clash")
        assert isinstance(result, MergeConflict)
        assert sorted(result.files) == ["app.py", "größe x.py", "other.py"]
        assert "CONFLICT (content): Merge conflict in other.py" in result.text
        assert "CONFLICT (modify/delete): app.py deleted in" in result.text
        assert len(result.text.splitlines()) == 3
        assert git(root, "status", "--porcelain") == ""

    def test_histories_without_a_common_commit_are_an_error(self, repository: Repository) -> None:
        git(repository.root, "checkout", "-q", "--orphan", "stranger")
        commit(repository.root, {"x": "x\n"})
        with pytest.raises(RepoError, match="unrelated"):
            repo.merge_result(repository, "main", "stranger", "Merge")


class TestLanding:
    def test_a_clean_checkout_of_the_target_is_moved_along(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        write(repository.root, {"notes.txt": "untracked, and in nobody's way\n"})
        assert repo.land(repository, "main", before, result) == Landed(result)
        assert repository.commit_of("main") == result
        assert (repository.root / "new.py").read_text() == "n\n"
        assert git(repository.root, "status", "--porcelain") == "?? notes.txt"

    def test_a_target_that_is_not_checked_out_is_moved_alone(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        git(repository.root, "switch", "-q", "-c", "elsewhere")
        write(repository.root, {"app.py": "the user's\n"})
        assert repo.land(repository, "main", before, result) == Landed(result)
        assert repository.commit_of("main") == result
        assert not (repository.root / "new.py").exists()
        assert (repository.root / "app.py").read_text() == "the user's\n"

    def test_a_checkout_in_another_worktree_is_moved_along(self, repository: Repository, tmp_path: Path) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        git(repository.root, "switch", "-q", "-c", "elsewhere")
        git(repository.root, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
        assert repo.land(repository, "main", before, result) == Landed(result)
        assert (tmp_path / "linked" / "new.py").exists()

    @pytest.mark.parametrize("staged", [False, True])
    def test_a_dirty_checkout_is_never_touched(self, repository: Repository, staged: bool) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        write(repository.root, {"app.py": "the user's\n", "other.py": "too\n"})
        if staged:
            git(repository.root, "add", "-A")
        outcome = repo.land(repository, "main", before, result)
        assert outcome == Blocked(
            f"main is checked out in {repository.root} with uncommitted changes in app.py, other.py; "
            "commit or stash them"
        )
        assert repository.commit_of("main") == before
        assert (repository.root / "app.py").read_text() == "the user's\n"
        git(repository.root, "stash", "-q")
        assert repo.land(repository, "main", before, result) == Landed(result)

    @pytest.mark.parametrize("name", ["new.py", "new.log"])
    def test_untracked_files_in_the_way_stay(self, repository: Repository, name: str) -> None:
        root = repository.root
        git(root, "switch", "-q", "-c", "more", "work")
        write(root, {name: "theirs\n"})
        git(root, "add", "-f", name)
        git(root, "commit", "-q", "-m", "more")
        git(root, "switch", "-q", "main")
        write(root, {name: "the user's own\n"})  # new.log is even ignored
        before, result = repository.commit_of("main"), merged(repository, "more")
        outcome = repo.land(repository, "main", before, result)
        assert isinstance(outcome, Blocked)
        assert f"untracked working tree files would be overwritten by merge: {name}" in outcome.reason
        assert (root / name).read_text() == "the user's own\n"
        assert repository.commit_of("main") == before
        assert git(root, "status", "--porcelain", "-uno") == ""

    def test_a_target_that_moved_is_said(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        now = commit(repository.root, {"more.py": "m\n"})
        assert repo.land(repository, "main", before, result) == Moved(now)
        git(repository.root, "switch", "-q", "--detach")
        assert repo.land(repository, "main", before, result) == Moved(now)
        assert repository.commit_of("main") == now

    def test_a_target_that_was_set_back_is_said(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        git(repository.root, "reset", "-q", "--hard", "HEAD~1")
        assert repo.land(repository, "main", before, result) == Moved(repository.commit_of("main"))

    def test_landing_twice_is_landing_once(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        repo.land(repository, "main", before, result)
        assert repo.land(repository, "main", before, result) == Landed(result)
        commit(repository.root, {"more.py": "m\n"})
        assert repo.land(repository, "main", before, result) == Landed(result)

    def test_an_unfinished_merge_in_the_checkout_blocks(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        git(repository.root, "merge", "-q", "--no-commit", "--no-ff", "work")
        outcome = repo.land(repository, "main", before, result)
        assert isinstance(outcome, Blocked)
        assert "a merge unfinished" in outcome.reason

    def test_an_unfinished_rebase_of_the_target_blocks(self, repository: Repository) -> None:
        root = repository.root
        git(root, "switch", "-q", "-c", "clash", "main~1")
        commit(root, {"other.py": "clash\n"})
        git(root, "switch", "-q", "main")
        before, result = repository.commit_of("main"), merged(repository)
        git(root, "rebase", "clash", okay=1)
        git(root, "checkout", "-q", "-f", "HEAD")
        outcome = repo.land(repository, "main", before, result)
        assert isinstance(outcome, Blocked)
        assert "a rebase unfinished" in outcome.reason
        assert repository.commit_of("main") == before

    def test_a_lock_in_the_checkout_blocks(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        (repository.common_dir / "index.lock").touch()
        outcome = repo.land(repository, "main", before, result)
        assert isinstance(outcome, Blocked)
        assert "index.lock" in outcome.reason
        assert repository.commit_of("main") == before

    def test_two_checkouts_of_the_target_block(self, repository: Repository, tmp_path: Path) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        linked = tmp_path / "linked"
        git(repository.root, "worktree", "add", "-q", "--detach", str(linked))
        git(linked, "checkout", "-q", "--ignore-other-worktrees", "main")
        outcome = repo.land(repository, "main", before, result)
        assert isinstance(outcome, Blocked)
        assert "several places" in outcome.reason

    def test_the_users_merge_settings_and_hooks_change_nothing(self, repository: Repository) -> None:
        root = repository.root
        before, result = repository.commit_of("main"), merged(repository)
        git(root, "config", "branch.main.mergeOptions", "--squash --no-ff")
        git(root, "config", "merge.ff", "false")
        for name in ("post-merge", "reference-transaction", "pre-merge-commit"):
            write(repository.common_dir / "hooks", {name: f"#!/bin/sh\ntouch {root}/hook-ran\nexit 1\n"})
            (repository.common_dir / "hooks" / name).chmod(0o755)
        assert repo.land(repository, "main", before, result) == Landed(result)
        assert git(root, "status", "--porcelain") == ""

    def test_what_does_not_fit_is_an_error(self, repository: Repository) -> None:
        before, result = repository.commit_of("main"), merged(repository)
        with pytest.raises(RepoError, match="does not descend"):
            repo.land(repository, "main", before, "work")
        with pytest.raises(RepoError, match="no branch nothing"):
            repo.land(repository, "nothing", before, result)
