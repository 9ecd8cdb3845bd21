"""The real night: six tasks on a small repository, played by a scripted model for whichever agent is real."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cockpit.demo.script import Play, Scene, answer, bash, scene, step, turn, write
from tests.e2e.desk import configured
from tests.repos import make_repo

ROOT = Path(__file__).parents[2]

TEST = """import unittest, {name}


class Test(unittest.TestCase):
    def test_it(self):
        self.assertEqual({name}.{call}, {want})
"""

SEEN = """case "$(env)" in *of-no-worth*) echo the key;; *) echo no key;; esac > SEEN.txt"""
"""What a tool of the agent's finds in its environment."""

YES: dict[str, Any] = {"approve": True, "summary": "It does what the task asks.", "criteria": [], "findings": []}
NO: dict[str, Any] = {
    "approve": False,
    "summary": "The greeting lacks its comma.",
    "criteria": [],
    "findings": [{"severity": "blocking", "text": "Say 'Hello, world'.", "file": "hello.py", "line": 2}],
}

PLAN = """# Small things

1. Add a median
2. Add a mode
3. Say hello
4. Add a spread (after 1)
5. Describe the package
6. Greet by name
   merge: ask
"""


def claude_cli() -> Path | None:
    """The pinned CLI, where `scripts/claude` or COCKPIT_CLAUDE put one."""
    named = os.environ.get("COCKPIT_CLAUDE")
    path = Path(named) if named else ROOT / ".cache" / "claude-code" / "claude"
    return path if path.exists() else None


def need_cli() -> Path:
    """The CLI, or a skip that says why; where it is required, a failure."""
    path = claude_cli()
    if path is None:
        reason = "the real Claude Code CLI is not here: `scripts/claude` installs it with npm"
        if os.environ.get("COCKPIT_REQUIRE_CLI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def files(name: str, body: str, call: str, want: str) -> tuple[Any, ...]:
    """Steps that write a module and its test, and commit them."""
    return (
        step("I write the module.", write(f"{name}.py", body)),
        step("And its test.", write(f"test_{name}.py", TEST.format(name=name, call=call, want=want))),
        step("Now I commit.", bash(f"python3 -m unittest -q; git add -A && git commit -q -m 'Add {name}'")),
    )


def done(words: str = "It is done.") -> Any:
    return step(words)


def fix(path: str, body: str) -> tuple[Any, ...]:
    return (
        step("I mend it.", write(path, body)),
        step("And commit.", bash("git add -A && git commit -q -m 'Mend it'")),
        done("Mended."),
    )


MEDIAN = "def median(xs):\n    return sorted(xs)[len(xs) // 2]\n"
MODE = "def mode(xs):\n    return max(xs, key=xs.count)\n"
WRONG_MODE = "def mode(xs):\n    return min(xs, key=xs.count)\n"
SPREAD = "import median\n\n\ndef spread(xs):\n    return max(xs) - median.median(xs)\n"
HELLO = "def hello():\n    return 'Hello, world'\n"
GREET = "def greet(name):\n    return f'Hello, {name}'\n"


def play() -> Play:
    """What the model says: one task whose tests fail first, one sent back by review, the others plain."""
    scenes: tuple[Scene, ...] = (
        scene("Add a median", turn(*files("median", MEDIAN, "median([3, 1, 2])", "2"), done()), answer(YES)),
        scene(
            "Add a mode",
            turn(*files("mode", WRONG_MODE, "mode([1, 2, 2])", "2"), done("Done, I believe.")),
            turn(*fix("mode.py", MODE), on="A gate failed"),
            answer(YES),
        ),
        scene(
            "Say hello",
            turn(*files("hello", HELLO.replace(", ", " "), "hello()[:5]", "'Hello'"), done()),
            turn(*fix("hello.py", HELLO), on="The reviewer asks for changes"),
            answer(NO),
            answer(YES),
        ),
        scene("Add a spread", turn(*files("spread", SPREAD, "spread([1, 2, 5])", "3"), done()), answer(YES)),
        scene(
            "Describe the package",
            turn(
                step("Notes.", write("NOTES.md", "# Notes\n"), bash(f"{SEEN}; git add -A; git commit -qm notes")),
                done(),
            ),
            answer(YES),
        ),
        scene(
            "Greet by name",
            turn(*files("greet", GREET, "greet('Ada')", "'Hello, Ada'"), done()),
            turn(*fix("greet.py", "# For one person.\n" + GREET), on="A person asks"),
            answer(YES),
        ),
    )
    return Play(scenes)


def repository(tmp_path: Path, kind: str, *, merge: str = "auto") -> Path:
    """A repository whose three agents are of `kind`."""
    command = f'command = "{need_cli()}"' if kind == "claude" else ""
    root = make_repo(tmp_path, {"README.md": "# Small\n", ".gitignore": "__pycache__/\n"})
    configured(
        root,
        f"""
[agents]
kind = "{kind}"
{command}
count = 3
heartbeat = 1.0
[[gates]]
name = "unittest"
command = "python3 -m unittest -q || test $? = 5"
[merge]
policy = "{merge}"
[budget]
night_usd = 20.0
""",
    )
    (root / "PLAN.md").write_text(PLAN)
    return root


def talks_to(url: str) -> dict[str, str]:
    """The environment in which agents reach the scripted model and nobody else."""
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "sk-ant-test-key-of-no-worth",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "NO_PROXY": "127.0.0.1",
    }
