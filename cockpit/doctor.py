"""The doctor: looks at everything a night needs, and names the fix for what is missing."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
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
    cap_usd: float | None = None,
    cage: str = "auto",
    cage_required: bool = False,
    repo_hooks: bool = False,
    network: str | None = None,
) -> list[Check]:
    """Every check; `root` is the repository, or where one was looked for. `cap_usd` is what must be held.

    `network` is why agents could not do without one; None where they have one.
    """
    checks = [_git(), *_repository(root)]
    checks += [_agent(agent_kind, agent_command, environ), _key(agent_kind, environ)]
    checks += _price(agent_kind, cap_usd)
    checks.append(_cage(cage, cage_required))
    checks += _network(network)
    if agent_kind == "claude":
        checks += _hooks(root, repo_hooks)
        checks.append(_integration(root, environ))
    checks += [_secrets(), *_terminal(environ), _disk(root, need_bytes)]
    return checks


@dataclass(frozen=True, slots=True)
class Reply:
    """What a program said; `code` is None where it gave no answer in time."""

    code: int | None
    out: str
    err: str = ""


def ask(
    *command: str, cwd: Path | None = None, environ: Mapping[str, str] | None = None, seconds: float = CLI_SECONDS
) -> Reply:
    """Run a program to its end, but no longer than `seconds`; what it started in turn ends with it."""
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        return Reply(127, "", error.strerror or str(error))
    with process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # Its children hold the pipes open: without their end, reading would wait for them.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Reply(None, "", f"no answer in {seconds:g} s")
    return Reply(process.returncode, out.strip(), err.strip())


def _integration(root: Path, environ: Mapping[str, str]) -> Check:
    """Whether the user's own Claude Code has our commands; without them nothing is missing."""
    from cockpit.integrate import standing

    home = Path(environ.get("CLAUDE_CONFIG_DIR") or Path(environ.get("HOME", "~")) / ".claude")
    for folder, where in ((root / ".claude", "in this project"), (home, "for you, in every project")):
        if names := standing(folder):
            return Check("your own Claude Code", True, f"knows /{', /'.join(names)} {where}")
    return Check("your own Claude Code", True, "has no commands of ours; `cockpit integrate claude` writes them")


def _git() -> Check:
    if shutil.which("git") is None:
        return Check("git", False, "not found", "install git, e.g. `apt install git` or `brew install git`")
    text = ask("git", "--version").out
    version = tuple(int(part) for part in re.findall(r"\d+", text)[:2])
    needed = ".".join(map(str, GIT_NEEDED))
    if version < GIT_NEEDED:
        return Check("git", False, text, f"install git {needed} or newer: older ones can't merge without a checkout")
    return Check("git", True, text)


def _repository(root: Path) -> Iterator[Check]:
    if shutil.which("git") is None:
        return
    found = ask("git", "rev-parse", "--git-dir", cwd=root)
    if "dubious ownership" in found.err:
        fix = f"if you trust it: `git config --global --add safe.directory {root}`"
        yield Check("repository", False, f"{root} belongs to another user, so git leaves it alone", fix)
        return
    if found.code:
        yield Check("repository", False, f"{root} is in no git repository", "go to one, or `git init`")
        return
    if ask("git", "rev-parse", "--is-bare-repository", cwd=root).out == "true":
        yield Check("repository", False, f"{root} is bare", "clone it: the cockpit needs a working tree")
        return
    if ask("git", "rev-parse", "--verify", "-q", "HEAD", cwd=root).code:
        yield Check(
            "repository", False, "there is no commit yet", "commit something: `git commit --allow-empty -m first`"
        )
        return
    branch = ask("git", "symbolic-ref", "-q", "--short", "HEAD", cwd=root).out
    if branch:
        yield Check("repository", True, f"{root}, on {branch}")
    else:
        fix = "check a branch out (`git switch main`), or name one in cockpit.toml: [repository] target"
        yield Check("repository", None, "HEAD is detached: there is no branch to land on", fix)
    yield _identity(root)
    from cockpit.doctor_git import special  # it stands on this module

    yield from special(root)


def _identity(root: Path) -> Check:
    missing = [key for key in ("user.name", "user.email") if not ask("git", "config", key, cwd=root).out]
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
    if kind == "terminal":
        return _command(command)
    name = command or environ.get("COCKPIT_CLAUDE") or "claude"
    path = shutil.which(name, path=environ.get("PATH"))
    if path is None:
        fix = (
            "install Claude Code (`npm install -g @anthropic-ai/claude-code`), name it in [agents] command, or use the "
        )
        return Check("agent", False, f"{name} was not found", fix + 'built-in agent: [agents] kind = "api"')
    return answers(path, environ)


def _command(command: str) -> Check:
    """Whether a command line can be an agent."""
    from cockpit.agents import LaunchError, terminal

    try:
        terminal.command_line(command, "prompt")
    except LaunchError as error:
        what, _, fix = str(error).partition(": " if not command.strip() else "; ")
        return Check("agent", False, what, fix)
    return Check("agent", True, f"a command in a terminal: {command}")


def _network(problem: str | None) -> Iterable[Check]:
    if problem is not None:
        said = "none, as [cage] network = false wants it: agents reach their model and nothing else"
        yield Check("network", not problem, problem or said, "set what it says, or [cage] network = true")


def _cage(wanted: str, required: bool) -> Check:
    """What agents are held in by; each cage is tried for real."""
    from cockpit.cage import BUBBLEWRAP, NONE, CageError
    from cockpit.cage.choice import choose

    fix = "install bubblewrap, e.g. `apt install bubblewrap`; see [cage] in cockpit.toml"
    try:
        choice = choose(wanted, require=required)
    except CageError as error:
        return Check("cage", False, str(error), fix)
    if choice.kind == NONE:
        return Check("cage", None, choice.note, fix)
    objects = "git objects of its own" if choice.kind == BUBBLEWRAP else "new git objects"
    said = choice.note or f"an agent writes its worktree, its branch and {objects}, and nothing of anybody else's"
    return Check("cage", None if choice.note else True, f"{choice.kind} works; {said}", fix)


def _price(kind: str, cap_usd: float | None) -> Iterator[Check]:
    if kind == "terminal" and cap_usd is not None:
        found = f"there is a cap of ${cap_usd:.2f}, and what a terminal agent spends is not known"
        fix = "take [budget] night_usd away, or let it go uncounted: [agents] unpriced = true"
        yield Check("money", False, found, fix)


def answers(path: str, environ: Mapping[str, str], seconds: float = CLI_SECONDS) -> Check:
    """Whether an agent's CLI says its version."""
    reply = ask(path, "--version", environ=environ, seconds=seconds)
    if reply.code is None:
        return Check("agent", False, f"{path} --version gives {reply.err}", "try it by hand; install it again")
    if reply.code:
        return Check("agent", False, f"{path} --version failed: {(reply.err or reply.out)[-200:]}", "install it again")
    version = reply.out.partition("\n")[0][:100]
    return Check(
        "agent", True, f"{path}: {version}{', as root, told that it is in a sandbox' if os.geteuid() == 0 else ''}"
    )


def _key(kind: str, environ: Mapping[str, str]) -> Check:
    at = f", for {environ['ANTHROPIC_BASE_URL']}" if environ.get("ANTHROPIC_BASE_URL") else ""
    if found := [name for name in KEYS if environ.get(name)]:
        return Check("key", True, f"{found[0]} is set{at}")
    login = Path(environ.get("CLAUDE_CONFIG_DIR") or Path(environ.get("HOME", "/")) / ".claude") / ".credentials.json"
    if kind == "claude" and login.exists():
        return Check("key", True, f"Claude Code is logged in{at}")
    if kind == "scripted":
        return Check("key", True, "a script needs none")
    if kind == "terminal":
        fix = "set ANTHROPIC_API_KEY or log in with `claude`, or do without: [review] enabled = false"
        if login.exists():
            return Check("key", True, "Claude Code is logged in, for the reviewer")
        return Check("key", None, "no key and no login was seen; a reviewer needs one", fix)
    if kind == "claude":
        fix = "log in once with `claude`, or set ANTHROPIC_API_KEY"
        return Check("key", None, "no key and no login was seen", fix)
    return Check("key", False, "no key is set", "set ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN for a gateway")


def _hooks(root: Path, allowed: bool) -> Iterator[Check]:
    """What the repository itself would have run in its agents."""
    names = (".claude/settings.json", ".claude/settings.local.json", ".mcp.json")
    found = ", ".join(name for name in names if (root / name).exists())
    if found and allowed:
        fix = "if you don't trust all of it: [agents] repo_hooks = false"
        yield Check("hooks", None, f"hooks and servers in {found} run in every agent", fix)
    elif found:
        yield Check("hooks", True, f"hooks and servers in {found} don't run in agents; [agents] repo_hooks allows them")


def _secrets() -> Check:
    """Which scanner keeps secrets out of merges."""
    if importlib.util.find_spec("betterleaks") is not None:
        return Check("secrets", True, "betterleaks and the built-in rules look through what is merged")
    fix = "for more kinds of secrets: `pip install 'cockpit-agents[secrets]'`"
    return Check("secrets", None, "the built-in rules look through what is merged; betterleaks is not installed", fix)


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
        yield Check("terminal", True, f"{width}x{height}, {kind}, {_colours(environ)}")
    yield from letters(environ)


def _colours(environ: Mapping[str, str]) -> str:
    if environ.get("NO_COLOR"):
        return "no colours, as NO_COLOR asks"
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "true colours"
    return "256 colours" if "256color" in environ.get("TERM", "") else "few colours; COLORTERM=truecolor gives all"


def letters(environ: Mapping[str, str]) -> Iterator[Check]:
    """A warning where the locale is not UTF-8; the first of the three that is set counts."""
    name = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    if re.search(r"(?i)utf-?8", environ.get(name, "")) is None:
        found = f"{name}={environ[name]} is not UTF-8" if name else "no locale is set, so it is not UTF-8"
        yield Check("letters", None, found, f"set {name or 'LANG'}=C.UTF-8, or the frames may look odd")


def _disk(root: Path, need_bytes: int) -> Check:
    place = root.parent if root.parent.exists() else root
    free = shutil.disk_usage(place).free
    found = f"{free / (1 << 30):.1f} GiB free in {place}, where worktrees go"
    if free < need_bytes:
        fix = f"make room: at least {need_bytes / (1 << 30):.1f} GiB, or move them with [repository] worktrees"
        return Check("disk", False, found, fix)
    return Check("disk", True, found)
