"""What a branch brings along, as its gates look at it: modes, sizes, links, every added line, every message.

Attributes of the repository (`-diff`, `binary`, text conversion) are not followed: whoever works on the branch
may set them. What a later commit of the branch took away again is here all the same, since the merge brings
the branch's history too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cockpit.repo.repository import Repository
from cockpit.repo.runner import run

LINK, SUBMODULE, EXECUTABLE = "120000", "160000", "100755"
_NONE = "000000"

_HUNK = re.compile(r"@@+ .*\+(\d+)(?:,\d+)? @@")
_MARK = "\x01cockpit-commit\x01"


@dataclass(frozen=True, slots=True)
class Change:
    """One path that is different; a renamed file gives two."""

    path: str
    before: str
    """Its mode; `000000` where it was not there."""
    after: str
    blob: str
    """What it holds now."""

    @property
    def is_gone(self) -> bool:
        """Whether it was removed."""
        return self.after == _NONE

    @property
    def is_submodule(self) -> bool:
        """Whether it is, or was, a pointer to another repository's commit."""
        return SUBMODULE in (self.before, self.after)

    @property
    def becomes_executable(self) -> bool:
        """Whether an existing file can now be run."""
        return self.after == EXECUTABLE != self.before != _NONE


@dataclass(frozen=True, slots=True)
class Added:
    """One added line; `commit` where it is known only from the branch's history."""

    file: str
    line: int
    text: str
    commit: str = ""


_RAW = ("--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
_PATCH = ("--text", "-U0", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative")
_PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none")


def changes(repo: Repository, base: str, head: str) -> list[Change]:
    """What `head` changes since it left `base`."""
    fields = run(repo.root, "diff", *_RAW, f"{base}...{head}").parts
    found = []
    for facts, path in zip(fields[::2], fields[1::2], strict=False):
        before, after, _, blob, _ = facts.lstrip(":").split(" ")
        found.append(Change(path, before, after, blob))
    return found


def binaries(repo: Repository, base: str, head: str) -> set[str]:
    """The changed paths that git takes for binary."""
    numbers = run(repo.root, "diff", "--numstat", "-z", "--no-renames", "--no-textconv", f"{base}...{head}").parts
    return {line.split("\t", 2)[2] for line in numbers if line.startswith("-\t-\t")}


def sizes(repo: Repository, blobs: Iterable[str]) -> Mapping[str, int]:
    """The bytes of each blob."""
    wanted = "\n".join(dict.fromkeys(blobs))
    if not wanted:
        return {}
    lines = run(repo.root, "cat-file", "--batch-check=%(objectname) %(objectsize)", typed=wanted + "\n").out
    pairs = (line.split(" ") for line in lines.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def link_target(repo: Repository, blob: str) -> str:
    """Where a symlink leads."""
    return run(repo.root, "cat-file", "blob", blob).out


def too_large(repo: Repository, base: str, head: str, limit: int) -> dict[str, int]:
    """Paths of the branch's history that once held more than `limit` bytes which `base` has not, with their size."""
    listed = run(repo.root, "rev-list", "--objects", "--no-object-names", head, f"^{base}").out
    wanted = sizes(repo, listed.split())
    if all(size <= limit for size in wanted.values()):
        return {}
    found: dict[str, int] = {}
    for line in run(repo.root, "rev-list", "--objects", head, f"^{base}").out.splitlines():
        name, _, path = line.partition(" ")
        if path and wanted.get(name, 0) > limit:
            found[path] = max(found.get(path, 0), wanted[name])
    return found


def added(repo: Repository, old: str, new: str, without: Iterable[str] = ()) -> Iterator[Added]:
    """Every line that `new` has and `old` has not."""
    yield from _lines(run(repo.root, "diff", *_PATCH, *_PREFIXES, old, new, *_but(without)).out)


def history(repo: Repository, base: str, head: str, without: Iterable[str] = ()) -> Iterator[Added]:
    """Every line that any commit of the branch ever added; in its own merges, what was done by hand."""
    how = ("--diff-merges=remerge", f"--format={_MARK}%H")
    yield from _lines(run(repo.root, "log", "-p", *how, *_PATCH, *_PREFIXES, f"{base}..{head}", *_but(without)).out)


def messages(repo: Repository, base: str, head: str) -> dict[str, str]:
    """The message of every commit of the branch."""
    parts = run(repo.root, "log", "-z", "--no-color", "--no-show-signature", "--format=%H%n%B", f"{base}..{head}").parts
    return {name: text for part in parts for name, _, text in [part.partition("\n")]}


def paths_ever(repo: Repository, base: str, head: str) -> set[str]:
    """Every path that any commit of the branch touched."""
    how = ("--name-only", "-z", "--format=", "--no-renames", "--diff-merges=first-parent")
    return set(run(repo.root, "log", *how, f"{base}..{head}").parts)


def _but(without: Iterable[str]) -> tuple[str, ...]:
    names = tuple(f":(top,exclude,literal){path}" for path in without)
    return ("--", ":/", *names) if names else ()


def _lines(patch: str) -> Iterator[Added]:
    """Read a patch without context. A file's head has no line that could be taken for a hunk's."""
    file, line, commit, in_hunk = "", 0, "", False
    for text in patch.split("\n"):
        if text.startswith(_MARK):
            commit, in_hunk = text[len(_MARK) :], False
        elif text.startswith("diff --"):
            in_hunk = False
        elif not in_hunk and text.startswith("+++ "):
            file = text[4:].removesuffix("\t").strip('"').removeprefix("b/")
        elif text.startswith("@@") and (hunk := _HUNK.match(text)):
            line, in_hunk = int(hunk[1]), True
        elif in_hunk and text.startswith("+"):
            yield Added(file, line, text[1:].replace("\0", ""), commit)
            line += 1
