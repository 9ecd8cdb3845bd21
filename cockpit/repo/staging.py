"""Uncommitted work: what there is of it, and how it gets into an index or a commit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cockpit.repo.errors import GitFailed, Unmerged, WrongBranch
from cockpit.repo.inner import nested
from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, message, run, says_yes
from cockpit.repo.trees import git_dir, owned, unfinished

PLACED = "cockpit-placed"
"""In a worktree's git directory: what was copied and linked into it, which is nobody's work."""


def uncommitted(worktree: Path) -> list[str]:
    """Files with uncommitted work in them: changed, deleted, or new and not ignored."""
    # Without renames a record is always one file.
    status = run(worktree, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", *_work(worktree, []))
    return [record[3:] for record in status.parts]


def hidden(worktree: Path) -> bool:
    """Whether files are there that git was told not to look at, so that it would not say they are changed."""
    listing = run(worktree, "ls-files", "-v", "-z").raw.split(b"\0")
    flagged = (line[2:] for line in listing if line[:1].islower() or line[:1] == b"S")
    return any(os.path.lexists(worktree / os.fsdecode(name)) for name in flagged)


def unmerged(worktree: Path) -> list[str]:
    """Files whose conflicts nobody resolved."""
    return run(worktree, "diff", "--name-only", "--diff-filter=U", "-z").parts


def commit_leftovers(repo: Repository, worktree: Path, text: str, branch: str | None = None) -> str | None:
    """Commit everything uncommitted on the worktree's branch, and give the new head; None if all is committed.

    What git ignores, what the cockpit placed there, and repositories inside the worktree stay out. A merge
    whose conflicts are all resolved is concluded. Raises Unmerged where some are not, and WrongBranch where
    the worktree is not on `branch` (or on none).
    """
    path = owned(repo, worktree)
    if files := unmerged(path):
        raise Unmerged(path, files)
    _require_branch(path, branch)
    _add(path, _work(path, nested(path)))
    merging = (git_dir(path) / "MERGE_HEAD").exists()
    if not merging and says_yes(path, "diff", "--cached", "--quiet"):
        return None
    run(
        path,
        *("commit", "--quiet", "--no-verify", "--allow-empty", "--cleanup=whitespace"),
        *("-m", message(text)),
        environment=identity(path),
    )
    return ask(path, "rev-parse", "HEAD")


def stage_everything(worktree: Path, index: Mapping[str, str]) -> None:
    """Add all uncommitted work to the index that the environment `index` names.

    A repository inside the worktree is added as plain files: git would only note the name of its commit.
    """
    inner = nested(worktree)
    _add(worktree, _work(worktree, inner), index)
    for name in inner:
        _stage_nested(worktree, name, index)


def identity(worktree: Path) -> dict[str, str]:
    """Variables that name a committer where the user has configured none."""
    found: dict[str, str] = {}
    for key, fallback in (("name", "Cockpit"), ("email", "cockpit@localhost")):
        configured = run(worktree, "config", "--get", f"user.{key}", okay=(0, 1)).out
        for who in ("author", "committer"):
            variable = f"GIT_{who.upper()}_{key.upper()}"
            if not configured and not os.environ.get(variable):
                found[variable] = run(worktree, "config", "--get", f"{who}.{key}", okay=(0, 1)).out or fallback
    return found


def _add(worktree: Path, work: list[str], index: Mapping[str, str] | None = None) -> None:
    """Add all work; git takes files outside a sparse checkout only when they are named."""
    done = run(worktree, "add", "-A", *work, okay=(0, 1), environment=index)
    if done.status == 0:
        return
    status = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    records = run(worktree, *status, *work, environment=index).parts
    left = [record[3:] for record in records if record[1] != " " and os.path.lexists(worktree / record[3:])]
    if not left:
        raise GitFailed("git add -A", worktree, done.status, done.error)
    command = ("--literal-pathspecs", "add", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul")
    run(worktree, *command, environment=index, typed="\0".join(left))


def _require_branch(worktree: Path, branch: str | None) -> None:
    done = run(worktree, "symbolic-ref", "--quiet", "HEAD", okay=(0, 1))
    on = done.out.removeprefix("refs/heads/") if done.status == 0 else None
    if on is not None and branch in (None, on):
        return
    what = unfinished(worktree)
    raise WrongBranch(
        f"{worktree} is on {on or 'no branch'}{f', with {what} unfinished' if what else ''}: "
        f"finish or abort what is unfinished, then `git switch {branch or 'BRANCH'}`"
    )


def _work(worktree: Path, but: list[str]) -> list[str]:
    """The pathspec of everything in the worktree that can be somebody's work."""
    record = git_dir(worktree) / PLACED
    placed = record.read_text(encoding="utf-8", errors="surrogateescape").split("\0") if record.is_file() else []
    left_out = [name.rstrip("/") for name in (*placed, *but) if name]
    return ["--", ".", *(f":(exclude,literal){name}" for name in left_out)]


def _stage_nested(worktree: Path, name: str, index: Mapping[str, str]) -> None:
    inner = worktree / name
    file = Path(f"{index['GIT_INDEX_FILE']}-nested")
    repository = {"GIT_DIR": str(git_dir(worktree)), "GIT_WORK_TREE": str(inner), "GIT_INDEX_FILE": str(file)}
    run(inner, "read-tree", "--empty", environment=repository)
    stage_as = run(inner, "add", "-A", ".", okay=(0, 1, 128), environment=repository)
    if stage_as.status != 0:  # it holds yet another repository: take what can be taken
        run(inner, "add", "-A", "--ignore-errors", ".", okay=(0, 1, 128), environment=repository)
    tree = ask(inner, "write-tree", environment=repository)
    run(worktree, "read-tree", f"--prefix={name}", tree, environment=index)
    file.unlink()
