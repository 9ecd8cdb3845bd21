"""A conflict, for whoever has to mend it: both sides of each place, and what landed there meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cockpit.repo.merges import MergeConflict
from cockpit.repo.owning import fork_point
from cockpit.repo.repository import Repository
from cockpit.repo.runner import ask, run

MOST_FILES = 8
MOST_PLACES = 6
"""Of one file."""
MOST_LINES = 60
"""Of one place, both sides together."""
MOST_LANDED = 10


def both_sides(repo: Repository, conflict: MergeConflict, landed: str, own: str) -> str:
    """The conflicting places, file by file; `landed` and `own` are the names of the two sides."""
    parts = [f"{file}\n{text}" for file in conflict.files[:MOST_FILES] if (text := _places(repo, conflict, file))]
    if len(conflict.files) > MOST_FILES:
        parts.append(f"… and {len(conflict.files) - MOST_FILES} more files")
    said = [line for line in conflict.text.splitlines() if not line.startswith("CONFLICT (content)")]
    text = "\n\n".join([*parts, *(["\n".join(said)] if said else [])])
    return text.replace("\n<<<<<<< ours", f"\n<<<<<<< {landed} (what landed)").replace(
        "\n>>>>>>> theirs", f"\n>>>>>>> {own} (your branch)"
    )


def landed_in(repo: Repository, head: str, target: str, files: tuple[str, ...]) -> list[tuple[str, str]]:
    """Commit and title of what came to the target in these files since the branch began, newest first."""
    began = fork_point(repo, head, target)
    if not began:
        return []
    # Of merge commits the first parent counts: each is one task's work.
    command = ("log", "--first-parent", f"--max-count={MOST_LANDED}", "--no-show-signature", "--format=%H %s")
    lines = ask(repo.root, *command, f"{began}..{target}", "--", *(f":(literal){file}" for file in files)).splitlines()
    return [(commit, title) for commit, _, title in (line.partition(" ") for line in lines)]


def _places(repo: Repository, conflict: MergeConflict, file: str) -> str:
    done = run(repo.root, "cat-file", "blob", f"{conflict.tree}:{file}", okay=(0, 128))
    if done.status != 0 or not conflict.tree:
        return ""
    return "\n".join(islice(_marked(done.out.splitlines()), MOST_PLACES))


def _marked(lines: list[str]) -> Iterator[str]:
    """Each stretch between git's markers, with the number of its first line."""
    begin = None
    for number, line in enumerate(lines):
        if line.startswith("<<<<<<< "):
            begin = number
        elif line.startswith(">>>>>>> ") and begin is not None:
            inner = lines[begin + 1 : number]
            more = [f"… {len(inner) - MOST_LINES} lines more"] if len(inner) > MOST_LINES else []
            yield "\n".join([f"line {begin + 1}:", "<<<<<<< ours", *inner[:MOST_LINES], *more, ">>>>>>> theirs"])
            begin = None
