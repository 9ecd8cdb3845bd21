"""What a branch changes, for people and for checks. All of it is against the merge base, like `base...head`.

The user's own settings for diffs (colours, tools, prefixes, order) are for the user's eyes and are switched
off, so that the text is always one that can be parsed.
"""

from __future__ import annotations

import re

from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, run, says_yes

_PLAIN = (
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


def diff(repo: Repository, base: str, head: str) -> str:
    """The unified diff, renames found. Bytes that are no UTF-8 are replaced."""
    raw = run(repo.root, "diff", "--patch", "--find-renames", *_PLAIN, _range(repo, base, head)).raw
    return raw.decode("utf-8", "replace") + ("\n" if raw else "")


def diffstat(repo: Repository, base: str, head: str) -> str:
    """One line: `3 files, +20 -4`, or `no changes`."""
    text = ask(repo.root, "diff", "--shortstat", "--find-renames", *_PLAIN, _range(repo, base, head))
    if not text:
        return "no changes"
    files, added, removed = (
        int(match[1]) if (match := re.search(rf"(\d+) {word}", text)) else 0
        for word in ("file", "insertion", "deletion")
    )
    return f"{files} file{'' if files == 1 else 's'}, +{added} -{removed}"


def changed_files(repo: Repository, base: str, head: str) -> list[str]:
    """Every path that is added, changed or removed; a renamed file gives both its names."""
    return run(repo.root, "diff", "--name-only", "--no-renames", "-z", *_PLAIN, _range(repo, base, head)).parts


def log_oneline(repo: Repository, base: str, head: str) -> list[str]:
    """The commits of `head` that `base` has not, newest first: short name and title."""
    commits = f"{repo.commit_of(base)}..{repo.commit_of(head)}"
    return ask(repo.root, "log", "--no-color", "--no-show-signature", "--format=%h %s", commits).splitlines()


def has_changes(repo: Repository, base: str, head: str) -> bool:
    """Whether `head` changes any file since it left `base`."""
    return not says_yes(repo.root, "diff", "--quiet", "--no-ext-diff", _range(repo, base, head))


def _range(repo: Repository, base: str, head: str) -> str:
    return f"{repo.commit_of(base)}...{repo.commit_of(head)}"
