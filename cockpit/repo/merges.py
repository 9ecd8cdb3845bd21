"""Merging without touching anybody's files, and moving the target branch by compare-and-swap.

`merge_result` makes the merge commit, and nothing points at it yet: the gates check exactly what would
land. `land` then moves the target to that very commit, and only from the commit that it was made on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cockpit.repo.errors import RepoError, listed
from cockpit.repo.repository import Repository
from cockpit.repo.runner import Done, ask, message, run
from cockpit.repo.staging import identity
from cockpit.repo.stores import require_whole
from cockpit.repo.trees import WorkingTree, unfinished, working_trees


@dataclass(frozen=True, slots=True)
class MergeResult:
    """A merge commit that no branch holds yet."""

    commit: str


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """The two don't merge by themselves."""

    files: tuple[str, ...]
    text: str
    """Git's words, a line for each conflict."""
    tree: str = ""
    """Holds both sides of each conflict, between git's markers; empty where git made none."""


@dataclass(frozen=True, slots=True)
class Landed:
    """The target branch holds the merge."""

    commit: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """The target can't be moved now; the reason says what to do about it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The target is no longer where the merge was made on, so the merge must be made and checked anew."""

    now: str


def merge_result(repo: Repository, target: str, head: str, text: str) -> MergeResult | MergeConflict:
    """Merge `head` into the commit `target`: a commit with both as parents, always a new one.

    The same two commits and text give the same merge commit, since its date is theirs.
    """
    ours, theirs = repo.commit_of(target), repo.commit_of(head)
    done = run(
        repo.root,
        *("merge-tree", "--write-tree", "--messages", "--name-only", "-z", ours, theirs),
        okay=(0, 1),
    )
    if done.status == 1:
        return _conflict(done)
    tree = done.parts[0]
    date = f"@{max(_time(repo, ours), _time(repo, theirs))} +0000"
    variables = identity(repo.root) | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    return MergeResult(
        ask(
            repo.root,
            *("commit-tree", tree, "-p", ours, "-p", theirs, "-m", message(text)),
            environment=variables,
        )
    )


def land(repo: Repository, target: str, expected: str, merged: str) -> Landed | Blocked | Moved:
    """Move the branch `target` from `expected` to `merged`, which must descend from it.

    Where the target is checked out, it is fast-forwarded there, and only if that checkout is clean. Landing
    what has landed already is no error. Raises RepoError where the target does not exist, the two commits don't
    fit, or an object of what would land is missing.
    """
    if not repo.is_ancestor(expected, merged):
        raise RepoError(f"{merged} does not descend from {expected}, so {target} can't be moved to it")
    if (answer := _where_it_is(repo, target, expected, merged)) is not None:
        return answer
    holders = [tree for tree in working_trees(repo) if tree.branch == target and not tree.gone]
    for tree in holders:
        if reason := _in_the_way(tree, target):
            return Blocked(reason)
    if len(holders) > 1:
        places = listed([str(tree.path) for tree in holders])
        return Blocked(f"{target} is checked out in several places ({places}): switch all but one to another branch")
    require_whole(repo, merged, expected)
    done = _forward(holders[0], merged) if holders else _swap(repo, target, expected, merged)
    return _where_it_is(repo, target, expected, merged) or Blocked(_refusal(target, holders, done))


def _where_it_is(repo: Repository, target: str, expected: str, merged: str) -> Landed | Moved | None:
    """Landed or Moved, from where the target points now; None while it points at `expected`."""
    now = repo.branch_commit(target)
    if now is None:
        raise RepoError(f"{repo.root} has no branch {target}: set repository.target in cockpit.toml")
    if repo.is_ancestor(merged, now):
        return Landed(repo.commit_of(merged))
    return None if now == repo.commit_of(expected) else Moved(now)


def _in_the_way(tree: WorkingTree, target: str) -> str:
    """Why a checkout must not be touched; empty if it may."""
    if what := unfinished(tree.path):
        return f"{target} is checked out in {tree.path} with {what} unfinished; finish or abort it"
    # A renamed file's old name has no status letters of its own; without renames there is none.
    status = run(
        tree.path, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=none"
    )
    if not status.parts:
        return ""
    files = listed([record[3:] for record in status.parts])
    return f"{target} is checked out in {tree.path} with uncommitted changes in {files}; commit or stash them"


def _forward(tree: WorkingTree, merged: str) -> Done:
    """Fast-forward a clean checkout. Git refuses to overwrite files that it does not track, ignored or not."""
    return run(
        tree.path,
        *("merge", "--ff-only", "--no-squash", "--no-autostash", "--no-overwrite-ignore", "--quiet", merged),
        okay=range(256),
        environment={"GIT_REFLOG_ACTION": "cockpit"},
    )


def _swap(repo: Repository, target: str, expected: str, merged: str) -> Done:
    """Move a branch that is checked out nowhere."""
    ref = f"refs/heads/{target}"
    return run(repo.root, "update-ref", "-m", "cockpit: land", ref, merged, expected, okay=range(256))


def _refusal(target: str, holders: Sequence[WorkingTree], done: Done) -> str:
    where = f" is checked out in {holders[0].path} and" if holders else ""
    words = " ".join((done.error or done.out).split())
    return f"{target}{where} can't be moved; git says: {words}"


def _conflict(done: Done) -> MergeConflict:
    """Read `merge-tree -z`: the tree, the files, an empty field, then a record for each message."""
    fields = done.out.split("\0")
    end = fields.index("", 1)
    files = tuple(dict.fromkeys(fields[1:end]))
    return MergeConflict(files, "\n".join(_conflict_lines(fields[end + 1 :])), fields[0])


def _conflict_lines(fields: Sequence[str]) -> Iterator[str]:
    """The messages of kind CONFLICT: each record is a count, that many paths, the kind, and the text."""
    rest = iter(fields)
    for count in rest:
        if not count.isdigit():
            return
        for _ in range(int(count)):
            next(rest, "")
        kind, text = next(rest, ""), next(rest, "")
        if kind.startswith("CONFLICT"):
            yield text.strip()


def _time(repo: Repository, commit: str) -> int:
    return int(ask(repo.root, "log", "-1", "--no-show-signature", "--format=%ct", commit))
