"""A digest of a repository for a model that can't look for itself: cheap, bounded, from git's objects alone.

Nothing is read from the checkout, so what is uncommitted there, or ignored, never reaches a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, run

TREE_CHARACTERS = 12_000
README_CHARACTERS = 5_000
FILE_CHARACTERS = 3_000
FILES_CHARACTERS = 16_000
LINES_CHARACTERS = 8_000
LONGEST_LINE = 200
COMMITS, MANY_COMMITS = 40, 200
MOST_CHANGED = 20
MOST_FILES = 12

_NEVER = (
    "*.lock",
    "*-lock.json",
    "*-lock.yaml",
    "*.min.js",
    "*.svg",
    "*.png",
    "*.jpg",
    "*.pdf",
    ".env*",
    "*.pem",
    "*.key",
)
"""Nobody learns anything from them, or nobody should see them."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a model is shown of a repository."""

    commit: str
    tree: str
    readme: str
    commits: str
    files: str = ""
    lines: str = ""


def digest(repo: Repository, branch: str, looks: Sequence[str] = (), finds: str = "") -> Digest:
    """The digest of a branch; `looks` are globs of files to be shown, `finds` an expression for lines."""
    commit = repo.tip(branch)
    paths = tree_paths(repo, commit)
    readme = next(
        (path for path in sorted(paths, key=len) if PurePosixPath(path).name.lower().startswith("readme")), ""
    )
    wanted = [path for path in chosen(paths, looks) if path != readme]
    return Digest(
        commit[:12],
        tree_text(paths),
        beginning(repo, commit, readme, README_CHARACTERS) if readme else "(there is none)",
        history(repo, commit),
        excerpts(repo, commit, wanted),
        _lines(repo, commit, finds),
    )


def history(repo: Repository, commit: str) -> str:
    """The newest commits, and the files that changed most of late."""
    log = ("log", "--no-color", "--no-show-signature")
    newest = ask(repo.root, *log, f"-{COMMITS}", "--format=%h %as %s", commit)
    names = run(repo.root, *log, "--no-merges", f"-{MANY_COMMITS}", "--format=", "--name-only", "-z", commit).parts
    counts = Counter(name.strip("\n") for name in names).most_common(MOST_CHANGED)
    changed = "\n".join(f"{count:>4} {name}" for name, count in counts if name)
    return f"{newest}\n\nFiles that changed most in the last {MANY_COMMITS} commits:\n{changed}"


def tree_paths(repo: Repository, commit: str) -> list[str]:
    """Every file of a commit."""
    return run(repo.root, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).parts


def tree_text(paths: Sequence[str]) -> str:
    """The tree: every path where that is short, else folders with how many files they have."""
    whole = "\n".join(paths)
    if len(whole) <= TREE_CHARACTERS:
        return whole
    for depth in (4, 3, 2, 1):
        counts = Counter(_folder(path, depth) for path in paths)
        text = "\n".join(f"{name}  ({count} files)" if name.endswith("/") else name for name, count in counts.items())
        if len(text) <= TREE_CHARACTERS:
            return text
    return f"{text[:TREE_CHARACTERS]}\n… {len(paths)} files in all"


def _folder(path: str, depth: int) -> str:
    parts = path.split("/")
    return path if len(parts) <= depth else f"{'/'.join(parts[:depth])}/"


def chosen(paths: Iterable[str], looks: Sequence[str]) -> list[str]:
    """The first files that fit, a few for each glob so that one glob does not take all the room."""
    found: dict[str, None] = {}
    seen = [path for path in paths if not any(fnmatchcase(PurePosixPath(path).name, never) for never in _NEVER)]
    for look in looks:
        fitting = sorted((path for path in seen if fnmatchcase(path, look)), key=lambda path: (path.count("/"), path))
        found |= dict.fromkeys(fitting[:3])
    return list(found)[:MOST_FILES]


def excerpts(repo: Repository, commit: str, paths: Sequence[str], most: int = FILES_CHARACTERS) -> str:
    """The beginnings of files, each under its name."""
    parts: list[str] = []
    for path in paths:
        left = most - sum(map(len, parts))
        if left < 200:
            break
        parts.append(f"==> {path} <==\n{beginning(repo, commit, path, min(FILE_CHARACTERS, left))}\n")
    return "\n".join(parts) or "(none)"


def beginning(repo: Repository, commit: str, path: str, most: int) -> str:
    """How a file begins, and how long it is; a file that is no text is only named."""
    raw = run(repo.root, "cat-file", "blob", f"{commit}:{path}", okay=(0, 128)).raw
    if b"\0" in raw[:8000]:
        return "(no text)"
    text = raw.decode("utf-8", "replace")
    return text if len(text) <= most else f"{text[:most]}\n… ({text.count(chr(10)) + 1} lines in all)"


_NO_CODE = (
    *(f":(exclude){name}" for name in (".env*", "*.pem", "*.key")),
    ":(exclude,icase)*.md",
    ":(exclude)LICEN*",
    ":(exclude)*.lock",
    ":(exclude)*-lock.*",
    ":(exclude)*.min.*",
)


def _lines(repo: Repository, commit: str, finds: str) -> str:
    """The lines that an expression finds, a few of each file; where there are too many, some from everywhere."""
    if not finds:
        return "(none are looked for)"
    search = ("grep", "-I", "-n", "-E", "--max-count=3", "-e", finds, commit, "--", ".", *_NO_CODE)
    done = run(repo.root, *search, okay=(0, 1))
    found = [line.removeprefix(f"{commit}:")[:LONGEST_LINE] for line in done.out.splitlines()]
    each = max(1, -(-sum(map(len, found)) // LINES_CHARACTERS))
    told = [*found[::each], f"… {len(found)} in all"] if each > 1 else found
    return "\n".join(told) or "(none)"
