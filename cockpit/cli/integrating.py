"""`cockpit integrate claude`: slash commands, a skill and the MCP server for the user's own Claude Code."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import integrate
from cockpit.cli import Wrong, surroundings
from cockpit.doctor import ask
from cockpit.integrate import Damaged, Did, Step
from cockpit.paths import OutsideWorktree, inside

if TYPE_CHECKING:
    import argparse

SAID = {
    Did.WRITE: ("wrote", "would write"),
    Did.UPDATE: ("brought up to date", "would bring up to date"),
    Did.REMOVE: ("removed", "would remove"),
    Did.KEEP: ("left alone", "would leave alone"),
    Did.SAME: ("there already", "there already"),
    Did.ABSENT: ("not there", "not there"),
}
CLAUDE_SECONDS = 60.0
"""How long Claude Code may take to change its own configuration."""


def claude(parsed: argparse.Namespace) -> int:
    """`integrate claude [--user|--project] [--remove] [--dry-run]`."""
    top = Path.home() if parsed.user else surroundings.places(parsed).root
    folder = _users_folder(top) if parsed.user else top / ".claude"
    words = call()
    wanted = integrate.files(folder, shlex.join(words))
    try:
        if not parsed.user:
            _stay_inside(top, [*wanted, top / ".mcp.json"])
        steps = integrate.to_remove(wanted) if parsed.remove else integrate.to_write(wanted, folder.parent)
        if not parsed.user:
            steps.append(_project_server(top / ".mcp.json", words, remove=parsed.remove))
        if not parsed.dry_run:
            integrate.carry_out(steps, folder.parent)
        _say(steps, dry_run=parsed.dry_run)
        if parsed.user:
            _users_server(words, remove=parsed.remove, dry_run=parsed.dry_run)
    except Damaged as error:
        raise Wrong(str(error)) from error
    except OSError as error:
        raise Wrong(f"{error.filename}: {error.strerror}") from error
    if not (parsed.remove or parsed.dry_run):
        print(_welcome(parsed.user))
    return 0


def call() -> tuple[str, ...]:
    """How our command is called from anywhere: by its name where that is found, else by where it is."""
    if shutil.which("cockpit"):
        return ("cockpit",)
    beside = Path(sys.executable).with_name("cockpit")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "cockpit")


def _stay_inside(top: Path, paths: list[Path]) -> None:
    """A repository may bring links along; through none of them do we write elsewhere."""
    for path in paths:
        try:
            inside(top, str(path))
        except OutsideWorktree as error:
            raise Wrong(f"{error}; remove that link first") from error


def _users_folder(home: Path) -> Path:
    named = os.environ.get("CLAUDE_CONFIG_DIR")
    return Path(named) if named else home / ".claude"


def _project_server(path: Path, words: tuple[str, ...], *, remove: bool) -> Step:
    return integrate.without_entry(path) if remove else integrate.with_entry(path, integrate.entry(words))


def _say(steps: list[Step], *, dry_run: bool) -> None:
    for step in steps:
        if step.did is not Did.ABSENT:
            print(f"{SAID[step.did][dry_run]}: {step.path}{f' ({step.why})' if step.why else ''}")
    if all(step.did is Did.ABSENT for step in steps):
        print("there is nothing of ours here")


def _welcome(user: bool) -> str:
    where = "every project" if user else "this project"
    return (
        f"In Claude Code, in {where}: {', '.join(f'/{name}' for name in integrate.COMMANDS)}, and the MCP server "
        f"`{integrate.SERVER}`. `cockpit integrate claude{' --user' if user else ''} --remove` takes it all away."
    )


# ── the user's own list of MCP servers, which Claude Code itself keeps ───────────────────────────────


def _users_server(words: tuple[str, ...], *, remove: bool, dry_run: bool) -> None:
    """Have Claude Code add or remove our server: it writes that file itself, at any time."""
    named = os.environ.get("CLAUDE_CONFIG_DIR")
    path = (Path(named) if named else Path.home()) / ".claude.json"
    there = integrate.entry_in(path)
    if there is not None and not integrate.is_ours(there):
        return print(f"left alone: the MCP server `{integrate.SERVER}` in {path} is your own")
    if (there is None) == remove:
        return None if remove else print(f"there already: the MCP server `{integrate.SERVER}` in {path}")
    asked = ["mcp", "remove", "-s", "user", integrate.SERVER]
    if not remove:
        asked = ["mcp", "add", "-s", "user", integrate.SERVER, "--", *words, "mcp"]
    if dry_run:
        return print(f"would run: {shlex.join(['claude', *asked])}")
    command = shutil.which("claude")
    if command is None:
        return print(f"there is no `claude` on PATH; where there is: {shlex.join(['claude', *asked])}")
    said = ask(command, *asked, seconds=CLAUDE_SECONDS)
    if said.code != 0:
        raise Wrong(f"`{shlex.join(['claude', *asked])}` failed: {said.err or said.out}")
    return print(f"{'removed' if remove else 'added'}: the MCP server `{integrate.SERVER}` in {path}")
