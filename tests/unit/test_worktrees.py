"""Worktrees of runs and gates: nothing of anybody else is touched, and nothing of an agent is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import (
    BranchTaken,
    GitFailed,
    NestedRepository,
    PathTaken,
    RepoError,
    Repository,
    Unmerged,
    WrongBranch,
)
from tests.repos import commit, git, make_repo, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repo(tmp_path, {"app.py": "VALUE = 1\n", ".gitignore": "*.log\nbuild/\n"})


@pytest.fixture
def repository(root: Path) -> Repository:
    return Repository.open(root)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "repo.worktrees" / "agent-1"


def branches(root: Path) -> list[str]:
    return git(root, "branch", "--format=%(refname:short)").splitlines()


class TestPreparing:
    def test_a_new_run_gets_a_new_branch_at_the_base(self, repository: Repository, place: Path) -> None:
        first = repository.commit_of("main")
        commit(repository.root, {"app.py": "VALUE = 2\n"})
        made = repo.prepare_worktree(repository, place, "agent-1/task-T1", first, fresh=True)
        assert (made.path, made.branch, made.base, made.head) == (place, "agent-1/task-T1", first, first)
        assert made.created
        assert (place / "app.py").read_text() == "VALUE = 1\n"
        assert git(place, "branch", "--show-current") == "agent-1/task-T1"
        assert git(repository.root, "status", "--porcelain") == ""

    def test_the_branch_does_not_track_the_base(self, repository: Repository, place: Path) -> None:
        git(repository.root, "config", "branch.autoSetupMerge", "always")
        repo.prepare_worktree(repository, place, "work", "main")
        assert "branch.work.merge" not in git(repository.root, "config", "--list")

    def test_a_resumed_run_gets_its_branch_back(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        head = commit(place, {"app.py": "VALUE = 2\n"})
        repo.release_worktree(repository, place, "T1-1")
        again = repo.prepare_worktree(repository, place.with_name("agent-2"), "work", "main")
        assert (again.created, again.head) == (True, head)

    def test_a_worktree_that_is_there_is_taken_up_with_its_work(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        write(place, {"app.py": "half done\n", "new.py": "x\n"})
        again = repo.prepare_worktree(repository, place, "work", "main")
        assert not again.created
        assert (place / "app.py").read_text() == "half done\n"
        assert (place / "new.py").exists()

    def test_it_is_taken_up_in_the_middle_of_a_rebase(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        commit(place, {"app.py": "VALUE = 2\n"})
        commit(repository.root, {"app.py": "VALUE = 3\n"})
        git(place, "rebase", "main", okay=1)
        assert not repo.prepare_worktree(repository, place, "work", "main").created
        assert repo.unfinished(place) == "a rebase"

    def test_a_lock_that_a_killed_git_left_is_removed(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        lock = Path(git(place, "rev-parse", "--absolute-git-dir")) / "index.lock"
        lock.touch()
        repo.prepare_worktree(repository, place, "work", "main")
        commit(place, {"app.py": "goes on\n"})

    def test_a_start_that_was_cut_short_is_gone_on_with(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        assert not repo.prepare_worktree(repository, place, "work", "main", fresh=True).created

    def test_one_that_git_did_not_finish_is_made_anew(self, repository: Repository, place: Path) -> None:
        for fresh in (True, False):
            repo.prepare_worktree(repository, place, "work", "main", fresh=fresh)
            self.cut_short(place)
            again = repo.prepare_worktree(repository, place, "work", "main", fresh=fresh)
            assert again.created
            assert repo.uncommitted(place) == []
            repo.release_worktree(repository, place, "T1-1")
            git(repository.root, "branch", "-D", "work")
        repo.gate_worktree(repository, place, "main")
        self.cut_short(place)
        repo.gate_worktree(repository, place, "main")
        assert (place / "app.py").exists()
        self.cut_short(place)
        assert repo.release_worktree(repository, place, "T1-1") is None
        assert not place.exists()

    def test_locks_of_a_git_that_was_killed_are_gone_when_the_run_goes_on(
        self, repository: Repository, place: Path
    ) -> None:
        repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        own = Path(git(place, "rev-parse", "--absolute-git-dir"))
        locks = [own / "index.lock", own / "HEAD.lock", repository.common_dir / "refs/heads/work.lock"]
        for lock in locks:
            lock.touch()
        repo.prepare_worktree(repository, place, "work", "main")
        assert not any(lock.exists() for lock in locks)
        commit(place, {"new.py": "x\n"})

    @staticmethod
    def cut_short(place: Path) -> None:
        """Leave what git leaves when it is killed while it makes a worktree."""
        state = Path(git(place, "rev-parse", "--absolute-git-dir"))
        (state / "locked").write_text("initializing\n")
        (state / "index.lock").touch()
        (place / "app.py").unlink()

    def test_a_new_run_takes_over_no_work(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        write(place, {"new.py": "x\n"})
        with pytest.raises(BranchTaken):
            repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        assert (place / "new.py").exists()

    def test_a_branch_of_somebody_else_is_not_taken(self, repository: Repository, place: Path) -> None:
        git(repository.root, "branch", "work")
        with pytest.raises(BranchTaken, match=r"git branch -m work NAME.*repository\.branch"):
            repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        assert not place.exists()

    def test_a_branch_checked_out_elsewhere_is_not_taken(self, repository: Repository, place: Path) -> None:
        git(repository.root, "switch", "-q", "-c", "work")
        with pytest.raises(BranchTaken, match=str(repository.root)):
            repo.prepare_worktree(repository, place, "work", "main")

    def test_a_worktree_on_another_branch_must_be_released_first(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "one", "main")
        with pytest.raises(RepoError, match="is on one, not on two: release it first"):
            repo.prepare_worktree(repository, place, "two", "main")
        assert branches(repository.root) == ["main", "one"]

    def test_a_foreign_folder_is_left_alone(self, repository: Repository, place: Path) -> None:
        write(place, {"thesis.txt": "years of work\n"})
        with pytest.raises(PathTaken, match=rf"{place} .*move it away.*repository\.worktrees"):
            repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        assert (place / "thesis.txt").read_text() == "years of work\n"
        assert branches(repository.root) == ["main"]

    def test_a_foreign_repository_is_left_alone(self, repository: Repository, place: Path, tmp_path: Path) -> None:
        make_repo(place.parent, name="agent-1")
        with pytest.raises(PathTaken):
            repo.prepare_worktree(repository, place, "work", "main")

    def test_a_foreign_file_is_left_alone(self, repository: Repository, place: Path) -> None:
        write(place.parent, {"agent-1": "a file"})
        with pytest.raises(PathTaken):
            repo.prepare_worktree(repository, place, "work", "main")

    def test_an_empty_folder_is_used(self, repository: Repository, place: Path) -> None:
        place.mkdir(parents=True)
        assert repo.prepare_worktree(repository, place, "work", "main").created

    @pytest.mark.parametrize("inner", [".", ".git/worktree"])
    def test_the_repository_itself_is_no_place(self, repository: Repository, inner: str) -> None:
        with pytest.raises(PathTaken, match=r"repository\.worktrees"):
            repo.prepare_worktree(repository, repository.root / inner, "work", "main")

    def test_a_worktree_deleted_by_hand_is_made_again(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        head = commit(place, {"app.py": "VALUE = 2\n"})
        shutil.rmtree(place)
        again = repo.prepare_worktree(repository, place, "work", "main")
        assert (again.created, again.head) == (True, head)

    def test_its_branch_is_free_for_another_place(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        shutil.rmtree(place)
        assert repo.prepare_worktree(repository, place.with_name("agent-2"), "work", "main").created

    def test_others_entries_of_missing_worktrees_stay(self, repository: Repository, place: Path) -> None:
        disk = place.with_name("on-a-disk-that-is-not-mounted")
        git(repository.root, "worktree", "add", "-q", str(disk), "-b", "theirs")
        shutil.rmtree(disk)
        repo.prepare_worktree(repository, place, "work", "main")
        assert str(disk) in git(repository.root, "worktree", "list")

    def test_a_deleted_link_to_the_repository_is_mended(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        write(place, {"app.py": "half done\n"})
        (place / ".git").unlink()
        again = repo.prepare_worktree(repository, place, "work", "main")
        assert not again.created
        assert repo.uncommitted(place) == ["app.py"]

    def test_a_worktree_turned_into_another_repository_is_left_alone(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        (place / ".git").unlink()
        git(place, "init", "-q")
        with pytest.raises(PathTaken, match="no longer leads there"):
            repo.prepare_worktree(repository, place, "work", "main")
        with pytest.raises(RepoError):
            repo.release_worktree(repository, place, "T1-1")
        assert (place / "app.py").exists()

    def test_an_unusable_name_or_base_is_said(self, repository: Repository, place: Path) -> None:
        with pytest.raises(RepoError, match="can't be a branch's name"):
            repo.prepare_worktree(repository, place, "a..b", "main")
        with pytest.raises(RepoError, match="no commit called 'nothing'"):
            repo.prepare_worktree(repository, place, "work", "nothing")
        assert not place.exists()

    def test_a_branch_whose_files_cannot_be_written_is_not_left_behind(
        self, repository: Repository, place: Path
    ) -> None:
        blob = git(repository.root, "rev-parse", "main:app.py")
        (repository.common_dir / "objects" / blob[:2] / blob[2:]).unlink()
        with pytest.raises(GitFailed):
            repo.prepare_worktree(repository, place, "work", "main", fresh=True)
        assert branches(repository.root) == ["main"]

    def test_the_users_hooks_do_not_run(self, repository: Repository, place: Path, tmp_path: Path) -> None:
        hook = repository.common_dir / "hooks" / "post-checkout"
        write(hook.parent, {hook.name: f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
        hook.chmod(0o755)
        repo.prepare_worktree(repository, place, "work", "main")
        assert not (tmp_path / "ran").exists()


class TestReleasing:
    def test_work_is_rescued_and_the_branch_stays(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        write(place, {"app.py": "half done\n", "new.py": "x\n", "a.log": "ignored\n"})
        kept = repo.release_worktree(repository, place, "T1-1")
        assert kept is not None
        assert git(repository.root, "show", f"{kept.ref}:app.py") == "half done"
        assert git(repository.root, "show", f"{kept.ref}:new.py") == "x"
        assert not place.exists()
        assert branches(repository.root) == ["main", "work"]
        assert str(place) not in git(repository.root, "worktree", "list")

    def test_a_clean_one_leaves_no_rescue(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        assert repo.release_worktree(repository, place, "T1-1") is None
        assert not place.exists()

    def test_a_dead_lock_does_not_stop_it(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        write(place, {"app.py": "half done\n"})
        (Path(git(place, "rev-parse", "--absolute-git-dir")) / "index.lock").touch()
        assert repo.release_worktree(repository, place, "T1-1") is not None
        assert not place.exists()

    def test_commits_on_no_branch_are_rescued(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        git(place, "checkout", "-q", "--detach")
        wandered = commit(place, {"app.py": "VALUE = 9\n"})
        kept = repo.release_worktree(repository, place, "T1-1")
        assert kept is not None
        assert kept.commit == wandered

    def test_a_repository_inside_is_not_lost(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        write(place, {"app.py": "half done\n"})
        make_repo(place / "vendor", name="inner")
        with pytest.raises(NestedRepository, match="vendor/inner"):
            repo.release_worktree(repository, place, "T1-1")
        assert (place / "vendor" / "inner" / ".git").is_dir()
        assert (place / "app.py").read_text() == "half done\n"

    def test_a_locked_one_stays_as_it_is(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        write(place, {"app.py": "half done\n"})
        git(repository.root, "worktree", "lock", str(place))
        with pytest.raises(RepoError, match="git worktree unlock"):
            repo.release_worktree(repository, place, "T1-1")
        assert (place / "app.py").read_text() == "half done\n"

    def test_one_deleted_by_hand_is_forgotten(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        shutil.rmtree(place)
        assert repo.release_worktree(repository, place, "T1-1") is None
        assert str(place) not in git(repository.root, "worktree", "list")

    def test_the_users_checkout_and_foreign_folders_are_refused(self, repository: Repository, tmp_path: Path) -> None:
        write(repository.root, {"app.py": "the user's\n"})
        for path in (repository.root, tmp_path, repository.root / ".git"):
            with pytest.raises(RepoError, match="leaves it alone"):
                repo.release_worktree(repository, path, "T1-1")
        assert (repository.root / "app.py").read_text() == "the user's\n"

    def test_one_without_its_link_never_touches_a_repository_above(
        self, tmp_path: Path, repository: Repository
    ) -> None:
        home = make_repo(tmp_path, {"notes": "mine\n"}, name="home")
        inner = home / "trees" / "agent-1"
        repo.prepare_worktree(repository, inner, "work", "main")
        (inner / ".git").unlink()
        (inner / ".git").mkdir()
        write(home, {"notes": "changed\n"})
        with pytest.raises(RepoError):
            repo.release_worktree(repository, inner, "T1-1")
        assert (home / "notes").read_text() == "changed\n"

    @pytest.fixture
    def submodule(self, repository: Repository, place: Path, tmp_path: Path) -> Path:
        """The worktree's own checkout of a submodule, as a setup command makes it."""
        theirs = make_repo(tmp_path, {"lib.py": "l\n"}, name="theirs")
        allow = ("-c", "protocol.file.allow=always", "submodule", "--quiet")
        git(repository.root, *allow, "add", str(theirs), "vendor/lib")
        commit(repository.root, {}, "a submodule")
        repo.prepare_worktree(repository, place, "work", "main")
        git(place, *allow, "update", "--init")
        return place / "vendor" / "lib"

    def test_a_submodule_without_work_goes_with_it(self, repository: Repository, place: Path, submodule: Path) -> None:
        assert (submodule / "lib.py").exists()
        repo.release_worktree(repository, place, "T1-1")
        assert not place.exists()
        assert str(place) not in git(repository.root, "worktree", "list")

    @pytest.mark.parametrize("committed", [False, True])
    def test_work_in_a_submodule_is_not_lost(
        self, repository: Repository, place: Path, submodule: Path, committed: bool
    ) -> None:
        write(submodule, {"lib.py": "changed\n"})
        if committed:
            git(submodule, "-c", "user.name=Ada", "-c", "user.email=a@example.org", "commit", "-qam", "work")
        with pytest.raises(NestedRepository, match="vendor/lib"):
            repo.release_worktree(repository, place, "T1-1")
        assert (submodule / "lib.py").read_text() == "changed\n"


class TestGates:
    def test_it_is_clean_and_on_no_branch(self, repository: Repository, place: Path) -> None:
        first = repository.commit_of("main")
        repo.gate_worktree(repository, place, first)
        write(place, {"app.py": "rubbish\n", "a.log": "old\n", "build/x": "old\n"})
        make_repo(place, name="inner")
        second = commit(repository.root, {"app.py": "VALUE = 2\n"})
        repo.gate_worktree(repository, place, second)
        assert sorted(path.name for path in place.iterdir()) == [".git", ".gitignore", "app.py"]
        assert (place / "app.py").read_text() == "VALUE = 2\n"
        assert git(place, "branch", "--show-current") == ""
        repo.remove_gate_worktree(repository, place)
        repo.remove_gate_worktree(repository, place)
        assert not place.exists()

    def test_hidden_changes_do_not_stay(self, repository: Repository, place: Path) -> None:
        repo.gate_worktree(repository, place, "main")
        git(place, "update-index", "--assume-unchanged", "app.py")
        write(place, {"app.py": "hidden\n"})
        repo.gate_worktree(repository, place, "main")
        assert (place / "app.py").read_text() == "VALUE = 1\n"

    def test_one_deleted_by_hand_is_made_again(self, repository: Repository, place: Path) -> None:
        repo.gate_worktree(repository, place, "main")
        shutil.rmtree(place)
        repo.gate_worktree(repository, place, "main")
        assert (place / "app.py").exists()

    def test_a_runs_worktree_and_foreign_folders_are_refused(self, repository: Repository, place: Path) -> None:
        repo.prepare_worktree(repository, place, "work", "main")
        with pytest.raises(PathTaken, match="on branch work"):
            repo.gate_worktree(repository, place, "main")
        write(place.with_name("other"), {"file": "x"})
        with pytest.raises(PathTaken, match="move it away"):
            repo.gate_worktree(repository, place.with_name("other"), "main")

    def test_a_detached_worktree_of_the_user_is_refused(self, repository: Repository, place: Path) -> None:
        git(repository.root, "worktree", "add", "-q", "--detach", str(place))
        write(place, {"app.py": "the user's\n"})
        with pytest.raises(PathTaken, match="uncommitted work"):
            repo.gate_worktree(repository, place, "main")
        assert (place / "app.py").read_text() == "the user's\n"


class TestLeftovers:
    @pytest.fixture
    def worktree(self, repository: Repository, place: Path) -> Path:
        return repo.prepare_worktree(repository, place, "work", "main").path

    def test_all_uncommitted_work_is_committed(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"new.py": "x\n", "a.log": "ignored\n"})
        (worktree / "app.py").unlink()
        head = repo.commit_leftovers(repository, worktree, "# Leftovers\n\nof a run", "work")
        assert head == git(worktree, "rev-parse", "work")
        assert git(worktree, "ls-tree", "--name-only", "HEAD") == ".gitignore\nnew.py"
        assert git(worktree, "log", "-1", "--format=%B").strip() == "# Leftovers\n\nof a run"
        assert git(worktree, "log", "-1", "--format=%an <%ae>") == "Ada <ada@example.org>"

    def test_nothing_uncommitted_gives_none(self, repository: Repository, worktree: Path) -> None:
        assert repo.commit_leftovers(repository, worktree, "nothing") is None
        write(worktree, {"a.log": "ignored\n"})
        (worktree / "app.py").touch()
        assert repo.commit_leftovers(repository, worktree, "nothing") is None

    def test_no_hook_and_no_signature_stop_it(self, repository: Repository, worktree: Path) -> None:
        hook = repository.common_dir / "hooks" / "pre-commit"
        write(hook.parent, {hook.name: "#!/bin/sh\nexit 1\n"})
        hook.chmod(0o755)
        git(worktree, "config", "commit.gpgSign", "true")
        write(worktree, {"new.py": "x\n"})
        assert repo.commit_leftovers(repository, worktree, "leftovers")

    def test_without_an_identity_it_is_the_cockpits(
        self, repository: Repository, worktree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        git(worktree, "config", "--unset", "user.name")
        git(worktree, "config", "--unset", "user.email")
        git(worktree, "config", "user.useConfigOnly", "true")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
        monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
        write(worktree, {"new.py": "x\n"})
        repo.commit_leftovers(repository, worktree, "leftovers")
        author = git(worktree, "log", "-1", "--format=%an <%ae> %cn <%ce>")
        assert author == "Cockpit <cockpit@localhost> Cockpit <cockpit@localhost>"

    def test_unresolved_conflicts_are_refused(self, repository: Repository, worktree: Path) -> None:
        commit(worktree, {"app.py": "VALUE = 2\n"})
        commit(repository.root, {"app.py": "VALUE = 3\n"})
        git(worktree, "merge", "main", okay=1)
        head = git(worktree, "rev-parse", "HEAD")
        with pytest.raises(Unmerged, match=r"app\.py") as caught:
            repo.commit_leftovers(repository, worktree, "leftovers")
        assert caught.value.files == ("app.py",)
        assert git(worktree, "rev-parse", "HEAD") == head
        assert "<<<<<<<" in (worktree / "app.py").read_text()

    def test_a_resolved_merge_is_concluded(self, repository: Repository, worktree: Path) -> None:
        commit(worktree, {"app.py": "VALUE = 2\n"})
        commit(repository.root, {"app.py": "VALUE = 3\n"})
        git(worktree, "merge", "main", okay=1)
        write(worktree, {"app.py": "VALUE = 2\n"})  # nothing of the other side: no file differs from HEAD
        git(worktree, "add", "app.py")
        head = repo.commit_leftovers(repository, worktree, "leftovers")
        assert len(git(worktree, "rev-list", "--parents", "-n1", str(head)).split()) == 3
        assert repo.unfinished(worktree) == ""

    def test_a_worktree_on_another_branch_is_refused(self, repository: Repository, worktree: Path) -> None:
        write(worktree, {"new.py": "x\n"})
        git(worktree, "switch", "-q", "-c", "wandered")
        with pytest.raises(WrongBranch, match="git switch work"):
            repo.commit_leftovers(repository, worktree, "leftovers", "work")
        git(worktree, "checkout", "-q", "--detach")
        with pytest.raises(WrongBranch, match="no branch"):
            repo.commit_leftovers(repository, worktree, "leftovers")
        assert (worktree / "new.py").exists()

    def test_a_repository_inside_stays_out(self, repository: Repository, worktree: Path) -> None:
        git(worktree, "init", "-q", "empty-inner")
        make_repo(worktree, name="inner")
        assert repo.commit_leftovers(repository, worktree, "leftovers") is None
        write(worktree, {"new.py": "x\n"})
        assert repo.commit_leftovers(repository, worktree, "leftovers")
        assert git(worktree, "ls-tree", "--name-only", "HEAD") == ".gitignore\napp.py\nnew.py"
