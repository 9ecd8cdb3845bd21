"""The scripted model server against the real Claude Code CLI: the CLI takes it for the service."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from cockpit.demo.model import ModelServer
from cockpit.demo.script import Fault, Play, Scene, answer, bash, edit, read, scene, step, turn, write

pytestmark = pytest.mark.e2e

CACHED = Path(__file__).parents[2] / ".cache" / "claude-code" / "claude"

GREETING = scene(
    "Write a greeting",
    turn(
        step("First the file.", write("greet.py", 'print("hello")\n'), bash("echo two at once")),
        step("A better word.", edit("greet.py", "hello", "good evening"), fault=Fault(status=529, retry_after=0)),
        step("Does it run?", bash("python3 greet.py > said.txt"), fault=Fault(cut=True)),
        step("It greets."),
    ),
    turn(
        step("I read it again.", read("greet.py")),
        step("A comment.", write("greet.py", '# A gate wanted this.\nprint("good evening")\n')),
        step("Mended."),
        on="A gate failed",
    ),
)


@pytest.fixture(scope="module")
def cli() -> str:
    wanted = os.environ.get("COCKPIT_CLAUDE") or str(CACHED)
    found = shutil.which(wanted)
    if not found:
        pytest.skip(f"no Claude Code CLI: {wanted} is missing; set COCKPIT_CLAUDE or run scripts/claude")
    return found


def play(*scenes: Scene) -> ModelServer:
    return ModelServer(Play(scenes))


def start(cli: str, server: ModelServer, folder: Path, prompt: str, *more: str) -> subprocess.Popen[str]:
    """One headless run in `folder`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent / "home"),
        "ANTHROPIC_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": "any",
        "IS_SANDBOX": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    argv = [cli, "-p", prompt, "--output-format", "json", "--permission-mode", "bypassPermissions"]
    argv += ["--model", "claude-sonnet-5-5", *more]
    folder.mkdir(exist_ok=True)
    (folder.parent / "home").mkdir(exist_ok=True)
    return subprocess.Popen(
        argv,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(cli: str, server: ModelServer, folder: Path, prompt: str, *more: str) -> dict[str, Any]:
    """One headless run to its end; gives its result."""
    with start(cli, server, folder, prompt, *more) as process:
        try:
            said, _ = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0, said
    result: dict[str, Any] = json.loads(said)
    return result


def test_the_cli_plays_a_scene_and_is_told_more(cli: str, tmp_path: Path) -> None:
    folder, session = tmp_path / "work", str(uuid.uuid4())
    with play(GREETING) as server:
        first = run(cli, server, folder, "Task T1: Write a greeting", "--session-id", session)
        assert (folder / "greet.py").read_text() == 'print("good evening")\n'
        assert (folder / "said.txt").read_text() == "good evening\n"
        assert (first["result"], first["is_error"]) == ("It greets.", False)
        assert first["total_cost_usd"] > 0
        second = run(cli, server, folder, "A gate failed: comments", "--resume", session)
        assert second["result"] == "Mended."
        assert (folder / "greet.py").read_text().startswith("# A gate wanted this.")
        answered = [request for request in server.requests if request.path.startswith("/v1/messages?")]
        assert {request.scene for request in answered} == {"Write a greeting"}


def test_the_cli_gets_an_answer_in_a_schema(cli: str, tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"approve": {"type": "boolean"}, "summary": {"type": "string"}},
        "required": ["approve", "summary"],
        "additionalProperties": False,
    }
    review = scene(
        "Write a greeting",
        answer({"approve": "perhaps"}),
        answer({"approve": True, "summary": "It greets well."}),
        system="You are the reviewer",
    )
    with play(GREETING, review) as server:
        result = run(
            cli,
            server,
            tmp_path / "work",
            "Task T1: Write a greeting",
            "--json-schema",
            json.dumps(schema),
            "--append-system-prompt",
            "You are the reviewer of one task.",
        )
    assert result["structured_output"] == {"approve": True, "summary": "It greets well."}


def test_a_killed_cli_goes_on_with_the_same_step(cli: str, tmp_path: Path) -> None:
    folder, session = tmp_path / "work", str(uuid.uuid4())
    started = folder / "started.txt"
    waits_at_first = "echo $$ >> started.txt; test $(wc -l < started.txt) -gt 1 || exec tail -f /dev/null"
    play_it = scene(
        "Wait for it",
        turn(step("First.", write("one.txt", "1")), step("Long.", bash(waits_at_first)), step("It is over.")),
    )
    with play(play_it) as server:
        with start(cli, server, folder, "Task T1: Wait for it", "--session-id", session) as process:
            try:
                line = wait_for_line(started)
            finally:
                process.kill()
        os.kill(int(line), signal.SIGKILL)  # the CLI's death leaves its command behind
        again = run(cli, server, folder, "You were interrupted in the middle of it.", "--resume", session)
    assert again["result"] == "It is over."
    assert len(started.read_text().splitlines()) == 2


def wait_for_line(path: Path) -> str:
    """The first whole line of a file, as soon as it is there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return text
        threading.Event().wait(0.02)
    raise TimeoutError(path)
