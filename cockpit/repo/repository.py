"""The user's repository: where it is, and what its branches point at."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cockpit.repo.errors import (
    BareRepository,
    ForeignWork,
    GitFailed,
    GitMissing,
    NoCommits,
    NotARepository,
    RepoError,
)
from cockpit.repo.runner import Done, ask, run, says_yes

OLDEST_GIT = (2, 38)
"""The first with `git merge-tree --write-tree`, which merges without a working tree."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a working tree and at least one commit."""

    root: Path
    """The top of the main working tree: the user's checkout."""
    common_dir: Path
    """The `.git` directory that all its worktrees share."""

    @classmethod
    def open(cls, path: Path) -> Repository:
        """The repository that `path` lies in, also where `path` is in a linked worktree.

        Raises NotARepository, BareRepository, NoCommits or GitMissing, each with the fix in its text.
        """
        _check_version()
        common = _common_dir(path)
        if ask(path_of(common), "rev-parse", "--is-bare-repository") == "true":
            if (linked := _linked_top(path, common)) is not None:
                return cls(linked, common)
            raise BareRepository(
                f"{common} is a bare repository, and the cockpit needs a working tree: "
                f"make one with `git clone {common}` and start there"
            )
        root = _main_working_tree(path, common)
        if not says_yes(root, "rev-parse", "--verify", "--quiet", "HEAD") and not ask(
            root, "rev-list", "-n", "1", "--all"
        ):
            raise NoCommits(
                f"{root} has no commits yet, so there is nothing to start from: "
                "make the first one with `git add -A && git commit -m 'first commit'`"
            )
        return cls(root, common)

    def current_branch(self) -> str | None:
        """The branch that the user's checkout is on; None for a detached head."""
        done = run(self.root, "symbolic-ref", "--quiet", "HEAD", okay=(0, 1))
        return done.out.removeprefix("refs/heads/") if done.status == 0 else None

    def commit_of(self, ref: str) -> str:
        """The commit that a branch, a tag or another name stands for. Raises RepoError where there is none."""
        done = run(
            self.root,
            *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"),
            okay=(0, 1, 128),
        )
        if done.status != 0 or not done.out:
            raise RepoError(f"{self.root} has no commit called {ref!r}: see `git branch --all` for what it has")
        return done.out

    def find_commit(self, ref: str) -> str | None:
        """The same; None where there is none."""
        try:
            return self.commit_of(ref)
        except RepoError:
            return None

    def has_path(self, branch: str, path: str) -> bool:
        """Whether a file or a folder is at the tip of a branch."""
        name = f"refs/heads/{branch}:{path.rstrip('/')}"
        return run(self.root, "cat-file", "-e", name, okay=(0, 1, 128)).status == 0

    def branch_commit(self, branch: str) -> str | None:
        """The commit at the tip of a local branch; None where there is no such branch."""
        check_branch_name(self, branch)
        name = f"refs/heads/{branch}"
        done = run(self.root, "rev-parse", "--verify", "--quiet", name, okay=(0, 1, 128))
        return done.out if done.status == 0 else None

    def tip(self, branch: str) -> str:
        """The commit at the tip of a local branch, whatever else has that name. Raises RepoError where there is none.

        A branch that only points to another ref, or at something that is no commit, is nobody's to trust.
        """
        check_branch_name(self, branch)
        name = f"refs/heads/{branch}"
        asked = "--format=%(refname) %(objectname) %(objecttype) %(symref)"
        done = run(self.root, "for-each-ref", asked, name, okay=(0, 128))
        here = [line.split(" ") for line in done.out.splitlines() if line.startswith(f"{name} ")]
        if not here and self.branch_commit(branch) is None:
            raise RepoError(f"{self.root} has no branch {branch}: see `git branch --list` for what it has")
        _, commit, kind, linked = here[0] if here else ("", "", "", "")
        if linked:
            raise ForeignWork(f"branch {branch} only points to {linked}: make it a branch of its own again")
        if kind != "commit":
            raise ForeignWork(f"branch {branch} does not point at a commit")
        return commit

    def branch_exists(self, branch: str) -> bool:
        """Whether there is a local branch of that name."""
        return self.branch_commit(branch) is not None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` holds everything of `older`; a commit is its own ancestor."""
        return says_yes(self.root, "merge-base", "--is-ancestor", self.commit_of(older), self.commit_of(newer))


def check_branch_name(repo: Repository, branch: str) -> None:
    """Raise RepoError for what git would not take as a branch's name."""
    if not _may_be_a_branch(branch):
        raise RepoError(f"{branch!r} can't be a branch's name: correct repository.branch in cockpit.toml")


@lru_cache(maxsize=4096)
def _may_be_a_branch(branch: str) -> bool:
    """What git says of a name, which is the same for every repository and for ever."""
    if branch.startswith("-") or branch == "HEAD":
        return False
    return run(Path("/"), "check-ref-format", f"refs/heads/{branch}", okay=(0, 1)).status == 0


def path_of(printed: Path) -> Path:
    """A directory that git can be run in: that of a repository itself, or a working tree."""
    return printed if printed.is_dir() else printed.parent


def _check_version() -> None:
    text = ask(Path("/"), "version")
    match = re.search(r"(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < OLDEST_GIT:
        needed = ".".join(map(str, OLDEST_GIT))
        raise GitMissing(f"git is too old ({text}): install git {needed} or newer")


def _common_dir(path: Path) -> Path:
    if not path.is_dir():
        raise NotARepository(f"there is no directory {path}: name one that lies in a git repository")
    try:
        done = run(path, "rev-parse", "--git-common-dir", look_above=True)
    except GitFailed as error:
        if "not a git repository" not in error.text:
            raise  # git's own words say what is wrong, e.g. a directory of another owner
        raise NotARepository(
            f"{path} is in no git repository: go to one, or make one with `git init` and a first commit"
        ) from error
    return (path / _path(done)).resolve()


def _linked_top(path: Path, common: Path) -> Path | None:
    """The top of a linked worktree of a bare repository, which some people have for their checkout."""
    here = run(path, "rev-parse", "--git-dir", "--show-toplevel", okay=(0, 128), look_above=True)
    own, _, top = os.fsdecode(here.raw).partition("\n")
    if here.status != 0 or (path / own).resolve() == common:
        return None
    return Path(top).resolve()


def _main_working_tree(path: Path, common: Path) -> Path:
    """The user's checkout, also where `path` is a linked worktree of it."""
    here = run(path, "rev-parse", "--git-dir", "--show-toplevel", okay=(0, 128), look_above=True)
    if here.status == 0:
        own, _, top = os.fsdecode(here.raw).partition("\n")
        if (path / own).resolve() == common:
            return Path(top).resolve()
    # The first entry is the main one. `common` may lie elsewhere (git init --separate-git-dir), and then
    # only a path in the main working tree itself tells where that is.
    first = Path(os.fsdecode(run(common, "worktree", "list", "--porcelain", "-z").raw.split(b"\0")[0])[9:])
    if run(first, "rev-parse", "--is-inside-work-tree", okay=(0, 128)).out != "true":
        raise NotARepository(f"the main working tree of {common} was not found: start in it, not in {path}")
    return first.resolve()


def _path(done: Done) -> Path:
    return Path(os.fsdecode(done.raw))
