"""What Cockpit puts into a user's own Claude Code: slash commands, a skill, and the entry of its MCP server.

Every file carries a mark in its head with a checksum of the rest. By it we know which files are ours as we wrote
them (they are brought up to date, or removed), which are ours and were changed since (they are left alone, and that
is said), and which were never ours (the same). No record is kept anywhere else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

COMMANDS = ("project-create", "project-start", "project-status", "search", "implement", "analyze")
"""The slash commands, by the names that are typed after the slash."""

SERVER = "cockpit"
"""The name of our MCP server in Claude Code."""

_MARK = re.compile(r"^# Written by `cockpit integrate claude` \(([0-9a-f]{16})((?: [^ )]+)*)\).*\n", re.MULTILINE)


class Did(StrEnum):
    """What becomes of a file or an entry."""

    WRITE = "write"
    UPDATE = "update"
    SAME = "same"
    KEEP = "keep"
    """It is somebody's own, or ours and changed since: it is left alone."""
    REMOVE = "remove"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one file."""

    path: Path
    did: Did
    why: str = ""
    """For a person, where it is left alone."""
    text: str = ""
    """What it is to hold."""


class Damaged(Exception):
    """A file of the user's can't be read as what it should be; the text says which, and why."""


def files(folder: Path, cockpit: str) -> dict[Path, str]:
    """Every file that we write under a `.claude` folder, with its text; `cockpit` is how our command is called."""
    texts = resources.files("prompts") / "integrate"
    found = {folder / "commands" / f"{name}.md": _text(texts / f"{name}.md", cockpit) for name in COMMANDS}
    return found | {folder / "skills" / "cockpit" / "SKILL.md": _text(texts / "skill.md", cockpit)}


def _text(source: Any, cockpit: str) -> str:
    text: str = source.read_text(encoding="utf-8")
    return text.replace("{cockpit}", cockpit)


# ── the mark ─────────────────────────────────────────────────────────────────────────────────────────


def marked(text: str, made: tuple[str, ...] = ()) -> str:
    """`text` with our mark in its head; `made` are the folders that were made for it, innermost first."""
    head, _, rest = text.partition("\n")
    names = "".join(f" {name}" for name in made)
    mark = f"# Written by `cockpit integrate claude` ({_sum(text)}{names}); change it and it is yours.\n"
    return f"{head}\n{mark}{rest}"


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file of ours says of itself."""

    untouched: bool
    """It is as we wrote it."""
    made: tuple[str, ...]


def mark_of(text: str) -> Mark | None:
    """The mark in a file; None where it is not ours."""
    found = _MARK.search(text)
    if found is None:
        return None
    rest = text[: found.start()] + text[found.end() :]
    return Mark(_sum(rest) == found[1], tuple(found[2].split()))


def standing(folder: Path) -> tuple[str, ...]:
    """The slash commands of ours that lie under a `.claude` folder."""
    found = []
    for name in COMMANDS:
        try:
            text = (folder / "commands" / f"{name}.md").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if mark_of(text):
            found.append(name)
    return tuple(found)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────


def to_write(wanted: Mapping[Path, str], top: Path) -> list[Step]:
    """What is to be done so that all files are there; `top` is the folder above which none is made."""
    return [_writing(path, text, top) for path, text in wanted.items()]


def _writing(path: Path, text: str, top: Path) -> Step:
    there = _read(path)
    if there is None:
        return Step(path, Did.WRITE, text=marked(text, _missing(path, top)))
    mark = mark_of(there)
    if mark is None:
        return Step(path, Did.KEEP, "it is a file of your own")
    fresh = marked(text, mark.made)
    if there == fresh:
        return Step(path, Did.SAME)
    if not mark.untouched:
        return Step(path, Did.KEEP, "you changed it; without it, `cockpit integrate claude` writes the newest")
    return Step(path, Did.UPDATE, text=fresh)


def to_remove(wanted: Mapping[Path, str]) -> list[Step]:
    """What is to be done so that nothing we wrote is left."""
    return [_removing(path) for path in wanted]


def _removing(path: Path) -> Step:
    there = _read(path)
    if there is None:
        return Step(path, Did.ABSENT)
    mark = mark_of(there)
    if mark is None:
        return Step(path, Did.KEEP, "it is a file of your own")
    return Step(path, Did.REMOVE) if mark.untouched else Step(path, Did.KEEP, "you changed it; remove it by hand")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Damaged(f"{path} can't be read: {error.strerror}") from error


def _missing(path: Path, top: Path) -> tuple[str, ...]:
    """The folders on the way to a file that are not there yet, relative to `top`, innermost first."""
    above = [folder for folder in path.parents if folder != top and folder.is_relative_to(top)]
    return tuple(str(folder.relative_to(top)) for folder in above if not folder.exists())


def carry_out(steps: list[Step], top: Path) -> None:
    """Do it. Raises OSError."""
    made: set[str] = set()
    for step in steps:
        match step.did:
            case Did.WRITE:
                step.path.parent.mkdir(parents=True, exist_ok=True)
                with step.path.open("x", encoding="utf-8") as file:
                    file.write(step.text)
            case Did.UPDATE:
                step.path.write_text(step.text, encoding="utf-8")
            case Did.REMOVE:
                if mark := mark_of(step.path.read_text(encoding="utf-8")):
                    made |= set(mark.made)
                step.path.unlink()
            case Did.SAME | Did.KEEP | Did.ABSENT:
                pass
    _remove_empty([top / name for name in sorted(made, key=len, reverse=True)])


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


# ── the MCP server's entry ───────────────────────────────────────────────────────────────────────────


def entry(words: tuple[str, ...]) -> dict[str, Any]:
    """The server as Claude Code's configuration has it; `words` call our command."""
    return {"type": "stdio", "command": words[0], "args": [*words[1:], "mcp"]}


def is_ours(found: object) -> bool:
    """Whether an entry is one that we wrote, whichever way our command was called then."""
    if not isinstance(found, dict) or found.get("type", "stdio") != "stdio" or found.get("env"):
        return False
    if set(found) - {"type", "command", "args", "env"}:
        return False
    command, args = str(found.get("command", "")), found.get("args")
    return (Path(command).name == "cockpit" and args == ["mcp"]) or args == ["-m", "cockpit", "mcp"]


def entry_in(path: Path) -> object | None:
    """Our server's entry in a configuration file; None where there is none. Raises Damaged."""
    found = _servers(_loaded(path, _read(path)), path).get(SERVER)
    return None if found is None else found


def with_entry(path: Path, wanted: dict[str, Any]) -> Step:
    """What is to be done so that a project's `.mcp.json` has our server. Raises Damaged."""
    text = _read(path)
    data = _loaded(path, text)
    there = _servers(data, path).get(SERVER)
    if there is not None and not is_ours(there):
        return Step(path, Did.KEEP, f"its server {SERVER!r} is your own")
    if there is not None and {**there, "env": {}} == {**wanted, "env": {}}:
        return Step(path, Did.SAME)
    data["mcpServers"] = {**_servers(data, path), SERVER: wanted}
    return Step(path, Did.WRITE if text is None else Did.UPDATE, text=_dumped(data, text))


def without_entry(path: Path) -> Step:
    """What is to be done so that it hasn't. Raises Damaged."""
    text = _read(path)
    data = _loaded(path, text)
    there = _servers(data, path).get(SERVER)
    if text is None or there is None:
        return Step(path, Did.ABSENT)
    if not is_ours(there):
        return Step(path, Did.KEEP, f"its server {SERVER!r} is your own, or you changed it")
    left = {name: server for name, server in _servers(data, path).items() if name != SERVER}
    if not left and set(data) == {"mcpServers"}:
        return Step(path, Did.REMOVE)
    data["mcpServers"] = left
    return Step(path, Did.UPDATE, text=_dumped(data, text))


def _loaded(path: Path, text: str | None) -> dict[str, Any]:
    if text is None or not text.strip():
        return {}
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Damaged(f"{path} is no JSON ({error}); mend it first") from error
    if not isinstance(data, dict):
        raise Damaged(f"{path} holds no JSON object; mend it first")
    return data


def _servers(data: dict[str, Any], path: Path) -> dict[str, Any]:
    found = data.get("mcpServers", {})
    if not isinstance(found, dict):
        raise Damaged(f"{path}: `mcpServers` is no object; mend it first")
    return found


def _dumped(data: dict[str, Any], before: str | None) -> str:
    """As it was written before: its indent, and its last newline."""
    found = re.search(r"\n([ \t]+)\S", before or "")
    text = json.dumps(data, indent=found[1] if found else 2, ensure_ascii=False)
    return text if before and not before.endswith("\n") else text + "\n"
