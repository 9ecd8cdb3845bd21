"""Rescue refs: uncommitted work is kept, and nobody who works there notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import Repository
from tests.repos import commit, git, make_repo, write


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    files = {"app.py": "VALUE = 1\n", "old.py": "x = 1\n", ".gitignore": "*.log\n"}
    return Repository.open(make_repo(tmp_path, files))


@pytest.fixture
def worktree(repository: Repository, tmp_path: Path) -> Path:
    return repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path


def content(worktree: Path, commit: str) -> dict[str, str]:
    names = git(worktree, "ls-tree", "-r", "--name-only", commit).splitlines()
    return {name: git(worktree, "show", f"{commit}:{name}") for name in names}


def test_everything_that_git_does_not_ignore_is_kept(repository: Repository, worktree: Path) -> None:
    write(worktree, {"app.py": "VALUE = 2\n", "new dir/größe.py": "y\n", "a.log": "ignored\n"})
    (worktree / "old.py").unlink()
    kept = repo.rescue(repository, worktree, "T1-1")
    assert kept is not None
    assert kept.ref == "refs/cockpit/rescue/T1-1/1"
    assert content(worktree, kept.ref) == {
        ".gitignore": "*.log",
        "app.py": "VALUE = 2",
        "new dir/größe.py": "y",
    }
    assert git(worktree, "rev-parse", f"{kept.ref}^") == git(worktree, "rev-parse", "HEAD")


def test_the_worktree_notices_nothing(repository: Repository, worktree: Path) -> None:
    write(worktree, {"app.py": "VALUE = 2\n", "staged.py": "s\n", "new.py": "n\n"})
    git(worktree, "add", "staged.py")
    before = [git(worktree, *look) for look in (("status", "--porcelain"), ("rev-parse", "work", "HEAD"))]
    state = Path(git(worktree, "rev-parse", "--absolute-git-dir"))
    index, files = (state / "index").read_bytes(), sorted(path.name for path in state.iterdir())
    repo.rescue(repository, worktree, "T1-1")
    assert (state / "index").read_bytes() == index
    assert sorted(path.name for path in state.iterdir()) == files
    assert [git(worktree, *look) for look in (("status", "--porcelain"), ("rev-parse", "work", "HEAD"))] == before


def test_nothing_uncommitted_is_no_rescue(repository: Repository, worktree: Path) -> None:
    write(worktree, {"a.log": "ignored\n"})
    (worktree / "app.py").touch()
    assert repo.rescue(repository, worktree, "T1-1") is None
    assert repo.rescues(repository, "T1-1") == []


def test_it_works_in_the_middle_of_a_conflicted_merge(repository: Repository, worktree: Path) -> None:
    commit(worktree, {"app.py": "VALUE = 2\n"})
    commit(repository.root, {"app.py": "VALUE = 3\n", "theirs.py": "t\n"})
    git(worktree, "merge", "main", okay=1)
    status = git(worktree, "status", "--porcelain")
    kept = repo.rescue(repository, worktree, "T1-1")
    assert kept is not None
    assert "<<<<<<< HEAD\nVALUE = 2\n=======\nVALUE = 3\n" in content(worktree, kept.ref)["app.py"]
    assert "theirs.py" in content(worktree, kept.ref)
    assert "in the middle of a merge" in git(worktree, "log", "-1", "--format=%s", kept.ref)
    assert git(worktree, "status", "--porcelain") == status
    assert repo.unmerged(worktree) == ["app.py"]


def test_it_works_while_another_git_holds_the_index(repository: Repository, worktree: Path) -> None:
    write(worktree, {"app.py": "VALUE = 2\n"})
    (Path(git(worktree, "rev-parse", "--absolute-git-dir")) / "index.lock").touch()
    assert repo.rescue(repository, worktree, "T1-1") is not None


def test_a_later_rescue_replaces_none(repository: Repository, worktree: Path) -> None:
    kept = []
    for value in range(12):
        write(worktree, {"app.py": f"VALUE = {value + 10}\n"})
        kept.append(repo.rescue(repository, worktree, "T1-1"))
    assert repo.rescues(repository, "T1-1") == kept
    assert repo.newest_rescue(repository, "T1-1") == kept[-1]
    assert git(worktree, "show", "refs/cockpit/rescue/T1-1/3:app.py") == "VALUE = 12"
    assert repo.rescues(repository, "T1-10") == repo.rescues(repository, "T1") == []


def test_the_same_work_is_kept_once(repository: Repository, worktree: Path) -> None:
    write(worktree, {"app.py": "VALUE = 2\n"})
    first = repo.rescue(repository, worktree, "T1-1")
    assert repo.rescue(repository, worktree, "T1-1") == first


def test_housekeeping_does_not_throw_it_away(repository: Repository, worktree: Path) -> None:
    write(worktree, {"app.py": "VALUE = 2\n"})
    kept = repo.release_worktree(repository, worktree, "T1-1")
    git(repository.root, "reflog", "expire", "--expire=now", "--all")
    git(repository.root, "gc", "--quiet", "--prune=now")
    assert kept is not None
    assert git(repository.root, "show", f"{kept.commit}:app.py") == "VALUE = 2"


def test_files_of_a_repository_inside_are_kept(repository: Repository, worktree: Path) -> None:
    make_repo(worktree / "deep", {"inner.py": "committed there\n"}, name="inner")
    write(worktree, {"deep/inner/new.py": "n\n", "app.py": "VALUE = 2\n"})
    git(worktree, "init", "-q", "empty")
    write(worktree, {"empty/e.py": "e\n"})
    kept = repo.rescue(repository, worktree, "T1-1")
    assert kept is not None
    kept_files = content(worktree, kept.ref)
    assert kept_files["deep/inner/inner.py"] == "committed there"
    assert kept_files["deep/inner/new.py"] == "n"
    assert kept_files["empty/e.py"] == "e"
    assert kept_files["app.py"] == "VALUE = 2"


def test_files_outside_a_sparse_checkout_are_not_taken_for_deleted(repository: Repository, worktree: Path) -> None:
    commit(worktree, {"docs/a.md": "a\n", "src/b.py": "b\n"})
    git(worktree, "sparse-checkout", "set", "src")
    write(worktree, {"src/b.py": "changed\n"})
    kept = repo.rescue(repository, worktree, "T1-1")
    assert kept is not None
    assert content(worktree, kept.ref)["docs/a.md"] == "a"
    assert content(worktree, kept.ref)["src/b.py"] == "changed"


def test_work_on_a_branch_without_commits_is_kept(repository: Repository, worktree: Path) -> None:
    git(worktree, "checkout", "-q", "--orphan", "empty")
    write(worktree, {"new.py": "n\n"})
    kept = repo.rescue(repository, worktree, "T1-1")
    assert kept is not None
    assert content(worktree, kept.ref)["new.py"] == "n"


def test_files_that_git_was_told_not_to_look_at_are_kept_too(repository: Repository, worktree: Path) -> None:
    git(worktree, "update-index", "--assume-unchanged", "app.py")
    git(worktree, "update-index", "--skip-worktree", "old.py")
    write(worktree, {"app.py": "VALUE = 2\n", "old.py": "x = 2\n"})
    assert git(worktree, "status", "--porcelain") == ""
    kept = repo.release_worktree(repository, worktree, "T1-1")
    assert kept is not None
    assert git(repository.root, "show", f"{kept.ref}:app.py") == "VALUE = 2"
    assert git(repository.root, "show", f"{kept.ref}:old.py") == "x = 2"


def test_what_a_rebase_had_put_aside_is_kept_too(repository: Repository, worktree: Path) -> None:
    commit(worktree, {"app.py": "VALUE = 2\n"})
    commit(repository.root, {"app.py": "VALUE = 3\n"})
    write(worktree, {"old.py": "half done\n"})
    git(worktree, "rebase", "--autostash", "main", okay=1)
    repo.release_worktree(repository, worktree, "T1-1")
    kept = [one for one in repo.all_rescues(repository) if one.is_put_aside]
    assert [git(repository.root, "show", f"{one.ref}:old.py") for one in kept] == ["half done"]
    assert repo.rescues(repository, "T1-1")[0].ref == "refs/cockpit/rescue/T1-1/stash-1"


class TestRestoring:
    def test_the_work_comes_back_uncommitted(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"app.py": "VALUE = 2\n", "new/n.py": "n\n", "staged.py": "s\n"})
        (worktree / "old.py").unlink()
        git(worktree, "add", "staged.py")
        repo.release_worktree(repository, worktree, "T1-1")
        repo.prepare_worktree(repository, worktree, "work", "main")
        assert repo.restore(repository, worktree, "T1-1")
        assert sorted(repo.uncommitted(worktree)) == ["app.py", "new/n.py", "old.py", "staged.py"]
        assert (worktree / "app.py").read_text() == "VALUE = 2\n"
        assert git(worktree, "diff", "--cached", "--name-only") == ""
        assert repo.newest_rescue(repository, "T1-1") is not None

    def test_not_onto_another_head(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"app.py": "VALUE = 2\n"})
        repo.release_worktree(repository, worktree, "T1-1")
        repo.prepare_worktree(repository, worktree, "work", "main")
        commit(worktree, {"other.py": "o\n"})
        assert not repo.restore(repository, worktree, "T1-1")
        assert repo.uncommitted(worktree) == []

    def test_not_over_other_work(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"app.py": "VALUE = 2\n"})
        repo.rescue(repository, worktree, "T1-1")
        write(worktree, {"app.py": "VALUE = 3\n"})
        assert not repo.restore(repository, worktree, "T1-1")
        assert (worktree / "app.py").read_text() == "VALUE = 3\n"

    def test_not_over_an_ignored_file(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"a.log": "forced in\n"})
        git(worktree, "add", "-f", "a.log")
        kept = repo.rescue(repository, worktree, "T1-1")
        git(worktree, "rm", "-q", "-f", "a.log")
        write(worktree, {"a.log": "the new one\n"})
        assert kept is None or not repo.restore(repository, worktree, "T1-1")
        assert (worktree / "a.log").read_text() == "the new one\n"

    def test_nothing_of_another_run(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"app.py": "VALUE = 2\n"})
        repo.release_worktree(repository, worktree, "T1-1")
        repo.prepare_worktree(repository, worktree, "work", "main")
        assert not repo.restore(repository, worktree, "T1-2")
