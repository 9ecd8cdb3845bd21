"""Which commits would not merge with each other: all pairs in one call of git, and nothing is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cockpit.repo.repository import Repository
from cockpit.repo.runner import run

Pair = tuple[str, str]


def conflicts(repo: Repository, pairs: Sequence[Pair]) -> dict[Pair, tuple[str, ...]]:
    """The pairs of commits that conflict, and in which files; a pair that merges is not in it."""
    if not pairs:
        return {}
    done = run(
        repo.root,
        *("merge-tree", "--write-tree", "--name-only", "--no-messages", "--stdin"),
        typed="".join(f"{ours} {theirs}\n" for ours, theirs in pairs),
    )
    found = zip(pairs, _answers(done.out.split("\0")[:-1]), strict=True)
    return {pair: files for pair, files in found if files is not None}


def _answers(parts: Iterable[str]) -> Iterator[tuple[str, ...] | None]:
    """What git says of each pair: a status, a tree, the files in conflict, and an empty part at the end."""
    fields = iter(parts)
    for status in fields:
        next(fields)  # the tree
        files = tuple(dict.fromkeys(iter(lambda: next(fields), "")))
        yield None if status == "1" else files
