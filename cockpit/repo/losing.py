"""What a merge would drop of what landed since its branch began.

A merge that git makes by itself drops nothing of the other side. An agent that rebased its branch, or merged the
target into it, decided line by line; what it left out then looks as if it was meant to go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, run

MOST_FILES = 200
MOST_HUNKS = 400

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+")
_BLAMED = re.compile(r"[0-9a-f]{40,64} \d+ \d+")
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line that landed and would be gone."""

    commit: str
    file: str
    line: str


@dataclass(slots=True)
class _Hunk:
    file: str
    begin: int
    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


def dropped(repo: Repository, since: str, target: str, merged: str) -> list[Dropped]:
    """The lines that came to the target after `since`, and that `merged` no longer has.

    A line that only moved, was indented anew, or has all its words in the line that took its place, is not
    dropped; one of signs alone says nothing.
    """
    if not since or since == target or not repo.is_ancestor(since, target):
        return []
    files = _changed(repo, since, target)
    all_hunks = list(_hunks(repo, target, merged))
    hunks = [hunk for hunk in all_hunks if hunk.removed and hunk.file in files]
    there = Counter(line.strip() for hunk in all_hunks for line in hunk.added)
    landed = set(ask(repo.root, "rev-list", target, f"^{since}").splitlines()) if hunks else set()
    found: list[Dropped] = []
    for hunk in hunks[:MOST_HUNKS]:
        gone = [n for n, line in enumerate(hunk.removed) if not _is_kept(line, hunk.added, there)]
        if gone:
            commits = _blamed(repo, since, target, hunk)
            found += [Dropped(commits[n], hunk.file, hunk.removed[n]) for n in gone if commits[n] in landed]
    return found


def commits_of(repo: Repository, merge: str) -> set[str]:
    """The commits that a merge brought, itself included."""
    return set(ask(repo.root, "rev-list", merge, f"^{merge}^1").splitlines())


def _changed(repo: Repository, since: str, target: str) -> set[str]:
    return set(run(repo.root, "diff", "--name-only", "--no-renames", "-z", since, target).parts[:MOST_FILES])


def _hunks(repo: Repository, target: str, merged: str) -> Iterator[_Hunk]:
    """Where the merge differs from the target: the lines taken out, with the first's number, and those put in."""
    command = ("diff", "--unified=0", "--find-renames", "--no-color", "--no-ext-diff", "--no-textconv")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
    file, hunk = "", None
    for line in run(repo.root, *command, *prefixes, target, merged).out.split("\n"):
        if line.startswith("diff --git ") or (hunk is None and line.startswith("--- ")):
            file = line.removeprefix("--- a/").rstrip("\t") if line.startswith("--- ") else ""
            hunk = None
        elif match := _HUNK.match(line):
            hunk = _Hunk(file, int(match[1]))
            yield hunk
        elif hunk is not None and line.startswith("-"):
            hunk.removed.append(line[1:])
        elif hunk is not None and line.startswith("+"):
            hunk.added.append(line[1:])


def _is_kept(line: str, added: Sequence[str], there: Counter[str]) -> bool:
    text = line.strip()
    if not any(c.isalnum() for c in text):
        return True
    if there[text] > 0:
        there[text] -= 1
        return True
    words = _WORD.findall(text)
    return any(_holds(words, _WORD.findall(new)) for new in added)


def _holds(words: Sequence[str], inside: Sequence[str]) -> bool:
    """Whether all the words are there, in their order."""
    rest = iter(inside)
    return all(word in rest for word in words)


def _blamed(repo: Repository, since: str, target: str, hunk: _Hunk) -> list[str]:
    """The commit that each removed line came with."""
    lines = f"{hunk.begin},+{len(hunk.removed)}"
    command = ("blame", "-s", "--porcelain", "-L", lines, f"{since}..{target}", "--", hunk.file)
    done = run(repo.root, *command, okay=(0, 128))
    found = [line.partition(" ")[0] for line in done.out.split("\n") if _BLAMED.match(line)]
    return found if len(found) == len(hunk.removed) else [""] * len(hunk.removed)
