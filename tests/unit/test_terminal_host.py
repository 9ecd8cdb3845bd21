"""The host of a terminal agent: real hosts, real pseudo-terminals, in the ordinary and in the ugly cases."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from cockpit.agents import LaunchError
from cockpit.agents.stream import Ended, Exited, Spent, Told
from cockpit.agents.terminal import command_line, label
from tests.fakes.driven import DrivenRun, eventually, is_gone
from tests.fakes.looker import Looker

ECHO = "stty raw -echo; echo ready; exec cat"
"""Gives back every key."""

SIZES = """
import os, signal
reading, writing = os.pipe()
os.set_blocking(writing, False)
signal.set_wakeup_fd(writing)
signal.signal(signal.SIGWINCH, lambda *_: None)
while True:
    size = os.get_terminal_size()
    print(f"<{size.columns}x{size.lines}>", flush=True)
    os.read(reading, 1)
"""
"""Prints its size, and again whenever that changes."""

HOST_BYTES = 25 << 20
"""What a host's memory is bounded by."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "all of it"  # with a space, for the command line's sake


def running(folder: Path, command: str) -> DrivenRun:
    """A run whose agent is `command`."""
    return DrivenRun(folder, "terminal", command=command)


def python(folder: Path, text: str) -> DrivenRun:
    """A run whose agent is a Python program."""
    path = folder.parent / "program.py"
    path.write_text(text)
    return running(folder, f"{sys.executable} {path}")


def printed(run: DrivenRun) -> bytes:
    """The end of what it printed."""
    return (run.run_dir / "terminal.log").read_bytes()


def memory(pid: int) -> int:
    """The largest that a process's memory was, in bytes."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


# A turn


def test_the_prompt_is_a_private_file_that_the_command_gets_by_name_and_by_variable(folder: Path) -> None:
    with running(folder, 'cat {prompt}; test {prompt} = "$COCKPIT_PROMPT_FILE"') as run:
        run.start("Do what is to be done")
        assert run.ended() == Ended(True, "the command left with code 0")
        assert printed(run).startswith(b"Do what is to be done\r\n")
        first = run.run_dir / "prompt-1.md"
        assert stat.S_IMODE(first.stat().st_mode) == 0o600
        run.say("And again")
        run.ended(2)
        assert (run.run_dir / "prompt-2.md").read_text() == "And again\n"
        assert first.read_text() == "Do what is to be done\n"


def test_what_it_spends_is_said_to_be_unknown(folder: Path) -> None:
    with running(folder, "true") as run:
        run.start("Begin")
        run.ended()
        assert run.all(Spent) == [Spent(0.0, 0, "true", "unknown")]


def test_a_turn_that_fails_is_told_with_the_last_lines(folder: Path) -> None:
    with running(folder, "seq 100; printf '\\033[31mno licence\\033[0m\\n'; exit 7") as run:
        run.start("Begin")
        error = run.ended().error
        assert error.startswith("the command left with code 7; the last it printed:\n82\n83\n")
        assert error.endswith("100\nno licence")
        assert not run.ended().fatal


def test_evidence_is_of_this_turn_alone(folder: Path) -> None:
    with running(folder, "grep -q first {prompt} && echo of the first turn; exit 1") as run:
        run.start("the first")
        assert "of the first turn" in run.ended().error
        run.say("the second")
        assert run.ended(2) == Ended(False, error="the command left with code 1; it printed nothing")


@pytest.mark.parametrize(("command", "words"), [("./nowhere", "not found"), ("./README", "")])
def test_a_program_that_is_not_there_can_not_be_mended_by_trying_again(folder: Path, command: str, words: str) -> None:
    with running(folder, command) as run:
        (run.worktree / "README").write_text("no program")
        run.start("Begin")
        ended = run.ended()
        assert (ended.ok, ended.fatal) == (False, True)
        assert words in ended.error


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "set agents.command in cockpit.toml"),
        ("no-such-agent {prompt}", "no-such-agent was not found on PATH"),
        ("/no/such/agent", "/no/such/agent was not found"),
        ("echo 'half", "is no command line: No closing quotation"),
    ],
)
def test_a_command_that_can_not_be_one_is_refused_in_words(folder: Path, command: str, words: str) -> None:
    with running(folder, command) as run:
        with pytest.raises(LaunchError, match=words):
            run.start("Begin")
        assert not run.is_alive


@pytest.mark.parametrize("command", ["cd sub && make", "VAR=1 true", "./mine {prompt}", "$MY_AGENT {prompt}", "if x"])
def test_what_only_a_shell_can_tell_is_left_to_the_shell(command: str) -> None:
    assert command_line(command, "/p")[:2] == ["/bin/sh", "-c"]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("'/opt/my tools/agent' --yes {prompt}", "agent"),
        ("python3.12 -u ./mine.py {prompt}", "mine.py"),
        ("KEY=1 uvx aider --message-file {prompt}", "aider"),
        ("sh", "sh"),
        ("", ""),
    ],
)
def test_a_command_is_called_by_its_program(command: str, name: str) -> None:
    assert label(command) == name


def test_ctrl_c_ends_the_turn_and_the_host_stays(folder: Path) -> None:
    with running(folder, "echo here; exec tail -f /dev/null") as run:
        run.start("Begin")
        eventually(lambda: b"here" in printed(run), "the program")
        run.do("interrupt")
        assert run.ended().error.startswith("the command was ended by SIGINT")
        assert run.is_alive
        eventually(lambda: run.session().pid == 0, "a session file without the program")


def test_its_session_file_tells_facts(folder: Path) -> None:
    with running(folder, "head -c 5000 /dev/zero | tr '\\0' x; read x; echo more; read x") as run:
        run.start("Begin")
        session = eventually(lambda: s if "4 KB" in (s := run.session()).current_step else None, "what was printed")
        assert session.current_step == "head runs in a terminal; 4 KB printed"
        assert (session.status, session.current_phase) == ("working", "running")
        assert not is_gone(session.pid)
        with Looker(run.run_dir, None) as screen:
            screen.types(b"\n")
            screen.waits_for(b"more")
        later = eventually(
            lambda: s if (s := run.session()).last_activity > session.last_activity else None, "activity"
        )
        assert later.pid == session.pid


def test_a_message_while_it_runs_is_not_typed(folder: Path) -> None:
    with running(folder, ECHO) as run:
        run.start("Begin")
        eventually(lambda: b"ready" in printed(run), "the program")
        run.say("psst")
        with Looker(run.run_dir) as screen:
            screen.types(b"a key")
            screen.waits_for(b"a key")
            assert b"psst" not in screen.seen
        assert [told.text for told in run.all(Told)] == ["Begin"]


# The end


def test_killing_the_host_kills_the_program_and_what_it_started(folder: Path) -> None:
    with running(folder, "tail -f /dev/null & echo $! > child.pid; echo ready; exec tail -f /dev/null") as run:
        run.start("Begin")
        eventually(lambda: b"ready" in printed(run), "the program")
        child = int((run.worktree / "child.pid").read_text())
        program = run.pids["agent_pid"]
        run.kill_host()
        eventually(lambda: is_gone(program) and is_gone(child), "the end of both")


def test_a_program_that_is_killed_takes_its_host_along(folder: Path) -> None:
    with running(folder, ECHO) as run:
        run.start("Begin")
        eventually(lambda: b"ready" in printed(run), "the program")
        os.kill(run.pids["agent_pid"], signal.SIGKILL)
        assert run.gone() == Exited(-9, "ready")
        assert run.all(Ended) == []


def test_it_is_hung_up_on_before_anything_harder(folder: Path) -> None:
    with running(folder, "trap 'echo kept > kept.txt; exit 0' HUP; echo ready; while :; do read x; done") as run:
        run.start("Begin")
        eventually(lambda: b"ready" in printed(run), "the program")
        run.do("end")
        run.gone()
        assert (run.worktree / "kept.txt").read_text() == "kept\n"
        assert run.all(Ended) == []


def test_between_turns_it_leaves_at_once(folder: Path) -> None:
    with running(folder, "exit 4") as run:
        run.start("Begin")
        run.ended()
        run.do("kill")
        assert run.gone() == Exited(4, "")


def test_what_it_left_in_the_background_ends_with_its_turn(folder: Path) -> None:
    with running(folder, "setsid nohup tail -f /dev/null > /dev/null 2>&1 & echo $! > child.pid") as run:
        run.start("Begin")
        run.ended()
        assert is_gone(int((run.worktree / "child.pid").read_text()))
        assert run.tree() == ()


# Screens


def test_two_screens_see_the_same_and_both_may_type(folder: Path) -> None:
    with running(folder, ECHO) as run:
        run.start("Begin")
        with Looker(run.run_dir) as one, Looker(run.run_dir) as two:
            one.waits_for(b"ready")
            one.types(b"from one ")
            two.waits_for(b"from one ")
            two.types(b"from two ")
            one.waits_for(b"from one from two ")


def test_what_a_screen_typed_before_it_left_counts(folder: Path) -> None:
    with running(folder, ECHO) as run:
        run.start("Begin")
        eventually(lambda: b"ready" in printed(run), "the program")
        for number in range(50):  # now the host notices the keys first, now the end
            with Looker(run.run_dir, None) as screen:
                screen.types(b"<%d>" % number)
        everything = b"".join(b"<%d>" % number for number in range(50))
        eventually(lambda: everything in printed(run), f"all keys in {printed(run)[-300:]!r}")


def test_the_terminal_is_as_large_as_the_smallest_screen(folder: Path) -> None:
    with python(folder, SIZES) as run:
        run.start("Begin")
        eventually(lambda: b"<80x24>" in printed(run), "the size while nobody looks")
        with Looker(run.run_dir, (120, 40)) as one:
            one.waits_for(b"<120x40>")
            with Looker(run.run_dir, (100, 50)) as two:
                one.waits_for(b"<100x40>")
                two.resize(130, 20)
                one.waits_for(b"<120x20>")
                assert one.actual[-1] == (120, 20)
            one.seen = b""
            one.waits_for(b"<120x40>")
        eventually(lambda: printed(run).endswith(b"<80x24>\r\n"), "the size when nobody looks any more")


def test_a_program_draws_itself_afresh_for_a_screen_of_the_same_size(folder: Path) -> None:
    with python(folder, SIZES) as run:
        run.start("Begin")
        eventually(lambda: b"<80x24>" in printed(run), "the program")
        with Looker(run.run_dir, (80, 24)) as screen:
            screen.waits_for(b"<80x23>\r\n<80x24>")


def test_a_late_screen_gets_the_past_in_the_modes_of_its_time(folder: Path) -> None:
    begin = "printf '\\033[?1049h\\033[?1h'; head -c 600000 /dev/zero | tr '\\0' x | fold -w 60; echo ready; exec cat"
    with running(folder, begin) as run:
        run.start("Begin")
        eventually(lambda: b"ready" in printed(run)[-100:], "the program")
        with Looker(run.run_dir) as screen:
            screen.waits_for(b"ready")
            assert screen.seen.startswith(b"\x1b[?1049h\x1b[?1hxxxx")
            assert 500_000 < screen.told < 530_000


def test_a_screen_is_told_that_the_agent_is_gone(folder: Path) -> None:
    with running(folder, "echo one; exec cat") as run:
        run.start("Begin")
        with Looker(run.run_dir) as screen:
            screen.waits_for(b"one")
            run.do("end")
            screen.waits_for_the_end()
            assert screen.is_over
        run.gone()
        assert not (run.run_dir / "terminal.sock").exists()


def test_a_large_paste_arrives_whole(folder: Path) -> None:
    with running(folder, ECHO) as run:
        run.start("Begin")
        with Looker(run.run_dir) as screen:
            screen.waits_for(b"ready")
            pasted = b"".join(b"line %06d;" % n for n in range(15_000))
            for at in range(0, len(pasted), 30_000):
                screen.types(pasted[at : at + 30_000])
                screen.waits_for(pasted[: at + 30_000][-12:])
            assert pasted in screen.seen


def test_a_program_that_never_reads_its_keys_harms_nobody(folder: Path) -> None:
    with running(folder, "stty raw -echo; echo ready; exec tail -f /dev/null") as run:
        run.start("Begin")
        with Looker(run.run_dir) as screen:
            screen.waits_for(b"ready")
            for _ in range(100):
                screen.types(b"x" * 50_000)
            assert memory(run.pids["pid"]) < HOST_BYTES
            run.do("end")
            screen.waits_for_the_end()


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.0\r\n\r\n", b"s\0\0\0\1x", b"k\xff\xff\xff\xff"])
def test_whoever_speaks_another_language_is_shown_the_door(folder: Path, nonsense: bytes) -> None:
    with running(folder, ECHO) as run:
        run.start("Begin")
        with Looker(run.run_dir, None) as stranger, Looker(run.run_dir) as screen:
            stranger.says(nonsense)
            stranger.waits_for_the_end()
            screen.types(b"still here")
            screen.waits_for(b"still here")


def test_a_flood_and_a_dead_screen_cost_neither_memory_nor_the_agent_anything(folder: Path) -> None:
    megabytes = 100
    flood = f"yes '{'all work and no play ' * 4}' | head -c {megabytes << 20}; echo the end; exec cat"
    with running(folder, flood) as run:
        run.start("Begin")
        with Looker(run.run_dir) as dead, Looker(run.run_dir) as alive:
            while b"the end" not in alive.seen[-2000:]:
                if not alive.looks():
                    break  # too slow for this machine's other work: it would come again
            eventually(lambda: b"the end" in printed(run)[-2000:], "the end of the flood")
            assert memory(run.pids["pid"]) < HOST_BYTES
            kept = sum((run.run_dir / name).stat().st_size for name in ("terminal.log", "terminal.log.1"))
            assert kept < 9 << 20
            with Looker(run.run_dir) as later:
                later.waits_for(b"the end")
                later.types(b"still quick")
                later.waits_for(b"still quick")
            dead.waits_for_the_end()
