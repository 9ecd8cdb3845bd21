"""The tools of the built-in agent: bash, read, write, edit, glob and grep in one worktree; and to ask a person.

The names and inputs are those that models know from other coding agents. The SDK brings such a set, but its
shell kills only itself on a time limit, its outputs go up to a quarter of a megabyte, and its searches walk
through ignored folders. Here every path is resolved and must lie in the worktree, every output is bounded,
and git searches, because it knows what is ignored. Knows neither the SDK nor the conversation.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit.agents import api_files, child
from cockpit.agents.api_files import ToolFailed
from cockpit.paths import OutsideWorktree, inside
from cockpit.text import MAX_TEXT, cut, plain

Arguments = Mapping[str, Any]

COMMAND_SECONDS = 600.0
LONGEST_COMMAND_SECONDS = 3600.0
SEARCH_SECONDS = 60.0
CONTEXT = "COCKPIT_CONTEXT"
"""Names the folder that all agents may read beside their worktree."""

MOST_OUTPUT = MAX_TEXT - 500
"""Of a command; leaves room to say how it ended."""

QUIET = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "EDITOR": "true",
    "GIT_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "DEBIAN_FRONTEND": "noninteractive",
}
"""Nobody sits at a command's keyboard: nothing may ask, page or open an editor."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as the model sees it, and what it does."""

    name: str
    description: str
    inputs: Mapping[str, Mapping[str, Any]]
    """The input's properties, as JSON Schema."""
    required: tuple[str, ...]
    run: Callable[[Path, Arguments], Awaitable[str]]
    step: Callable[[Arguments], str]
    """One line for a person."""

    def definition(self) -> dict[str, Any]:
        """The tool as the Messages API wants it."""
        schema = {"type": "object", "properties": self.inputs, "required": list(self.required)}
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": schema | {"additionalProperties": False},
        }


NAMES = {"askuserquestion": "ask_user", "multiedit": "edit"}
"""What Claude Code calls our tools by another name than ours, in small letters."""

CHANGING = frozenset({"write", "edit"})
RUNNING = frozenset({"bash"})


def chosen(names: Sequence[str], permission: str) -> tuple[Tool, ...]:
    """The tools of an agent that may have only these, and whose permission is such a one."""
    wanted = {NAMES.get(name.lower(), name.lower()) for name in names}
    allowed = [tool for tool in ALL if not wanted or tool.name in wanted]
    return tuple(t for t in allowed if permission != "read" or t.name not in CHANGING | RUNNING)


def asks_first(permission: str) -> frozenset[str]:
    """The tools that ask a person each time."""
    return {"edits": RUNNING, "ask": CHANGING | RUNNING}.get(permission, frozenset())


async def use(tool: Tool, worktree: Path, given: Any) -> str:
    """Run a tool. Raises ToolFailed with words for the model."""
    _check(tool, given)
    try:
        return cut(await tool.run(worktree, given))
    except ToolFailed as error:
        raise ToolFailed(cut(f"{tool.name}: {error}")) from error
    except (OutsideWorktree, OSError) as error:
        raise ToolFailed(f"{tool.name}: {error}") from error


def step_of(name: str, given: Arguments) -> str:
    """One line for a person about a call, also about one that makes no sense."""
    tool = TOOLS.get(name)
    line = tool.step(given) if tool else name
    return " ".join(plain(line).split())[:200]


def detail_of(name: str, worktree: Path, given: Arguments) -> str:
    """The command, or the diff that an edit or a write is about to make; before it runs."""
    if name == "bash":
        return cut(str(given.get("command", "")))
    if name not in ("write", "edit"):
        return ""
    try:
        _check(TOOLS[name], given)
        return cut(api_files.preview(_target(worktree, given), given, whole=name == "write"))
    except (ToolFailed, OutsideWorktree, OSError):
        return ""  # the tool will say so itself


def command_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a command gets: the agent's environment without its key, and nothing that waits for a person."""
    return {k: v for k, v in environ.items() if not k.startswith("ANTHROPIC_")} | QUIET


async def _bash(worktree: Path, given: Arguments) -> str:
    seconds = min(given.get("timeout_ms", COMMAND_SECONDS * 1000) / 1000, LONGEST_COMMAND_SECONDS)
    argv = ["bash", "-c", given["command"]]
    done = await child.run(argv, worktree, command_environment(os.environ), seconds=seconds, limit=MOST_OUTPUT)
    output = plain(done.output).rstrip()
    if done.code == 0:
        return output or "(no output)"
    ending = f"[exit code {done.code}]" if done.code is not None else f"[stopped after {seconds:g} s]"
    raise ToolFailed(f"{output}\n{ending}".lstrip())


async def _read(worktree: Path, given: Arguments) -> str:
    first, last = _range(given.get("view_range"))
    return api_files.read(_readable(worktree, given["file_path"]), first, last)


def _readable(worktree: Path, path: str) -> Path:
    """A file of the worktree, or of what others left for all agents to read."""
    shared = os.environ.get(CONTEXT, "")
    if shared and path.startswith(f"{shared}/"):
        return inside(Path(shared), path)
    return inside(worktree, path)


def _range(given: Any) -> tuple[int, int | None]:
    if given is None:
        return 1, None
    if len(given) != 2 or not all(isinstance(n, int) for n in given):
        raise ToolFailed("view_range must be two numbers: [first line, last line]")
    return max(1, given[0]), given[1] if given[1] > 0 else None


async def _write(worktree: Path, given: Arguments) -> str:
    return api_files.write(_target(worktree, given), given["content"])


async def _edit(worktree: Path, given: Arguments) -> str:
    return api_files.edit(_target(worktree, given), given)


def _target(worktree: Path, given: Arguments) -> Path:
    """The file to change; git's own files are not for the model's editor."""
    path = inside(worktree, given["file_path"])
    if ".git" in path.relative_to(worktree.resolve()).parts:
        raise ToolFailed("files of git itself can't be changed")
    return path


async def _glob(worktree: Path, given: Arguments) -> str:
    folder = inside(worktree, given.get("path") or ".")
    pattern = f":(glob){given['pattern']}"
    done = await _git(folder, ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pattern])
    names = [name for name in done.output.split("\0") if name and (folder / name).exists()]
    prefix = folder.relative_to(worktree.resolve())
    return "\n".join(sorted({str(prefix / name) for name in names})) or "no matches"


async def _grep(worktree: Path, given: Arguments) -> str:
    where = inside(worktree, given.get("path") or ".").relative_to(worktree.resolve())
    common = ["--literal-pathspecs", "grep", "--untracked", "-n", "-I", "--no-color"]
    rest = ["-e", given["pattern"], "--", str(where)]
    done = await _git(worktree, [*common, "-P", *rest], good=(0, 1, 128))
    if done.code == 128:  # a git without Perl's expressions, or a bad expression: the next try says which
        done = await _git(worktree, [*common, "-E", *rest], good=(0, 1))
    return "\n".join(line[:500] for line in plain(done.output).splitlines()) or "no matches"


async def _nobody(_: Path, given: Arguments) -> str:
    raise ToolFailed("there is nobody to ask; decide yourself")


async def _git(folder: Path, arguments: list[str], good: tuple[int, ...] = (0,)) -> child.Finished:
    argv = ["git", "-c", "core.quotePath=false", *arguments]
    environment = command_environment(os.environ)
    done = await child.run(argv, folder, environment, seconds=SEARCH_SECONDS, limit=4 * MAX_TEXT)
    if done.code is None:
        raise ToolFailed(f"nothing found within {SEARCH_SECONDS:g} s; search in a smaller folder")
    if done.code not in good:
        raise ToolFailed(plain(done.output).strip())
    return done


def _check(tool: Tool, given: Any) -> None:
    """Refuse an input that does not fit, in words from which the model can do better."""
    if not isinstance(given, Mapping):
        raise ToolFailed(f"{tool.name}: the input must be an object")
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list}
    if missing := [name for name in tool.required if name not in given]:
        raise ToolFailed(f"{tool.name}: {', '.join(missing)} is missing")
    for name, value in given.items():
        if name not in tool.inputs:
            raise ToolFailed(f"{tool.name}: there is no input {name!r}; it takes {', '.join(tool.inputs)}")
        kind = tool.inputs[name]["type"]
        if not isinstance(value, kinds[kind]):
            raise ToolFailed(f"{tool.name}: {name} must be of type {kind}")


def _named(verb: str, name: str) -> Callable[[Arguments], str]:
    return lambda given: f"{verb} {given.get(name, '')}".strip()


_TEXT = {"type": "string"}

ALL = (
    Tool(
        "bash",
        "Run a command in a fresh bash at the root of the worktree, without a keyboard. Whatever it starts ends "
        "with it. Time limit 10 minutes unless timeout_ms says otherwise.",
        {"command": _TEXT, "timeout_ms": {"type": "integer"}},
        ("command",),
        _bash,
        _named("$", "command"),
    ),
    Tool(
        "read",
        "Read a text file, or the lines of view_range: [first, last].",
        {"file_path": _TEXT, "view_range": {"type": "array", "items": {"type": "integer"}}},
        ("file_path",),
        _read,
        _named("read", "file_path"),
    ),
    Tool(
        "write",
        "Write a whole file; its folder is made.",
        {"file_path": _TEXT, "content": _TEXT},
        ("file_path", "content"),
        _write,
        _named("write", "file_path"),
    ),
    Tool(
        "edit",
        "Replace old_string, which must occur exactly once unless replace_all is true.",
        {"file_path": _TEXT, "old_string": _TEXT, "new_string": _TEXT, "replace_all": {"type": "boolean"}},
        ("file_path", "old_string", "new_string"),
        _edit,
        _named("edit", "file_path"),
    ),
    Tool(
        "glob",
        "List files that git does not ignore by a pattern such as **/*.py, in the folder `path`.",
        {"pattern": _TEXT, "path": _TEXT},
        ("pattern",),
        _glob,
        _named("glob", "pattern"),
    ),
    Tool(
        "grep",
        "Search files that git does not ignore by a Perl regular expression, in the file or folder `path`.",
        {"pattern": _TEXT, "path": _TEXT},
        ("pattern",),
        _grep,
        _named("grep", "pattern"),
    ),
    Tool(
        "ask_user",
        "Ask the person in charge, only what you can't decide yourself; it may take long until somebody answers.",
        {
            "question": _TEXT,
            "choices": {"type": "array", "items": {"type": "string"}},
            "several": {"type": "boolean"},
        },
        ("question",),
        _nobody,
        _named("ask", "question"),
    ),
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in ALL}
