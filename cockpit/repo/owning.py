"""Whose work a branch holds: nothing is merged but what its own run made on top of where it began."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.repo.errors import ForeignWork
from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, run


def check_own(repo: Repository, head: str, base: str, target: str, others: Mapping[str, str]) -> None:
    """Raise ForeignWork where `head` is not its run's own work, begun at `base`, on its way to `target`.

    `others` are the branches of other runs and their commits: what none of them has landed is theirs to bring.
    """
    if base and not _began_there(repo, head, base, target):
        raise ForeignWork(
            f"the branch no longer descends from {base[:10]}, where it began: bring your own commits back on top of "
            f"it (`git log -g` shows where they are), or rebase them onto the target"
        )
    mine = set(own_commits(repo, target, head))
    for name, commit in others.items():
        if commit != base and (shared := mine & set(own_commits(repo, target, commit))):
            raise ForeignWork(
                f"the branch holds {len(shared)} commit{'s' if len(shared) != 1 else ''} of {name} that did not land: "
                "take them out (`git rebase -i`), each task lands its own work"
            )


def own_commits(repo: Repository, target: str, head: str) -> list[str]:
    """The commits of `head` that the target does not have, newest first."""
    return ask(repo.root, "rev-list", head, f"^{target}").splitlines()


def fork_point(repo: Repository, one: str, other: str) -> str:
    """The newest commit that both have; empty where their histories have nothing in common."""
    return run(repo.root, "merge-base", one, other, okay=(0, 1)).out


def is_rewritten(repo: Repository, base: str, head: str, target: str) -> bool:
    """Whether the target was rewritten below the branch: merging would bring back what was taken out of it."""
    return bool(base) and not repo.is_ancestor(base, target) and repo.is_ancestor(base, head)


def _began_there(repo: Repository, head: str, base: str, target: str) -> bool:
    if repo.is_ancestor(base, head):
        return True
    # A target that was rewritten no longer holds the base; then a branch that was rebased onto it is fine.
    return not repo.is_ancestor(base, target) and bool(fork_point(repo, head, target))
