"""Finding a repository, and reading its branches and diffs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import BareRepository, GitFailed, NoCommits, NotARepository, RepoError, Repository
from cockpit.repo.runner import run
from tests.repos import commit, git, make_repo, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repo(tmp_path)


def test_it_is_found_from_anywhere_in_it(root: Path) -> None:
    write(root, {"deep/er/file": ""})
    for start in (root, root / "deep" / "er"):
        found = Repository.open(start)
        assert found.root == root.resolve()
        assert found.common_dir == root.resolve() / ".git"


def test_from_a_linked_worktree_the_main_one_is_found(root: Path) -> None:
    linked = root.parent / "linked"
    git(root, "worktree", "add", "-q", str(linked), "-b", "other")
    assert Repository.open(linked) == Repository.open(root)


def test_it_may_keep_its_git_directory_elsewhere(tmp_path: Path) -> None:
    root, store = tmp_path / "work", tmp_path / "store.git"
    git(tmp_path, "init", "-q", "-b", "main", "--separate-git-dir", str(store), str(root))
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    commit(root, {"a": "1\n"})
    found = Repository.open(root)
    assert (found.root, found.common_dir) == (root, store)
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "other")
    with pytest.raises(NotARepository, match="main working tree"):
        Repository.open(tmp_path / "linked")


def test_a_folder_without_git_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(NotARepository, match="git init"):
        Repository.open(tmp_path)
    with pytest.raises(NotARepository, match="no directory"):
        Repository.open(tmp_path / "missing")


def test_a_bare_repository_is_refused_with_the_fix(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(BareRepository, match="git clone"):
        Repository.open(tmp_path / "bare.git")


def test_a_repository_without_commits_is_refused_with_the_fix(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    with pytest.raises(NoCommits, match="git commit"):
        Repository.open(tmp_path)


def test_a_repository_on_a_branch_without_commits_is_open(root: Path) -> None:
    git(root, "checkout", "-q", "--orphan", "empty")
    opened = Repository.open(root)
    assert opened.current_branch() == "empty"
    assert opened.branch_exists("main")


def test_variables_of_a_git_hook_lead_nowhere(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_repo(tmp_path, name="other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert Repository.open(root).root == root


def test_branches_and_commits(root: Path) -> None:
    repository = Repository.open(root)
    first = repository.commit_of("main")
    second = commit(root, {"app.py": "VALUE = 2\n"})
    assert repository.current_branch() == "main"
    assert repository.commit_of("HEAD") == repository.commit_of("refs/heads/main") == second
    assert repository.is_ancestor(first, second)
    assert repository.is_ancestor(first, first)
    assert not repository.is_ancestor(second, first)
    assert repository.branch_exists("main")
    assert not repository.branch_exists("nothing")
    git(root, "checkout", "-q", "--detach")
    assert repository.current_branch() is None


@pytest.mark.parametrize("ref", ["nothing", "--all", "-x", "", "a..b", "no\0de"])
def test_a_missing_commit_is_said(root: Path, ref: str) -> None:
    with pytest.raises(RepoError):
        Repository.open(root).commit_of(ref)


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "", "x.lock", "HEAD"])
def test_a_name_that_no_branch_can_have_is_said(root: Path, name: str) -> None:
    with pytest.raises(RepoError, match="can't be a branch's name"):
        Repository.open(root).branch_exists(name)


def test_git_in_a_missing_folder_runs_nowhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(GitFailed):
        run(root / "missing", "status")


def test_git_does_not_look_above_the_folder_it_is_given(root: Path) -> None:
    write(root, {"inner/file": ""})
    with pytest.raises(GitFailed, match="not a git repository"):
        run(root / "inner", "status")


def opened_with_path(folder: Path) -> str:
    """What opening a repository says where PATH is `folder` alone."""
    script = (
        "from pathlib import Path\nfrom cockpit.repo import Repository, GitMissing\n"
        "try: Repository.open(Path('.'))\nexcept GitMissing as error: print(error)"
    )
    environment = {"PATH": str(folder), "PYTHONPATH": os.getcwd()}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_no_git_is_said(tmp_path: Path) -> None:
    assert "install git 2.38" in opened_with_path(tmp_path)


def test_an_old_git_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"git": "#!/bin/sh\necho git version 2.37.9\n"})
    (tmp_path / "git").chmod(0o755)
    assert "too old (git version 2.37.9): install git 2.38" in opened_with_path(tmp_path)


def test_importing_the_package_does_not_import_gitpython() -> None:
    script = "import sys, cockpit.repo; print('git' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


class TestDiffs:
    """Everything is against the merge base: what the target got meanwhile does not count."""

    @pytest.fixture
    def repository(self, root: Path) -> Repository:
        commit(root, {"old name.txt": "one\ntwo\nthree\nfour\n", "gone.txt": "x\n"})
        git(root, "branch", "base")
        git(root, "switch", "-q", "-c", "work")
        git(root, "mv", "old name.txt", "neu Größe.txt")
        git(root, "rm", "-q", "gone.txt")
        commit(root, {"app.py": "VALUE = 2\nMORE = 3\n"}, "work on\n\nbody")
        git(root, "switch", "-q", "main")
        commit(root, {"README.md": "# changed meanwhile\n"})
        for setting in ("noprefix=true", "external=false", "mnemonicPrefix=true", "orderFile=missing"):
            git(root, "config", *f"diff.{setting}".split("="))
        git(root, "config", "color.ui", "always")
        return Repository.open(root)

    def test_the_diff_is_plain_and_finds_renames(self, repository: Repository) -> None:
        text = repo.diff(repository, "main", "work")
        assert "diff --git a/app.py b/app.py\n" in text
        assert "\n+MORE = 3\n" in text
        assert "rename from old name.txt\nrename to neu Größe.txt\n" in text
        assert "README" not in text
        assert "\x1b" not in text
        assert "+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" in text

    def test_the_diffstat_is_one_line(self, repository: Repository) -> None:
        assert repo.diffstat(repository, "main", "work") == "3 files, +2 -2"
        assert repo.diffstat(repository, "work", "base") == "no changes"

    def test_a_rename_gives_both_names(self, repository: Repository) -> None:
        names = ["app.py", "gone.txt", "neu Größe.txt", "old name.txt"]
        assert sorted(repo.changed_files(repository, "main", "work")) == names

    def test_the_log_has_titles(self, repository: Repository) -> None:
        (line,) = repo.log_oneline(repository, "main", "work")
        assert line.endswith(" work on")

    def test_an_undone_change_is_no_change(self, repository: Repository, root: Path) -> None:
        assert repo.has_changes(repository, "main", "work")
        assert not repo.has_changes(repository, "main", "base")
        git(root, "config", "--unset", "diff.orderFile")
        git(root, "switch", "-q", "-c", "undone", "work")
        git(root, "revert", "--no-edit", "HEAD")
        assert not repo.has_changes(repository, "main", "undone")

    def test_bytes_that_are_no_text_do_not_stop_it(self, repository: Repository, root: Path) -> None:
        git(root, "config", "--unset", "diff.orderFile")
        git(root, "switch", "-q", "-c", "latin", "base")
        (root / "latin.txt").write_bytes(b"caf\xe9\n")
        (root / "image.bin").write_bytes(bytes(range(256)))
        commit(root, {})
        text = repo.diff(repository, "base", "latin")
        assert "caf\ufffd" in text
        assert "Binary files" in text
        assert repo.diffstat(repository, "base", "latin") == "2 files, +1 -0"
