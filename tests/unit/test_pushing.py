"""Pushing: nothing is forced, nothing of others is lost, and a token is in no file and no command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.repo import Repository, credentials, fetch, lacks, push, same_files
from tests.repos import commit, git, make_repo


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose main is on a remote, with a commit on `work`."""
    made = make_repo(tmp_path)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "there.git")
    git(made, "push", "-q", str(tmp_path / "there.git"), "main")
    git(made, "checkout", "-q", "-b", "work")
    commit(made, {"app.py": "VALUE = 2\n"})
    return made


def pushed(root: Path, head: str = "work", ours: str = "", branch: str = "work") -> tuple[str, str]:
    url = str(root.parent / "there.git")
    done = push(Repository.open(root), url, branch, head, ours, credentials(url, ""))
    assert git(root.parent / "there.git", "rev-parse", f"refs/heads/{done.branch}") == done.commit
    return done.branch, done.commit


def test_a_branch_goes_out_once_and_then_grows(root: Path) -> None:
    first = git(root, "rev-parse", "work")
    assert pushed(root) == ("work", first)
    assert pushed(root, ours=first) == ("work", first)
    second = commit(root, {"app.py": "VALUE = 3\n"})
    assert pushed(root, ours=first) == ("work", second)
    assert "origin" not in git(root, "branch", "--all")


def test_what_was_rebased_goes_on_top_of_what_is_there(root: Path) -> None:
    first = pushed(root)[1]
    git(root, "commit", "-q", "--amend", "-m", "said better")
    branch, made = pushed(root, ours=first)
    repository = Repository.open(root)
    assert branch == "work"
    assert repository.is_ancestor(first, made)
    assert repository.is_ancestor("work", made)
    assert same_files(repository, made, "work")
    assert pushed(root, ours=made) == (branch, made), "and only once"
    assert pushed(root, ours=first) == (branch, made), "also by one that did not live to say that it had done it"


def test_what_nobody_knows_of_is_left_alone(root: Path) -> None:
    there = root.parent / "there.git"
    git(root, "push", "-q", str(there), "main:refs/heads/work")
    git(root.parent, "clone", "-q", str(there), "other")
    git(root.parent / "other", "checkout", "-q", "work")
    git(root.parent / "other", "config", "user.name", "Bea")
    git(root.parent / "other", "config", "user.email", "bea@example.org")
    theirs = commit(root.parent / "other", {"other.py": "theirs\n"})
    git(root.parent / "other", "push", "-q", "origin", "work")
    head = git(root, "rev-parse", "work")
    assert pushed(root) == (f"work-{head[:8]}", head)
    assert git(there, "rev-parse", "work") == theirs


def test_what_the_remote_has_comes_here_beside_the_users_own_branches(root: Path) -> None:
    url, repository = str(root.parent / "there.git"), Repository.open(root)
    assert fetch(repository, url, "nothing", {}) == ""
    main = fetch(repository, url, "main", {})
    assert main == git(root, "rev-parse", "main") == git(root, "rev-parse", "refs/cockpit/remote/main")
    assert lacks(repository, main, "work") == 1
    assert git(root, "branch", "--all").split() == ["main", "*", "work"]


def test_a_token_goes_by_the_environment_to_its_own_address_alone() -> None:
    made = credentials("https://github.com/acme/site.git", "ghp_secret")
    assert made["GIT_CONFIG_KEY_1"] == "http.https://github.com/acme/site.git.extraHeader"
    assert made["GIT_CONFIG_COUNT"] == "2"
    for url in ("git@github.com:acme/site.git", "/srv/site.git"):
        assert "Authorization" not in "".join(credentials(url, "ghp_secret").values())
