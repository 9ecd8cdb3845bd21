"""The built-in gates on what a branch brings: protected paths, sizes and binaries, secrets, changed checks.

A protected path only a person can let through. What is too large, or has a secret in it, goes back to the agent
first. Nothing here reads the branch's own configuration: what is allowed comes from the user's.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.gates.changes import is_protected, names, protecting
from cockpit.state import GateResult
from cockpit.text import plain

PROTECTED = (
    *(".env*", "!.env.example", "!.env.sample", "!.env.template", "cockpit.toml"),
    *(".git*", "!.gitignore", "!.gitkeep", "!.git-blame-ignore-revs", ".hg*"),
    *(".github/", ".circleci/", ".travis.yml", ".drone.yml", "azure-pipelines*.yml", "Jenkinsfile", ".buildkite/"),
    *("bitbucket-pipelines.yml", ".woodpecker*", "appveyor.yml", ".husky/", ".pre-commit-config.yaml", "lefthook.yml"),
    *(".claude/", ".mcp.json", ".cursor/", ".codex/", ".gemini/", ".aider*", ".claude-sessions/", ".cockpit/"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "id_rsa*", "id_ed25519*", "id_ecdsa*", "*.kdbx"),
    *(".netrc", ".npmrc", ".pypirc", ".ssh/", ".aws/", ".gnupg/", ".kube/", ".docker/config.json", ".htpasswd"),
    *("credentials", "credentials.*", "service-account*.json", "secrets.*", "secrets/"),
)
"""What only a person lets a task change; the configuration adds to it, or with `!` takes away."""

CHECKS = (
    *("conftest.py", "pytest.ini", "tox.ini", "noxfile.py", "setup.cfg", "pyproject.toml", ".coveragerc", "mypy.ini"),
    *("ruff.toml", ".ruff.toml", ".flake8", ".pylintrc", "pyrightconfig.json", ".importlinter", "package.json"),
    *("jest.config.*", "vitest.config.*", "vite.config.*", "karma.conf.*", "playwright.config.*", "cypress.config.*"),
    *(".eslintrc*", "eslint.config.*", ".prettierrc*", "biome.json*", "tsconfig*.json", ".mocharc*", ".golangci*"),
    *("Makefile", "GNUmakefile", "makefile", "justfile", "Taskfile.yml", "Cargo.toml", "clippy.toml", "rustfmt.toml"),
    *("phpunit.xml*", ".rubocop.yml", "Rakefile", "build.gradle*", "pom.xml", "CMakeLists.txt", "sonar-project.*"),
)
"""Files that say what tests and linters check: a change to one is pointed out to whoever judges the work."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One changed path, as far as the gates look at it."""

    path: str
    is_gone: bool = False
    is_submodule: bool = False
    becomes_executable: bool = False
    links_to: str | None = None
    """Where it leads, if it is a symlink now."""
    size: int = 0
    is_binary: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a branch may bring."""

    file_bytes: int = 1_000_000
    binary_bytes: int = 250_000
    total_bytes: int = 10_000_000
    files: int = 500
    exceptions: Sequence[str] = field(default=())


def protected(pieces: Sequence[Piece], patterns: Sequence[str]) -> GateResult:
    """Whether a protected path changed: asks, where one did."""
    every = (*PROTECTED, *patterns)
    hits = [why for piece in pieces if (why := _protected(piece, every))]
    said = plain(f"protected paths were changed: {names(hits)}") if hits else ""
    return GateResult("protected paths", not hits, said, asks=bool(hits))


def _protected(piece: Piece, patterns: Sequence[str]) -> str:
    """Why only a person lets this through; empty where anybody may."""
    if pattern := _by_pattern(piece.path, patterns):
        mode = " becomes executable," if piece.becomes_executable else ""
        return f"{piece.path} ({mode.strip()} {pattern})" if mode else f"{piece.path} ({pattern})"
    if piece.is_submodule:
        return f"{piece.path} (a submodule's commit)"
    if piece.links_to is None:
        return ""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(piece.path), piece.links_to))
    if piece.links_to.startswith("/") or target == ".." or target.startswith("../"):
        return f"{piece.path} (a link out of the repository, to {piece.links_to})"
    if pattern := _by_pattern(target, patterns):
        return f"{piece.path} (a link to {target}, {pattern})"
    return ""


def _by_pattern(path: str, patterns: Sequence[str]) -> str:
    """The pattern that covers a path, in whatever disguise a file system may take the path for the same."""
    return protecting(path, patterns) or protecting(_undisguised(path), patterns)


def _undisguised(path: str) -> str:
    """The name that a forgiving file system knows it by: no invisible letters, plain forms, no dots at the end."""
    clear = _INVISIBLE.sub("", unicodedata.normalize("NFKC", path)).replace("\\", "/")
    return "/".join(part.split(":")[0].rstrip(". ") or part for part in clear.split("/"))


def limits(pieces: Sequence[Piece], bounds: Limits) -> GateResult:
    """Whether the branch brings too much."""
    counted = [p for p in pieces if not p.is_gone and not is_protected(p.path, bounds.exceptions)]
    said = [
        f"{p.path} is {'a binary file ' if p.is_binary else ''}of {amount(p.size)}, and {amount(most)} is the most"
        for p in counted
        if p.size > (most := min(bounds.file_bytes, bounds.binary_bytes) if p.is_binary else bounds.file_bytes)
    ]
    if (total := sum(p.size for p in counted)) > bounds.total_bytes:
        said.append(f"all of it together is {amount(total)}, and {amount(bounds.total_bytes)} is the most")
    if len(counted) > bounds.files:
        said.append(f"{len(counted)} files are changed, and {bounds.files} is the most")
    return GateResult("size", not said, plain("\n".join(said[:20])))


def checks(pieces: Sequence[Piece], commands: Sequence[str]) -> GateResult:
    """Which files that say how work is checked were changed; never a failure, always said."""
    words = {posixpath.normpath(word) for command in commands for word in re.split(r"[\s;&|\"']+", command) if word}
    changed = [p.path for p in pieces if is_protected(p.path, CHECKS) or p.path in words]
    runs = [p.path for p in pieces if p.becomes_executable]
    parts = [f"changes {names(changed)}"] if changed else []
    parts += [f"makes executable: {names(runs)}"] if runs else []
    return GateResult("checks' settings", True, note=plain("; ".join(parts)))


def amount(size: int) -> str:
    """`1.2 MB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1e3:.0f} kB" if size >= 1000 else f"{size} bytes"


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that the branch would bring; the secret itself is not kept."""

    kind: str
    where: str
    """`app.py:12`, `the message of 1a2b3c4`, a file's name."""
    masked: str


def secrets(leaks: Sequence[Leak], scanner: str, unread: Mapping[str, int]) -> GateResult:
    """Whether secrets would be brought along; `unread` are files too large to be looked through."""
    said = [f"{leak.where}: {leak.kind} {leak.masked}" for leak in leaks[:20]]
    said += [f"and {len(leaks) - 20} more"] if len(leaks) > 20 else []
    said += [f"{path}: {amount(size)}, too large to be looked through" for path, size in list(unread.items())[:20]]
    if any("commit " in leak.where for leak in leaks):
        said.append("What a later commit removed still comes along with the branch's history: take it out of that too.")
    return GateResult("secrets", not said, plain("\n".join(said)), note=scanner)
