"""Runs git: the only place that touches GitPython.

Every command says where it runs with `-C`. GitPython would fall back to the process's own directory where
the wanted one is missing, and that may be the user's checkout. Git is kept from looking for a
repository above the directory it is given, so a worktree whose `.git` an agent deleted can't make us work
on whatever repository lies above it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from cockpit import faults
from cockpit.repo.errors import GitFailed, GitMissing

if TYPE_CHECKING:
    from git.cmd import Git

SETTINGS = (
    "core.quotePath=false",  # file names as they are
    "core.hooksPath=/dev/null",  # the user's hooks are for the user's and the agents' own commits
    "core.fsmonitor=false",  # starts no daemon for a worktree that will be gone soon
    "core.fsync=committed,reference",  # what the ledger says has landed is there after a power cut too
    "gc.auto=0",  # no housekeeping in the background
    "maintenance.auto=false",
    "commit.gpgSign=false",  # a key may ask for a passphrase, and nobody is there
    "merge.verifySignatures=false",  # what lands is what the gates checked, and it is not signed
    "advice.graftFileDeprecated=false",
    "advice.detachedHead=false",
    "diff.orderFile=/dev/null",
)

ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_OPTIONAL_LOCKS": "0",  # looking at a checkout must not get in the way of who works in it
    # An agent could put another object in the place of one, and so have another thing checked than what lands.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null",
}

# Set in a git hook, for one: they would send every command to another repository, index or pathspec.
_MISLEADING = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)

MAX_MESSAGE = 50_000
"""Characters of a commit message; a longer one would not fit a command line."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a git command ended."""

    status: int
    raw: bytes
    """What it printed, without the last newline."""
    error: str

    @property
    def out(self) -> str:
        """What it printed, as text for people: bytes that are no UTF-8 are replaced."""
        return self.raw.decode("utf-8", "replace")

    @property
    def parts(self) -> list[str]:
        """What a command with `-z` printed."""
        return [part for part in self.out.split("\0") if part]


def run(
    where: Path,
    *arguments: str,
    okay: Sequence[int] = (0,),
    environment: Mapping[str, str] | None = None,
    look_above: bool = False,
    typed: str = "",
) -> Done:
    """Run `git arguments…` in `where`, with `typed` on its standard input.

    Raises GitFailed for a status that is not in `okay`.
    """
    variables = ENVIRONMENT | dict(environment or {})
    if not look_above:
        variables["GIT_CEILING_DIRECTORIES"] = str(where.absolute().parent)
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    command = ["git", "-C", str(where), *settings, *arguments]
    faults.reach(f"git.before {arguments[0]}")
    try:
        with _input(typed) as source:
            status, raw, said = _git().execute(
                [*_without(_MISLEADING, variables), *command],
                istream=source,
                env=variables,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
            )
    except ValueError as problem:  # a NUL byte or a broken character in a name
        raise GitFailed(f"git {' '.join(_short(arguments))!r}", where, -1, str(problem)) from problem
    faults.reach(f"git.after {arguments[0]}")
    done = Done(status, bytes(raw or b""), said.strip())
    if done.status not in okay:
        words = done.error or done.out.strip()
        raise GitFailed(f"git {' '.join(_short(arguments))}", where, done.status, words)
    return done


def ask(where: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What a git command printed, as text. Raises GitFailed where it fails."""
    return run(where, *arguments, environment=environment).out


def says_yes(where: Path, *arguments: str) -> bool:
    """The answer of a command that says yes with status 0 and no with status 1."""
    return run(where, *arguments, okay=(0, 1)).status == 0


def message(text: str) -> str:
    """A commit message that git takes as it is: no NUL bytes, never empty, bounded."""
    clean = text.replace("\0", "").encode("utf-8", "replace").decode()
    return clean.strip()[:MAX_MESSAGE] or "(no message)"


@contextmanager
def _input(typed: str) -> Iterator[BinaryIO | None]:
    """A file with the text, since that is what GitPython takes; None where there is nothing to type."""
    if not typed:
        yield None
        return
    with TemporaryFile() as file:
        file.write(typed.encode("utf-8", "surrogateescape"))
        file.seek(0)
        yield file


def _git() -> Git:
    # GitPython looks for git when it is imported, and raises ImportError where there is none.
    try:
        from git.cmd import Git
    except ImportError as error:
        raise GitMissing("git was not found on PATH: install git 2.38 or newer") from error
    return Git()


def _without(names: Sequence[str], given: Mapping[str, str]) -> list[str]:
    """The `env` call that takes away inherited variables; GitPython can add variables, but remove none."""
    present = [name for name in names if name in os.environ and name not in given]
    return ["env", *(word for name in present for word in ("-u", name))] if present else []


def _short(arguments: Sequence[str]) -> list[str]:
    """The command line for an error text: no commit message of a hundred lines in it."""
    return [a if len(a) <= 80 else f"{a[:77]}…" for a in arguments]
