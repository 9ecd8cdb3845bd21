"""Repositories as people have them: a task goes all the way through each, and nothing of the user's is touched."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import Blocked, GitFailed, Landed, MergeConflict, MergeResult, Repository
from tests.repos import commit, git, make_repo, write

Change = Callable[[Path], object]


def work(place: Path) -> None:
    """What most agents do here."""
    write(place, {"work.txt": "done\n"})


def through(repository: Repository, tmp_path: Path, change: Change = work, target: str = "main") -> Path:
    """One task, from its worktree to its landing and the worktree's end; the place where the gates looked."""
    trees = tmp_path / "trees"
    place = repo.prepare_worktree(repository, trees / "agent-1", "agent-1/task-T1", target, fresh=True).path
    base = repository.tip(target)
    change(place)
    repo.commit_leftovers(repository, place, "the work", "agent-1/task-T1")
    head = repository.tip("agent-1/task-T1")
    repo.check_own(repository, head, base, base, {})
    merged = repo.merge_result(repository, base, head, "Merge the work")
    assert isinstance(merged, MergeResult), merged
    repo.gate_worktree(repository, trees / "gates", merged.commit)
    assert git(trees / "gates", "status", "--porcelain") == ""
    landed = repo.land(repository, target, base, merged.commit)
    assert isinstance(landed, Landed), landed
    repo.remove_gate_worktree(repository, trees / "gates")
    assert repo.release_worktree(repository, place, "T1-1") is None
    assert not (trees / "gates").exists()
    assert not place.exists()
    return repository.root


def opened(root: Path) -> Repository:
    return Repository.open(root)


def test_a_submodule_stays_where_it_was_and_goes_on_when_moved(tmp_path: Path) -> None:
    inner = make_repo(tmp_path, {"lib.py": "A = 1\n"}, name="inner")
    root = make_repo(tmp_path)
    allow = ("-c", "protocol.file.allow=always")
    git(root, *allow, "submodule", "--quiet", "add", str(inner), "lib")
    git(root, "commit", "-q", "-m", "with a library")
    newer = commit(inner, {"lib.py": "A = 2\n"})

    def upgrade(place: Path) -> None:
        git(place, *allow, "submodule", "--quiet", "update", "--init")
        git(place / "lib", *allow, "fetch", "-q")
        git(place / "lib", "checkout", "-q", newer)
        work(place)

    through(opened(root), tmp_path, upgrade)
    assert git(root, "rev-parse", "main:lib") == newer
    assert git(root, "show", "main:work.txt") == "done"


def test_a_sparse_checkout_stays_sparse_and_work_outside_it_counts(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"src/a.py": "a\n", "docs/b.md": "b\n", "top.txt": "t\n"})
    git(root, "sparse-checkout", "set", "src")

    def outside(place: Path) -> None:
        assert not (place / "docs").exists()
        write(place, {"docs/new.md": "new\n", "src/a.py": "changed\n"})

    through(opened(root), tmp_path, outside)
    assert not (root / "docs").exists()
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "ls-tree", "-r", "--name-only", "main").split() == [
        "docs/b.md",
        "docs/new.md",
        "src/a.py",
        "top.txt",
    ]


def test_a_shallow_clone(tmp_path: Path) -> None:
    origin = make_repo(tmp_path, name="origin")
    for number in range(3):
        commit(origin, {"app.py": f"VALUE = {number}\n"})
    root = tmp_path / "repo"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{origin}", str(root)], check=True)
    through(opened(root), tmp_path)
    assert len(git(root, "log", "--format=%h", "main").splitlines()) == 3
    assert git(root, "rev-parse", "--is-shallow-repository") == "true"


def test_hooks_of_the_users_do_not_run_for_the_cockpits_own_commits(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    for name in (
        "pre-commit",
        "commit-msg",
        "pre-merge-commit",
        "post-checkout",
        "post-merge",
        "reference-transaction",
    ):
        hook = root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/ran\nexit 1\n")
        hook.chmod(0o755)
    through(opened(root), tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_key_that_cannot_sign_neither_breaks_nor_holds_up_anything(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    program = tmp_path / "gpg"
    program.write_text("#!/bin/sh\necho no passphrase >&2\nexit 2\n")
    program.chmod(0o755)
    for key, value in {
        "commit.gpgSign": "true",
        "tag.gpgSign": "true",
        "merge.verifySignatures": "true",
        "gpg.program": str(program),
        "user.signingKey": "0xDEAD",
    }.items():
        git(root, "config", key, value)
    through(opened(root), tmp_path)
    commit_of_agent = git(root, "log", "-1", "--format=%G?", "main")
    assert commit_of_agent == "N"


def test_a_rename_of_case_only(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"readme.md": "r\n", "app.py": "a\n"})
    through(opened(root), tmp_path, lambda place: git(place, "mv", "readme.md", "README.md"))
    assert sorted(path.name for path in root.iterdir() if path.is_file()) == ["README.md", "app.py"]
    assert git(root, "status", "--porcelain") == ""


def test_a_file_becomes_a_folder_and_a_folder_a_file(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"tool": "a file\n", "lib/one.py": "1\n"})

    def swap(place: Path) -> None:
        (place / "tool").unlink()
        (place / "lib" / "one.py").unlink()
        (place / "lib").rmdir()
        write(place, {"tool/main.py": "m\n", "lib": "a file now\n"})

    through(opened(root), tmp_path, swap)
    assert (root / "tool" / "main.py").read_text() == "m\n"
    assert (root / "lib").read_text() == "a file now\n"


def test_a_swap_that_is_in_no_commit_is_rescued_and_comes_back(tmp_path: Path) -> None:
    repository = opened(make_repo(tmp_path, {"tool": "a file\n"}))
    place = repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path
    (place / "tool").unlink()
    write(place, {"tool/main.py": "m\n"})
    assert repo.release_worktree(repository, place, "T1-1") is not None
    repo.prepare_worktree(repository, place, "work", "main")
    assert repo.restore(repository, place, "T1-1")
    assert (place / "tool" / "main.py").read_text() == "m\n"


def test_line_ends_as_gitattributes_has_them(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {".gitattributes": "* text=auto eol=crlf\n*.sh eol=lf\n", "a.txt": "one\ntwo\n"})
    git(root, "rm", "-q", "--cached", "-r", ".")
    git(root, "reset", "-q", "--hard")
    assert (root / "a.txt").read_bytes() == b"one\r\ntwo\r\n"

    def edit(place: Path) -> None:
        assert repo.uncommitted(place) == []
        (place / "a.txt").write_bytes(b"one\r\nTWO\r\n")
        (place / "run.sh").write_bytes(b"echo\n")

    through(opened(root), tmp_path, edit)
    assert (root / "a.txt").read_bytes() == b"one\r\nTWO\r\n"
    assert (root / "run.sh").read_bytes() == b"echo\n"
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("target", ["größe/ünï", "feat/a+b=c,'d\"", "release-1.x#2", "@team/main"])
def test_unusual_names_of_the_target(tmp_path: Path, target: str) -> None:
    root = make_repo(tmp_path)
    git(root, "switch", "-q", "-c", target)
    git(root, "tag", target, "main")
    through(opened(root), tmp_path, target=target)
    assert (root / "work.txt").exists()
    assert not repo.is_on(opened(root), target, "main")


def test_a_branch_that_stands_where_the_folder_of_ours_would_be_is_named(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    git(root, "branch", "agent-1")
    with pytest.raises(repo.BranchTaken, match=r"branch agent-1 is in the way.*git branch -m agent-1"):
        repo.prepare_worktree(opened(root), tmp_path / "trees" / "agent-1", "agent-1/task-T1", "main", fresh=True)
    assert not (tmp_path / "trees" / "agent-1").exists()


def test_started_in_a_linked_worktree(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", "-b", "side", str(linked))
    assert through(Repository.open(linked), tmp_path, target="side") == root
    assert (linked / "work.txt").exists()
    assert not (root / "work.txt").exists()


def test_worktrees_of_a_bare_repository(tmp_path: Path) -> None:
    origin = make_repo(tmp_path, name="origin")
    hub = tmp_path / "hub"
    git(tmp_path, "clone", "-q", "--bare", str(origin), str(hub / ".bare"))
    git(hub / ".bare", "worktree", "add", "-q", str(hub / "main"), "main")
    git(hub / ".bare", "config", "user.name", "Ada")
    repository = Repository.open(hub / "main")
    assert repository.root == hub / "main"
    through(repository, tmp_path)
    assert (hub / "main" / "work.txt").exists()


def test_a_detached_head_stays_where_it_is(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    git(root, "checkout", "-q", "--detach")
    before = git(root, "rev-parse", "HEAD")
    through(opened(root), tmp_path)
    assert git(root, "rev-parse", "HEAD") == before
    assert git(root, "show", "main:work.txt") == "done"
    assert git(root, "status", "--porcelain") == ""


def test_an_unborn_branch_in_the_checkout(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    git(root, "switch", "-q", "--orphan", "fresh")
    through(opened(root), tmp_path)
    assert git(root, "show", "main:work.txt") == "done"
    assert git(root, "symbolic-ref", "HEAD") == "refs/heads/fresh"


def test_a_lock_left_over_on_the_target_is_named_and_nothing_moves(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    repository = opened(root)
    git(root, "checkout", "-q", "--detach")
    place = repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path
    head = commit(place, {"work.txt": "w\n"})
    merged = repo.merge_result(repository, "main", head, "m")
    assert isinstance(merged, MergeResult)
    base = repository.tip("main")
    (root / ".git" / "refs" / "heads" / "main.lock").touch()
    blocked = repo.land(repository, "main", base, merged.commit)
    assert isinstance(blocked, Blocked)
    assert "main.lock" in blocked.reason
    assert repository.tip("main") == base


def test_a_lock_that_a_killed_git_left_in_a_worktree_does_not_hold_up_the_work(tmp_path: Path) -> None:
    repository = opened(make_repo(tmp_path))
    place = repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path
    write(place, {"work.txt": "w\n"})
    lock = Path(git(place, "rev-parse", "--absolute-git-dir")) / "index.lock"
    lock.touch()
    with pytest.raises(GitFailed, match=r"index\.lock"):
        repo.commit_leftovers(repository, place, "work", "work")
    repo.drop_old_locks(place, older_seconds=0.0)
    assert repo.commit_leftovers(repository, place, "work", "work") == repository.tip("work")


def test_a_worktree_that_was_emptied_with_its_link_is_put_back_and_nothing_is_taken_for_deleted(tmp_path: Path) -> None:
    repository = opened(make_repo(tmp_path))
    place = repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path
    head = commit(place, {"work.txt": "w\n"})
    for path in place.iterdir():
        path.unlink()
    write(place, {"left.txt": "left\n"})
    kept = repo.mend(repository, place, "T1-1")
    assert kept is not None
    assert git(repository.root, "show", f"{kept.ref}:left.txt") == "left"
    assert (place / "app.py").exists()
    assert repo.mend(repository, place, "T1-1") is None
    repo.commit_leftovers(repository, place, "leftovers", "work")
    assert git(place, "diff", "--name-status", head, "work") == "A\tleft.txt"


class TestLfs:
    """Files in Git LFS: git holds pointers, and these must not be mangled."""

    POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
        return make_repo(tmp_path, {".gitattributes": attributes, "big.bin": self.POINTER})

    def test_without_git_lfs_pointers_go_through_as_they_are(self, root: Path, tmp_path: Path) -> None:
        through(opened(root), tmp_path)
        assert git(root, "show", "main:big.bin") + "\n" == self.POINTER

    def test_a_filter_that_is_missing_is_said_with_the_fix(self, root: Path, tmp_path: Path) -> None:
        git(root, "config", "filter.lfs.smudge", "no-such-git-lfs smudge -- %f")
        git(root, "config", "filter.lfs.required", "true")
        with pytest.raises(repo.RepoError, match=r"Git LFS.*install git-lfs"):
            repo.prepare_worktree(opened(root), tmp_path / "trees" / "agent-1", "work", "main", fresh=True)
        assert not opened(root).branch_exists("work")

    def test_a_file_that_would_land_without_its_pointer_is_found(self, root: Path, tmp_path: Path) -> None:
        repository = opened(root)
        place = repo.prepare_worktree(repository, tmp_path / "trees" / "agent-1", "work", "main").path
        head = commit(place, {"other.bin": "\x01 the thing itself", "good.bin": self.POINTER, "a.txt": "a\n"})
        files = repo.changed_files(repository, "main", head)
        assert repo.without_pointer(repository, head, files) == ["other.bin"]


def test_two_that_changed_the_same_submodule_conflict_in_words(tmp_path: Path) -> None:
    inner = make_repo(tmp_path, {"lib.py": "A = 1\n"}, name="inner")
    root = make_repo(tmp_path)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "lib")
    git(root, "commit", "-q", "-m", "with a library")
    git(root, "switch", "-q", "-c", "other")
    git(root, "update-index", "--cacheinfo", f"160000,{'1' * 40},lib")
    git(root, "commit", "-q", "-m", "one")
    git(root, "switch", "-q", "main")
    git(root, "update-index", "--cacheinfo", f"160000,{'2' * 40},lib")
    git(root, "commit", "-q", "-m", "two")
    conflict = repo.merge_result(opened(root), "main", "other", "m")
    assert isinstance(conflict, MergeConflict)
    assert conflict.files == ("lib",)
    assert "submodule" in repo.both_sides(opened(root), conflict, "main", "other")
