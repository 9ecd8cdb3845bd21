"""The gates on what a branch brings: gathers from git what they look at, and runs the scanner for secrets.

What is allowed comes from the configuration that the engine was started with, which is the user's and not the
branch's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.gates import brought as gates
from cockpit.gates import scan
from cockpit.gates.brought import Limits, Piece
from cockpit.gates.changes import is_protected
from cockpit.repo import Repository, brought, runner
from cockpit.repo.brought import Added
from cockpit.state import GateResult, Task

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

READABLE = 5_000_000
"""Bytes of a file that is looked through for secrets; a larger one is named instead."""


def stops(task: Task, results: Iterable[GateResult]) -> bool:
    """Whether the next gates need not run."""
    return any(not r.passed and not r.asks and r.name not in task.let_through for r in results)


def pieces(repository: Repository, target: str, head: str) -> list[Piece]:
    """Every changed path."""
    changes = brought.changes(repository, target, head)
    there = [c for c in changes if not c.is_gone and c.after != brought.SUBMODULE]
    sizes = brought.sizes(repository, [c.blob for c in there])
    binary = brought.binaries(repository, target, head)
    return [
        Piece(
            c.path,
            c.is_gone,
            c.is_submodule,
            c.becomes_executable,
            brought.link_target(repository, c.blob) if c.after == brought.LINK else None,
            sizes.get(c.blob, 0),
            c.path in binary,
        )
        for c in changes
    ]


def on_pieces(engine: Engine, found: Sequence[Piece]) -> tuple[GateResult, ...]:
    """The gates that need no more than the paths."""
    settings = engine.config.limits
    bounds = Limits(
        settings.file_bytes, settings.binary_bytes, settings.total_bytes, settings.files, settings.exceptions
    )
    return (
        gates.protected(found, engine.config.repository.protected),
        gates.limits(found, bounds),
        gates.checks(found, [gate.command for gate in engine.config.gates]),
    )


async def on_text(engine: Engine, target: str, head: str, merged: str) -> tuple[GateResult, ...]:
    """The gate on secrets: in the merge result, and in the history that it brings."""
    settings = engine.config.secrets
    if settings.scanner == "off":
        return ()
    lines, unread = await asyncio.to_thread(_lines, engine.repository, target, head, merged, settings.allow_paths)
    try:
        leaks = await scan.scan(lines, settings.scanner, settings.allow, engine.places.folder / "scans")
    except scan.ScannerFailed as error:
        return (_fell_back(lines, settings.allow, unread, error),)
    return (gates.secrets(leaks, scan.scanner_name(settings.scanner), unread),)


def _fell_back(lines: Sequence[scan.Line], allow: Sequence[str], unread: dict[str, int], why: Exception) -> GateResult:
    leaks = scan.leaks({(n, secret): kind for n, kind, secret in scan.built_in(lines)}, lines, allow)
    return gates.secrets(leaks, f"scanned by the built-in rules ({why})", unread)


def _lines(
    repository: Repository, target: str, head: str, merged: str, allowed: Sequence[str]
) -> tuple[list[scan.Line], dict[str, int]]:
    """Everything to be looked at, and the files that are too large for it."""
    large = brought.too_large(repository, target, head, READABLE)
    unread = {path: size for path, size in large.items() if not is_protected(path, allowed)}

    def wanted(lines: Iterable[Added]) -> list[Added]:
        return [line for line in lines if not is_protected(line.file, allowed)]

    now = wanted(brought.added(repository, target, merged, large))
    known = {(line.file, line.text) for line in now}
    before = [
        line for line in wanted(brought.history(repository, target, head, large)) if (line.file, line.text) not in known
    ]
    found = [scan.Line(f"{line.file}:{line.line}", line.text) for line in now]
    found += [scan.Line(f"{line.file}:{line.line} in commit {line.commit[:10]}", line.text) for line in before]
    for commit, text in brought.messages(repository, target, head).items():
        found += [scan.Line(f"the message of commit {commit[:10]}", line) for line in text.splitlines()]
    paths = sorted(brought.paths_ever(repository, target, head))
    found += [scan.Line("a file's name", path) for path in paths if not is_protected(path, allowed)]
    return found, unread


async def put_back(folder: Path) -> None:
    """Make the files that git knows in a gate's worktree what they were."""
    await asyncio.to_thread(runner.run, folder, "restore", "--source=HEAD", "--staged", "--worktree", ":/")


def in_words(gate: GateResult) -> str:
    """A gate's result, for the reviewer."""
    how = "passed" if gate.passed else "waits for a person" if gate.asks else "failed"
    said = f" ({gate.note})" if gate.note else ""
    asked = f": {gate.output[:500]}" if gate.asks else ""
    return f"{gate.name}: {how}{said}{asked}"
