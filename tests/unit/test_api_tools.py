"""The built-in agent's tools: bounded, inside the worktree, and plain about what went wrong."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cockpit.agents import api_tools
from cockpit.agents.api_files import ToolFailed
from cockpit.text import MAX_TEXT

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A small repository beside a secret."""
    (tmp_path / "secret").write_text("the secret")
    top = tmp_path / "worktree"
    (top / "src").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", top], check=True)
    (top / ".gitignore").write_text("build/\n")
    (top / "build").mkdir()
    (top / "build" / "out.py").write_text("ignored = 1\n")
    (top / "src" / "a.py").write_text("one = 1\ntwo = 2\n")
    (top / "src" / "ö b.py").write_text("one = 11\n")
    return top


async def use(worktree: Path, name: str, **given: Any) -> str:
    """Run a tool."""
    return await api_tools.use(api_tools.TOOLS[name], worktree, given)


async def refused(worktree: Path, name: str, **given: Any) -> str:
    """Run a tool that must fail; gives what it says."""
    with pytest.raises(ToolFailed) as caught:
        await use(worktree, name, **given)
    return str(caught.value)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "link", "src/../../secret", "folder/secret", "a\0b"])
@pytest.mark.parametrize("name", ["read", "write", "edit", "grep", "glob"])
async def test_no_tool_leaves_the_worktree(worktree: Path, name: str, path: str) -> None:
    (worktree / "link").symlink_to(worktree.parent / "secret")
    (worktree / "folder").symlink_to(worktree.parent)
    given = {
        "read": {"file_path": path},
        "write": {"file_path": path, "content": "x"},
        "edit": {"file_path": path, "old_string": "the", "new_string": "x"},
        "grep": {"pattern": "the", "path": path},
        "glob": {"pattern": "*", "path": path},
    }[name]
    said = await refused(worktree, name, **given)
    assert "outside the worktree" in said or "not a usable path" in said
    assert api_tools.detail_of(name, worktree, given) == ""
    assert (worktree.parent / "secret").read_text() == "the secret"


async def test_searches_do_not_follow_links_out(worktree: Path) -> None:
    (worktree / "link").symlink_to(worktree.parent / "secret")
    (worktree / "folder").symlink_to(worktree.parent)
    assert await use(worktree, "grep", pattern="the secret") == "no matches"
    assert "secret" not in await use(worktree, "glob", pattern="**/*")
    assert "fatal" in await refused(worktree, "glob", pattern="../*")


async def test_files_of_git_are_not_edited(worktree: Path) -> None:
    assert "git itself" in await refused(worktree, "write", file_path=".git/config", content="")
    assert "git itself" in await refused(worktree, "edit", file_path=".git/HEAD", old_string="r", new_string="x")


async def test_read_gives_the_text_as_it_is(worktree: Path) -> None:
    assert await use(worktree, "read", file_path="src/a.py") == "one = 1\ntwo = 2\n"
    assert await use(worktree, "read", file_path=str(worktree / "src/a.py"), view_range=[2, 2]) == "two = 2\n"
    assert await use(worktree, "read", file_path="src/a.py", view_range=[2, -1]) == "two = 2\n"
    (worktree / "empty").touch()
    assert await use(worktree, "read", file_path="empty") == "(empty)"


async def test_read_says_where_it_cut_off(worktree: Path) -> None:
    (worktree / "long").write_text("".join(f"line {n}\n" for n in range(1, 10_001)))
    said = await use(worktree, "read", file_path="long")
    assert len(said) <= MAX_TEXT
    line = int(said.rpartition("before line ")[2].partition(";")[0])
    assert f"line {line - 1}\n" in said
    assert f"line {line}\n" not in said
    assert (await use(worktree, "read", file_path="long", view_range=[line, line])) == f"line {line}\n"
    (worktree / "wide").write_text("x" * 100_000)
    assert "100000 characters long" in await use(worktree, "read", file_path="wide")


async def test_what_is_no_text_file_is_refused_in_words(worktree: Path) -> None:
    (worktree / "image.png").write_bytes(b"\x89PNG\0\0")
    os.mkfifo(worktree / "pipe")
    assert "binary file of 6 bytes" in await refused(worktree, "read", file_path="image.png")
    assert "not a regular file" in await refused(worktree, "read", file_path="pipe")
    assert "is a folder" in await refused(worktree, "read", file_path="src")
    assert "there is no file none" in await refused(worktree, "read", file_path="none")
    assert "not a regular file" in await refused(worktree, "write", file_path="pipe", content="x")


async def test_write_makes_folders_and_shows_its_diff_first(worktree: Path) -> None:
    given = {"file_path": "src/new/c.py", "content": "x = 1\n"}
    assert "+x = 1" in api_tools.detail_of("write", worktree, given)
    await use(worktree, "write", **given)
    assert (worktree / "src/new/c.py").read_text() == "x = 1\n"
    changed = {"file_path": "src/new/c.py", "content": "x = 2"}
    assert api_tools.detail_of("write", worktree, changed) == (
        "--- a/src/new/c.py\n+++ b/src/new/c.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n\\ No newline at end of file\n"
    )


async def test_edit_wants_exactly_one_place(worktree: Path) -> None:
    (worktree / "f").write_text("a b a\n")
    assert "occurs 2 times" in await refused(worktree, "edit", file_path="f", old_string="a", new_string="c")
    assert "not in the file" in await refused(worktree, "edit", file_path="f", old_string="z", new_string="c")
    assert "not in the file" in await refused(worktree, "edit", file_path="f", old_string="", new_string="c")
    assert (worktree / "f").read_text() == "a b a\n"
    await use(worktree, "edit", file_path="f", old_string="a", new_string="c", replace_all=True)
    await use(worktree, "edit", file_path="f", old_string="b", new_string="d")
    assert (worktree / "f").read_text() == "c d c\n"


async def test_edit_keeps_the_files_line_ends(worktree: Path) -> None:
    (worktree / "dos").write_bytes(b"one\r\ntwo\r\n")
    await use(worktree, "edit", file_path="dos", old_string="one\ntwo", new_string="1\n2")
    assert (worktree / "dos").read_bytes() == b"1\r\n2\r\n"


async def test_edit_keeps_the_files_mode(worktree: Path) -> None:
    (worktree / "run").write_text("#!/bin/sh\n")
    (worktree / "run").chmod(0o755)
    await use(worktree, "edit", file_path="run", old_string="sh", new_string="bash")
    assert (worktree / "run").stat().st_mode & 0o777 == 0o755


async def test_glob_and_grep_leave_out_what_git_ignores(worktree: Path) -> None:
    assert await use(worktree, "glob", pattern="**/*.py") == "src/a.py\nsrc/ö b.py"
    assert await use(worktree, "glob", pattern="*.py", path="src") == "src/a.py\nsrc/ö b.py"
    assert await use(worktree, "glob", pattern="*.rs") == "no matches"
    assert await use(worktree, "grep", pattern=r"= \d$") == "src/a.py:1:one = 1\nsrc/a.py:2:two = 2"
    assert await use(worktree, "grep", pattern="one", path="src/ö b.py") == "src/ö b.py:1:one = 11"
    assert await use(worktree, "grep", pattern="-e") == "no matches"


async def test_a_bad_expression_is_said(worktree: Path) -> None:
    assert "fatal" in await refused(worktree, "grep", pattern="(")


async def test_bash_says_output_and_exit_code(worktree: Path) -> None:
    assert await use(worktree, "bash", command="pwd; cat src/a.py >&2") == f"{worktree}\none = 1\ntwo = 2"
    assert await use(worktree, "bash", command="true") == "(no output)"
    assert await refused(worktree, "bash", command="printf '\\033[31mred'; exit 3") == "bash: red\n[exit code 3]"


async def test_bash_is_stopped_at_its_limit_with_what_it_started(worktree: Path) -> None:
    command = "echo begun; sleep 300 & setsid sleep 301 & wait"
    said = await refused(worktree, "bash", command=command, timeout_ms=300)
    assert said == "bash: begun\n[stopped after 0.3 s]"
    assert not running_in(worktree)


async def test_bash_leaves_nothing_behind_after_a_good_end(worktree: Path) -> None:
    assert await use(worktree, "bash", command="(setsid sleep 300 &) ; nohup sleep 301 & echo done") == "done"
    assert not running_in(worktree)


async def test_cancelling_kills_a_command_that_ignores_it(worktree: Path) -> None:
    command = "trap '' TERM INT; touch begun; while :; do sleep 300; done"
    task = asyncio.create_task(use(worktree, "bash", command=command))
    async with asyncio.timeout(60):
        while not (worktree / "begun").exists():
            await asyncio.wait({task}, timeout=0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not running_in(worktree)


async def test_endless_output_is_bounded(worktree: Path) -> None:
    said = await refused(worktree, "bash", command="echo first; yes | head -c 5000000; echo last; exit 1")
    assert len(said) < MAX_TEXT + 200
    assert said.startswith("bash: first")
    assert "bytes left out" in said
    assert said.endswith("last\n[exit code 1]")


async def test_a_command_has_no_key_and_no_keyboard(worktree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "the key")
    said = await use(worktree, "bash", command="env; read -r line || echo nothing to read")
    assert "the key" not in said
    assert "GIT_TERMINAL_PROMPT=0" in said
    assert said.endswith("nothing to read")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "command is missing"),
        ({"command": 3}, "command must be of type string"),
        ({"command": "true", "cwd": "/"}, "no input 'cwd'; it takes command, timeout_ms"),
        ("true", "the input must be an object"),
    ],
)
async def test_an_input_that_does_not_fit_is_told_how_it_must_be(worktree: Path, given: Any, problem: str) -> None:
    with pytest.raises(ToolFailed, match=problem):
        await api_tools.use(api_tools.TOOLS["bash"], worktree, given)
    with pytest.raises(ToolFailed, match="view_range must be two numbers"):
        await use(worktree, "read", file_path="src/a.py", view_range=[1])


def test_a_step_is_one_line_whatever_comes() -> None:
    assert api_tools.step_of("bash", {"command": "pytest\n-q\x1b[2J"}) == "$ pytest -q"
    assert api_tools.step_of("edit", {}) == "edit"
    assert api_tools.step_of("nonsense", {"x": 1}) == "nonsense"
    assert len(api_tools.step_of("bash", {"command": "x" * 900})) == 200


def running_in(worktree: Path) -> list[str]:
    """Commands of the processes whose working folder is the worktree."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if Path(os.readlink(f"/proc/{name}/cwd")) == worktree:
                state = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[0]
                found += [Path(f"/proc/{name}/cmdline").read_text()] if state != "Z" else []
        except OSError:
            continue
    return found
