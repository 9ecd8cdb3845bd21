"""Gates: real commands under a time limit, of which nothing is left when they are over."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from cockpit.gates import Gate, check_changes, run_command, run_gates
from cockpit.gates.changes import is_protected
from cockpit.gates.output import KEPT, Output

ENVIRONMENT: Mapping[str, str] = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")


def is_running(pid: int) -> bool:
    """Whether the process lives; a dead one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


async def written(file: Path) -> int:
    """The number in a file, as soon as there is one."""
    async with asyncio.timeout(60):
        while not (file.exists() and file.read_text().endswith("\n")):
            await asyncio.to_thread(os.sched_yield)
    return int(file.read_text())


class TestCommands:
    async def test_a_command_runs_where_and_with_what_it_is_told(self, tmp_path: Path) -> None:
        variables = {**ENVIRONMENT, "GREETING": "hello"}
        result = await run_command("hello", "pwd; echo $GREETING >&2; cat", tmp_path, variables, 10)
        assert (result.name, result.passed, result.output) == ("hello", True, f"{tmp_path}\nhello")
        assert 0 < result.seconds < 10

    async def test_the_cockpits_own_environment_stays_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET", "s3cr3t")
        assert "s3cr3t" not in (await run_command("env", "env", tmp_path, ENVIRONMENT, 10)).output

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            ("echo why; exit 3", "why\nexit status 3"),
            ("no-such-program --flag", "`no-such-program --flag` needs a program that was not found"),
            ("touch x; ./x", "exit status 126"),
            ("kill -KILL $$", "ended by SIGKILL"),
            ("sh -c 'kill -SEGV $$'; exit $?", "exit status 139 (SIGSEGV)"),
        ],
    )
    async def test_a_failure_says_why(self, tmp_path: Path, command: str, words: str) -> None:
        result = await run_command("check", command, tmp_path, ENVIRONMENT, 10)
        assert not result.passed
        assert words in result.output

    async def test_what_cannot_be_started_is_a_failure(self, tmp_path: Path) -> None:
        missing = await run_command("check", "true", tmp_path / "missing", ENVIRONMENT, 10)
        assert not missing.passed
        assert "could not be started" in missing.output
        assert not (await run_command("check", "true", tmp_path, {"A": "\0"}, 10)).passed

    async def test_output_is_plain_text(self, tmp_path: Path) -> None:
        result = await run_command(
            "check", r"printf '\033[31mred\033[0m \033]0;x\007 \377\r\n'", tmp_path, ENVIRONMENT, 10
        )
        assert result.output == "red  \ufffd"

    async def test_huge_output_keeps_both_ends(self, tmp_path: Path) -> None:
        command = "echo first; yes | head -c 20000000; echo last; exit 1"
        result = await run_command("check", command, tmp_path, ENVIRONMENT, 60)
        assert result.output.startswith("first\ny\n")
        assert result.output.endswith("last\nexit status 1")
        assert "left out" in result.output
        assert len(result.output) < 21_000

    async def test_the_time_limit_ends_it(self, tmp_path: Path) -> None:
        result = await run_command("slow", "echo began; sleep 600", tmp_path, ENVIRONMENT, 0.3)
        assert not result.passed
        assert result.output == "began\ntimed out after 0.3 s"
        assert result.seconds < 10

    async def test_it_may_clean_up_at_the_time_limit(self, tmp_path: Path) -> None:
        command = "trap 'echo cleaned up; exit 0' TERM; sleep 600 & wait"
        result = await run_command("slow", command, tmp_path, ENVIRONMENT, 0.3)
        assert not result.passed
        assert result.output == "cleaned up\ntimed out after 0.3 s"


ESCAPES = {
    "in the background": "sleep 600 & echo $! > pid",
    "in a session of its own": "setsid sh -c 'echo $$ > pid; exec sleep 600' &",
    "as a daemon": "(setsid sh -c 'echo $$ > pid; exec sleep 600' &) &",
    "in the background, without its mark": "env -i sh -c 'echo $$ > pid; exec /bin/sleep 600' &",
    "deaf to SIGTERM": "sh -c 'trap \"\" TERM HUP; echo $$ > pid; while :; do sleep 600; done' &",
}


@needs_proc
class TestNothingIsLeft:
    @pytest.mark.parametrize("how", ESCAPES)
    async def test_after_the_time_limit(self, tmp_path: Path, how: str) -> None:
        result = await run_command("slow", f"{ESCAPES[how]}\nsleep 600", tmp_path, ENVIRONMENT, 1.0)
        assert "timed out" in result.output
        assert not is_running(await written(tmp_path / "pid"))

    @pytest.mark.parametrize("how", ESCAPES)
    async def test_after_success(self, tmp_path: Path, how: str) -> None:
        command = f"{ESCAPES[how]}\nwhile ! test -s pid; do :; done"
        result = await run_command("quick", command, tmp_path, ENVIRONMENT, 20)
        assert result.passed
        assert result.seconds < 15  # it is not waited for
        assert not is_running(await written(tmp_path / "pid"))

    async def test_after_the_time_limit_without_its_mark(self, tmp_path: Path) -> None:
        command = "env -i setsid sh -c 'echo $$ > pid; exec /bin/sleep 600' &\nsleep 600"
        await run_command("slow", command, tmp_path, ENVIRONMENT, 1.0)
        assert not is_running(await written(tmp_path / "pid"))

    async def test_after_cancelling(self, tmp_path: Path) -> None:
        command = "setsid sh -c 'echo $$ > pid; exec sleep 600' &\nsleep 600"
        task = asyncio.create_task(run_command("slow", command, tmp_path, ENVIRONMENT, 600))
        pid = await written(tmp_path / "pid")
        assert is_running(pid)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not is_running(pid)

    async def test_other_processes_live_on(self, tmp_path: Path) -> None:
        bystander = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
        try:
            await run_command("slow", "sleep 600", tmp_path, ENVIRONMENT, 0.2)
            assert is_running(bystander.pid)
        finally:
            bystander.kill()
            await bystander.wait()

    async def test_no_descriptor_is_left_open(self, tmp_path: Path) -> None:
        await run_command("warm", "true", tmp_path, ENVIRONMENT, 10)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            await run_command("quick", "sleep 600 & echo x", tmp_path, ENVIRONMENT, 10)
        assert len(os.listdir("/proc/self/fd")) <= before + 1


class TestGates:
    async def test_they_run_in_order_and_stop_at_the_first_failure(self, tmp_path: Path) -> None:
        gates = [Gate("one", "echo 1", 10), Gate("two", "echo 2; false", 10), Gate("three", "touch ran", 10)]
        results = await run_gates(gates, tmp_path, ENVIRONMENT)
        assert [(r.name, r.passed) for r in results] == [("one", True), ("two", False)]
        assert not (tmp_path / "ran").exists()
        assert await run_gates([], tmp_path, ENVIRONMENT) == ()

    async def test_all_they_print_is_kept_in_files(self, tmp_path: Path) -> None:
        gates = [Gate("unit tests/all", "yes | head -c 100000", 10), Gate("lint", "echo fine", 10)]
        await run_gates(gates, tmp_path, ENVIRONMENT, tmp_path / "logs" / "T1")
        assert (tmp_path / "logs" / "T1" / "1-unit-tests-all.log").stat().st_size == 100_000
        assert (tmp_path / "logs" / "T1" / "2-lint.log").read_text() == "fine\n"

    async def test_a_log_that_cannot_be_written_stops_no_gate(self, tmp_path: Path) -> None:
        (tmp_path / "logs").write_text("a file where the folder should be")
        (result,) = await run_gates([Gate("lint", "echo fine", 10)], tmp_path, ENVIRONMENT, tmp_path / "logs")
        assert result.passed


def test_output_holds_a_bounded_part() -> None:
    with Output() as output:
        for _ in range(1000):
            output.add(b"0123456789" * 1000)
        text = output.text()
    assert len(text) < 2 * KEPT + 100
    assert f"{10_000_000 - 2 * KEPT} bytes left out" in text


class TestChanges:
    def test_good_work_passes_both(self) -> None:
        results = check_changes(True, ())
        assert [(r.name, r.passed, r.output) for r in results] == [("changes", True, ""), ("tools", True, "")]

    def test_an_empty_diff_is_no_success(self) -> None:
        changes, *others = check_changes(False, ())
        assert not changes.passed
        assert "changes nothing" in changes.output
        assert all(result.passed for result in others)

    def test_a_refused_tool_is_no_success(self) -> None:
        _, tools = check_changes(True, ("Bash", "Bash", "Write"))
        assert (tools.passed, tools.output) == (False, "tools were refused: Bash, Write")

    def test_an_exclamation_mark_takes_back_what_a_pattern_before_it_covered(self) -> None:
        patterns = [".git*", "!.gitignore", "docs/"]
        covered = [is_protected(f, patterns) for f in (".gitattributes", "a/.gitignore", ".github/x.yml", "docs/a")]
        assert covered == [True, False, True, True]

    @pytest.mark.parametrize(
        ("pattern", "file", "protected"),
        [
            (".env*", ".env", True),
            (".env*", "deep/er/.env.production", True),
            (".env*", "environment.py", False),
            ("cockpit.toml", "Cockpit.TOML", True),
            ("cockpit.toml", "cockpit.toml.md", False),
            ("migrations/", "app/migrations/0001.py", True),
            ("/infra", "infra/main.tf", True),
            ("/infra", "app/infra/main.tf", False),
            ("infra/*.tf", "infra/main.tf", True),
            ("infra/*.tf", "infra/deep/main.tf", False),
            ("infra/**", "infra/deep/main.tf", True),
            ("infra/**/x.tf", "infra/x.tf", True),
            ("infra/**/x.tf", "infra/a/b/x.tf", True),
            ("**/secrets/**", "a/secrets/b", True),
            ("**/*.pem", "key.pem", True),
            ("*.p?m", "a/key.pem", True),
            ("v[0-9].txt", "v3.txt", True),
            ("v[!0-9].txt", "v3.txt", False),
            ("a[.txt", "a[.txt", True),
            (".github/workflows", ".github/workflows/ci.yml", True),
            ("", "anything", False),
            ("a.c", "abc", False),
        ],
    )
    def test_patterns(self, pattern: str, file: str, protected: bool) -> None:
        assert is_protected(file, [pattern]) is protected
