"""Rescue refs: uncommitted work is kept as a commit that no branch, index or file notices.

`refs/cockpit/rescue/<run>/1`, `…/2` and so on: a run may be rescued many times, and none replaces another. A branch
that is about to be moved or removed is kept as `…/branch-1`, what a rebase had put aside as `…/stash-1`.
The commit's parent is the head that the work was done on, so `git diff ref^ ref` shows the work, and
`restore` knows whether it still fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, message, run, says_yes
from cockpit.repo.staging import hidden, identity, stage_everything, uncommitted
from cockpit.repo.trees import WorkingTree, git_dir, owned, unfinished

PREFIX = "refs/cockpit/rescue"
BRANCH, STASH = "branch-", "stash-"
_NOTHING = "0" * 40
"""As the old value of a ref: it must not exist yet."""


@dataclass(frozen=True, slots=True)
class Rescue:
    """Work that was in no branch, kept."""

    run: str
    ref: str
    commit: str


def rescue(repo: Repository, worktree: Path, run_id: str, trees: list[WorkingTree] | None = None) -> Rescue | None:
    """Keep the uncommitted work of a worktree, and a detached head that no branch holds.

    The worktree, its index and its branch stay as they are, also in the middle of a merge. None where there
    is nothing to keep. Work that the newest rescue of the run holds already is not kept twice.
    `trees`: as git listed them just now.
    """
    path = owned(repo, worktree, trees)
    _keep_put_aside(repo, path, run_id)
    head = _head(path)
    commit = snapshot(path, head, run_id) if uncommitted(path) or hidden(path) else None
    if commit is None and head is not None and not _on_branch(path) and not _is_held(path, head):
        commit = head
    if commit is None:
        return None
    newest = newest_rescue(repo, run_id)
    if newest is not None and _same(repo, newest.commit, commit):
        return newest
    return keep(repo, run_id, commit)


def rescues(repo: Repository, run_id: str) -> list[Rescue]:
    """Everything kept of a run, oldest first."""
    lines = ask(repo.root, "for-each-ref", "--format=%(refname) %(objectname)", f"{PREFIX}/{run_id}/").splitlines()
    found = [Rescue(run_id, *line.split(" ", 1)) for line in lines]
    return sorted(found, key=lambda one: _number(one.ref))


@dataclass(frozen=True, slots=True)
class KeptWork:
    """A rescue, for a person who wants it back."""

    run: str
    ref: str
    commit: str
    at: float
    title: str
    files: tuple[str, ...]
    """What it changes against the commit it was done on."""

    @property
    def is_branch(self) -> bool:
        """Commits that a branch had; otherwise work that was in no commit."""
        return self.ref.rpartition("/")[2].startswith(BRANCH)

    @property
    def is_put_aside(self) -> bool:
        """What a rebase had put aside, as git's stash has it."""
        return self.ref.rpartition("/")[2].startswith(STASH)


def all_rescues(repo: Repository) -> list[KeptWork]:
    """Everything kept of all runs, oldest first."""
    form = "%(refname)%00%(objectname)%00%(committerdate:unix)%00%(contents:subject)"
    found = []
    for line in ask(repo.root, "for-each-ref", f"--format={form}", f"{PREFIX}/").splitlines():
        ref, commit, at, title = (*line.split("\0"), "", "", "")[:4]
        run_id = ref.removeprefix(f"{PREFIX}/").rpartition("/")[0]
        listing = (
            "diff-tree",
            "-r",
            "-z",
            "--root",
            "--diff-merges=first-parent",
            "--no-commit-id",
            "--name-only",
            commit,
        )
        found.append(KeptWork(run_id, ref, commit, float(at or 0), title, tuple(run(repo.root, *listing).parts)))
    return sorted(found, key=lambda one: (one.at, one.ref))


def newest_rescue(repo: Repository, run_id: str) -> Rescue | None:
    """The last uncommitted work kept of a run."""
    found = [one for one in rescues(repo, run_id) if _number(one.ref)]
    return found[-1] if found else None


def restore(repo: Repository, worktree: Path, run_id: str) -> bool:
    """Bring the newest rescue of a run back as uncommitted changes.

    Only into a clean worktree whose head is the one that the work was done on; False where that is not so.
    The rescue is kept. Raises RepoError where ignored files are in the way.
    """
    if (newest := newest_rescue(repo, run_id)) is None:
        return False
    path = owned(repo, worktree)
    if uncommitted(path) or unfinished(path):
        return False
    head = _head(path)
    parents = ask(repo.root, "rev-list", "--parents", "-n", "1", newest.commit).split()[1:]
    if head is None or parents != [head] or newest.commit == head:
        return False
    run(path, "read-tree", "-m", "-u", head, newest.commit)
    run(path, "reset", "--quiet")
    return True


def snapshot(worktree: Path, head: str | None, run_id: str) -> str | None:
    """A commit of everything uncommitted; None where that comes to nothing (line ends, a file's time)."""
    with TemporaryDirectory(prefix="cockpit-rescue-", dir=git_dir(worktree)) as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        run(worktree, "read-tree", *(["-m", head] if head else ["--empty"]), environment=index)
        stage_everything(worktree, index)
        tree = ask(worktree, "write-tree", environment=index)
    if head is not None and tree == ask(worktree, "rev-parse", f"{head}^{{tree}}"):
        return None
    middle = unfinished(worktree)
    title = f"Uncommitted work of run {run_id}{f' in the middle of {middle}' if middle else ''}"
    parent = ["-p", head] if head else []
    return ask(worktree, "commit-tree", tree, *parent, "-m", message(title), environment=identity(worktree))


def keep(repo: Repository, run_id: str, commit: str, what: str = "") -> Rescue:
    """Put a commit under a new rescue ref of the run; `what` names one that is no uncommitted work: `branch-`."""
    names = {one.ref.rpartition("/")[2].removeprefix(what) for one in rescues(repo, run_id)}
    number = max((int(name) for name in names if name.isdigit()), default=0) + 1
    ref = f"{PREFIX}/{run_id}/{what}{number}"
    run(repo.root, "update-ref", "-m", "cockpit: rescue", ref, commit, _NOTHING)
    return Rescue(run_id, ref, commit)


def _keep_put_aside(repo: Repository, path: Path, run_id: str) -> None:
    """Keep what an unfinished rebase or merge had put aside: only a file in the worktree's git directory names it."""
    for name in ("rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH"):
        file = git_dir(path) / name
        if not file.is_file():
            continue  # and git need not be asked what is kept already
        commit = file.read_text(encoding="utf-8", errors="replace").strip()
        known = {one.commit for one in rescues(repo, run_id)}
        there = commit and run(path, "cat-file", "-e", commit, okay=(0, 1, 128)).status == 0
        if there and commit not in known:
            keep(repo, run_id, commit, STASH)


def _same(repo: Repository, one: str, other: str) -> bool:
    """Whether two rescue commits hold the same work on the same head."""

    def content(commit: str) -> str:
        return ask(repo.root, "log", "-1", "--no-show-signature", "--format=%T %P", commit)

    return one == other or content(one) == content(other)


def _head(worktree: Path) -> str | None:
    done = run(worktree, "rev-parse", "--verify", "--quiet", "HEAD", okay=(0, 1, 128))
    return done.out if done.status == 0 else None


def _on_branch(worktree: Path) -> bool:
    return says_yes(worktree, "symbolic-ref", "--quiet", "HEAD")


def _is_held(worktree: Path, commit: str) -> bool:
    """Whether a branch, a tag or a rescue ref holds the commit, so that git will not throw it away."""
    return bool(ask(worktree, "for-each-ref", "--count=1", "--contains", commit, "--format=x"))


def _number(ref: str) -> int:
    last = ref.rpartition("/")[2]
    return int(last) if last.isdigit() else 0
