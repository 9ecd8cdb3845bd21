"""What a branch changes, for people and for checks. All of it is against the merge base, like `base...head`.

The user's own settings for diffs (colours, tools, prefixes, order) are for the user's eyes and are switched
off, so that the text is always one that can be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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

_PATHS_AT_ONCE = 500
"""Paths on one command line."""


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


def files_of(repo: Repository, commit: str) -> list[str]:
    """Every file that a commit has, by its path."""
    return run(repo.root, "ls-tree", "-r", "--name-only", "--full-tree", "-z", commit).parts


def file_lines(repo: Repository, commit: str, path: str) -> list[str] | None:
    """The lines of a file as a commit has it; None where it has no such file."""
    name = f"{repo.commit_of(commit)}:{path}"
    done = run(repo.root, "cat-file", "blob", name, okay=(0, 128))
    return done.out.splitlines() if done.status == 0 else None


def generated(repo: Repository, paths: Sequence[str]) -> dict[str, bool]:
    """What `.gitattributes` says of the paths: that they are generated or vendored, or that they are not."""
    wanted = ("linguist-generated", "linguist-vendored")
    found: dict[str, bool] = {}
    for start in range(0, len(paths), _PATHS_AT_ONCE):
        some = paths[start : start + _PATHS_AT_ONCE]
        fields = run(repo.root, "check-attr", "-z", *wanted, "--", *some).out.split("\0")
        for path, value in zip(fields[::3], fields[2::3], strict=False):
            if value in ("set", "true"):
                found[path] = True
            elif value in ("unset", "false"):
                found.setdefault(path, False)
    return found


def _range(repo: Repository, base: str, head: str) -> str:
    return f"{repo.commit_of(base)}...{repo.commit_of(head)}"
