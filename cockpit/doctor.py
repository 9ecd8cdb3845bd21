"""The doctor: looks at everything a night needs, and names the fix for what is missing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

GIT_NEEDED = (2, 38)
"""The first with `git merge-tree --write-tree`."""

KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")

CLI_SECONDS = 10.0
"""How long the agent's CLI may take to say its version."""

SMALLEST = (80, 24)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool | None
    """None: it works, but not as well as it could."""
    found: str
    fix: str = ""
    """What to do about it, where something is wrong."""


def examine(
    root: Path,
    *,
    agent_kind: str,
    agent_command: str,
    environ: Mapping[str, str],
    need_bytes: int = 1 << 30,
) -> list[Check]:
    """Every check; `root` is the repository, or where one was looked for."""
    checks = [_git(), *_repository(root)]
    checks += [_agent(agent_kind, agent_command, environ), _key(agent_kind, environ)]
    checks += [*_terminal(environ), _disk(root, need_bytes)]
    return checks


def _run(*command: str, cwd: Path | None = None, seconds: float = CLI_SECONDS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=seconds,
        check=False,
    )


def _git() -> Check:
    if shutil.which("git") is None:
        return Check("git", False, "not found", "install git, e.g. `apt install git` or `brew install git`")
    text = _run("git", "--version").stdout.strip()
    version = tuple(int(part) for part in re.findall(r"\d+", text)[:2])
    needed = ".".join(map(str, GIT_NEEDED))
    if version < GIT_NEEDED:
        return Check("git", False, text, f"install git {needed} or newer: older ones can't merge without a checkout")
    return Check("git", True, text)


def _repository(root: Path) -> Iterator[Check]:
    if shutil.which("git") is None:
        return
    if _run("git", "rev-parse", "--git-dir", cwd=root).returncode:
        yield Check("repository", False, f"{root} is in no git repository", "go to one, or `git init`")
        return
    if _run("git", "rev-parse", "--is-bare-repository", cwd=root).stdout.strip() == "true":
        yield Check("repository", False, f"{root} is bare", "clone it: the cockpit needs a working tree")
        return
    if _run("git", "rev-parse", "--verify", "-q", "HEAD", cwd=root).returncode:
        yield Check(
            "repository", False, "there is no commit yet", "commit something: `git commit --allow-empty -m first`"
        )
        return
    branch = _run("git", "symbolic-ref", "-q", "--short", "HEAD", cwd=root).stdout.strip()
    if branch:
        yield Check("repository", True, f"{root}, on {branch}")
    else:
        fix = "check a branch out (`git switch main`), or name one in cockpit.toml: [repository] target"
        yield Check("repository", None, "HEAD is detached: there is no branch to land on", fix)
    yield _identity(root)


def _identity(root: Path) -> Check:
    missing = [key for key in ("user.name", "user.email") if not _run("git", "config", key, cwd=root).stdout.strip()]
    if missing:
        fix = "set them: " + " and ".join(f"`git config --global {key} …`" for key in missing)
        return Check("identity", None, f"git knows no {' and no '.join(missing)}", fix)
    return Check("identity", True, "git knows your name and address")


def _agent(kind: str, command: str, environ: Mapping[str, str]) -> Check:
    if kind == "api":
        if importlib.util.find_spec("anthropic") is None:
            return Check("agent", False, "the anthropic package is missing", "install the cockpit again")
        return Check("agent", True, "the built-in agent")
    if kind == "scripted":
        ok = Path(command).is_file()
        return Check("agent", ok, f"a script: {command}", "" if ok else "name a script in [agents] command")
    name = command or environ.get("COCKPIT_CLAUDE") or "claude"
    path = shutil.which(name, path=environ.get("PATH"))
    if path is None:
        fix = (
            "install Claude Code (`npm install -g @anthropic-ai/claude-code`), name it in [agents] command, or use the "
        )
        return Check("agent", False, f"{name} was not found", fix + 'built-in agent: [agents] kind = "api"')
    return _answers(path)


def _answers(path: str) -> Check:
    try:
        done = _run(path, "--version")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("agent", False, f"{path} gives no answer: {error}", "install it again")
    if done.returncode:
        return Check("agent", False, f"{path} --version failed: {done.stderr.strip()[-200:]}", "install it again")
    return Check("agent", True, f"{path}: {done.stdout.strip()}{', as root' if os.geteuid() == 0 else ''}")


def _key(kind: str, environ: Mapping[str, str]) -> Check:
    at = f", for {environ['ANTHROPIC_BASE_URL']}" if environ.get("ANTHROPIC_BASE_URL") else ""
    if found := [name for name in KEYS if environ.get(name)]:
        return Check("key", True, f"{found[0]} is set{at}")
    login = Path(environ.get("CLAUDE_CONFIG_DIR") or Path(environ.get("HOME", "/")) / ".claude") / ".credentials.json"
    if kind == "claude" and login.exists():
        return Check("key", True, f"Claude Code is logged in{at}")
    if kind == "scripted":
        return Check("key", True, "a script needs none")
    if kind == "claude":
        fix = "log in once with `claude`, or set ANTHROPIC_API_KEY"
        return Check("key", None, "no key and no login was seen", fix)
    return Check("key", False, "no key is set", "set ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN for a gateway")


def _terminal(environ: Mapping[str, str]) -> Iterator[Check]:
    if not sys.stdout.isatty():
        yield Check("terminal", None, "there is none here", "open one for the screen; every command works without")
        return
    width, height = shutil.get_terminal_size()
    kind = environ.get("TERM", "")
    if kind in ("", "dumb"):
        yield Check("terminal", None, f"TERM is {kind or 'not set'}", "use a terminal, or `cockpit status`")
    elif (width, height) < SMALLEST or height < SMALLEST[1]:
        yield Check("terminal", None, f"{width}x{height}", f"make it {SMALLEST[0]}x{SMALLEST[1]} or larger")
    else:
        yield Check("terminal", True, f"{width}x{height}, {kind}")
    words = " ".join(environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if "utf" not in words.lower():
        yield Check("letters", None, "the locale is not UTF-8", "set LANG=C.UTF-8, or the frames may look odd")


def _disk(root: Path, need_bytes: int) -> Check:
    place = root.parent if root.parent.exists() else root
    free = shutil.disk_usage(place).free
    found = f"{free / (1 << 30):.1f} GiB free in {place}, where worktrees go"
    if free < need_bytes:
        fix = f"make room: at least {need_bytes / (1 << 30):.1f} GiB, or move them with [repository] worktrees"
        return Check("disk", False, found, fix)
    return Check("disk", True, found)
