"""A person takes an agent's conversation over by hand, leaves it, and the night goes on where it was."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import pytest

from cockpit import events
from cockpit.agents import stream
from cockpit.demo.model import ModelServer
from cockpit.demo.script import Play, answer, bash, scene, step, turn, write
from cockpit.engine import visit
from cockpit.hosts import control, process
from cockpit.state import State, TaskState
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.real import YES, repository, talks_to
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.e2e.terminal import Terminal, terminal
from tests.fakes.driven import eventually

pytestmark = pytest.mark.e2e

COCKPIT = [sys.executable, "-m", "cockpit"]
WAITS: list[Step] = [
    {"run": "test -e draft.txt || echo half > draft.txt"},
    {"say": "I was told: {message}"},
    {"listen": True},
    *WORK,
]
"""Waits for a word; an agent that was interrupted begins the turn again."""


def at_work(state: State) -> bool:
    return bool(state.in_state(TaskState.WORKING)) and state.runs["T1-1"].live


def held(state: State) -> bool:
    taken = state.agents[1].taken
    return taken is not None and taken.is_free


def told(user: Desk) -> list[str]:
    lines = stream.Tail(user.places.stream("T1-1")).read()
    return [line.event.text for line in lines if isinstance(line.event, stream.Told)]


def finishes(user: Desk) -> None:
    """The agent goes on after it was handed back, and gets the word it waits for."""
    user.sees(lambda s: at_work(s) and s.agents[1].taken is None)
    user.ok("message", "1", "that will do")


def begins(tmp_path: Path, user: Desk) -> Path:
    """A night whose only agent waits in its turn; its worktree."""
    user.ok("run", "PLAN.md", "--detach")
    state = user.sees(at_work)
    worktree = Path(state.runs["T1-1"].worktree)
    eventually(lambda: (worktree / "draft.txt").exists(), "the agent's first work")
    return worktree


def test_a_held_agent_is_ended_politely_and_goes_on_when_it_is_handed_back(tmp_path: Path) -> None:
    root = scripted(tmp_path, WAITS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        worktree = begins(tmp_path, user)
        assert "with --hold it is only held" in user.fails("takeover", "1")
        said = user.ok("takeover", "1", "--hold")
        assert f"agent-1 is with you: {worktree}" in said
        assert not control.is_alive(user.places.run_dir("T1-1"))
        assert process.tree(str(user.places.run_dir("T1-1"))) == ()
        status = user.status()
        assert status["agents"][0]["state"] == "taken over"
        assert "agent-1 is with you since" in status["inbox"][0]["why"]
        assert user.types("status").returncode == 10

        (worktree / "mine.txt").write_text("by hand\n")
        user.git("-C", str(worktree), "add", "mine.txt")
        user.git("-C", str(worktree), "commit", "-qm", "Add what I wanted")
        (worktree / "draft.txt").write_text("whole\n")
        user.ok("handback", "1", "-m", "the draft is yours again")
        finishes(user)
        user.sees(ended)

        words = told(user)[1]
        assert "A person took this conversation over" in words
        assert "Add what I wanted" in words
        assert "M\tdraft.txt" in words
        assert "A\tmine.txt" in words
        assert "the draft is yours again" in words
        assert (root / "mine.txt").read_text() == "by hand\n"
        assert (root / "draft.txt").read_text() == "whole\n"
        kinds = [type(one.event).__name__ for one in user.log()]
        assert kinds.index("TakeOverAsked") < kinds.index("TakenOver") < kinds.index("HandedBack")
        assert user.state().tasks["T1"].restarts == 0


def test_it_stays_held_through_the_engines_death_and_questions_of_its_process_are_closed(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"ask": {"text": "Which?"}}, *WORK])
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.open_questions())
        user.ok("takeover", "1", "--hold")
        assert user.state().questions["Q1"].closed
        user.kills_the_engine()
        assert held(user.state())
        user.ok("handback", "1")
        user.sees(lambda s: s.open_questions())
        user.ok("answer", "Q2", "this one")
        user.sees(ended)
        assert user.state().tasks["T1"].state is TaskState.LANDED


def test_a_night_that_ends_meanwhile_keeps_what_was_done_and_the_next_tells_the_agent(tmp_path: Path) -> None:
    root = scripted(tmp_path, WAITS)
    plan(root, "paint the door")
    with sits_down(root) as user:
        worktree = begins(tmp_path, user)
        user.ok("takeover", "1", "--hold")
        (worktree / "mine.txt").write_text("by hand\n")
        user.ok("stop")
        said = user.fails("handback", "1", code=1)
        assert f"its run ended meanwhile; what you did is kept in {worktree}" in said
        user.ok("run", "--detach")
        finishes(user)
        user.sees(ended)
        assert "A\tmine.txt" in told(user)[1]
        assert (root / "mine.txt").read_text() == "by hand\n"


@pytest.mark.parametrize("command", ["kill", "task skip"])
def test_a_held_agent_can_be_let_go_for_good(tmp_path: Path, command: str) -> None:
    root = scripted(tmp_path, WAITS)
    plan(root, "paint the door", "paint the wall")
    with sits_down(root) as user:
        begins(tmp_path, user)
        user.ok("takeover", "1", "--hold")
        user.ok(*command.split(), "1" if command == "kill" else "T1")
        state = user.sees(lambda s: s.agents[1].taken is None)
        assert state.tasks["T1"].state in (TaskState.ESCALATED, TaskState.SKIPPED)


def in_a_shell(tty: Terminal, *lines: str) -> None:
    for line in lines:
        tty.types(line)
        tty.presses("Enter")


def test_on_the_command_line_a_shell_opens_in_the_worktree_and_leaving_it_hands_back(tmp_path: Path) -> None:
    root = scripted(tmp_path, WAITS)
    plan(root, "paint the door")
    with sits_down(root, {"SHELL": "/bin/sh", "PS1": "by-hand> "}) as user, terminal(tmp_path, 100, 30) as tty:
        worktree = begins(tmp_path, user)
        tty.runs([*COCKPIT, "takeover", "1"], root, user.environ)
        tty.sees("A shell in the worktree of agent-1 (T1)", "by-hand>")
        assert visit.is_visited(user.places.run_dir("T1-1"))
        assert "somebody is in the conversation of agent-1 still" in user.fails("handback", "1", code=1)
        in_a_shell(tty, "pwd; echo $COCKPIT_TASK; echo by hand > mine.txt; false")
        tty.sees(str(worktree), "T1")
        in_a_shell(tty, "exit")
        tty.sees("agent-1 goes on in its conversation", "LEFT WITH 0")
        finishes(user)
        user.sees(ended)
        assert (root / "mine.txt").read_text() == "by hand\n"


def test_the_key_opens_it_over_the_screen_which_comes_back(tmp_path: Path) -> None:
    root = scripted(tmp_path, WAITS, merge="ask")
    plan(root, "paint the door")
    with sits_down(root, {"SHELL": "/bin/sh", "PS1": "by-hand> "}) as user, terminal(tmp_path, 100, 30) as tty:
        begins(tmp_path, user)
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("paint the door")
        tty.presses("2")
        tty.sees("I was told: Task T1")
        tty.presses("t")
        tty.sees("A shell in the worktree of agent-1 (T1)", "by-hand>")
        tty.presses("C-c")
        in_a_shell(tty, "echo by hand > mine.txt", "exit")
        tty.sees("I was told: A person took this conversation over")
        finishes(user)
        user.sees(lambda s: s.in_state(TaskState.READY))
        tty.presses("q")
        tty.sees("LEFT WITH 0")


def test_a_screen_that_dies_while_somebody_is_in_leaves_the_agent_held(tmp_path: Path) -> None:
    root = scripted(tmp_path, WAITS, merge="ask")
    plan(root, "paint the door")
    with sits_down(root, {"SHELL": "/bin/sh", "PS1": "by-hand> "}) as user, terminal(tmp_path, 100, 30) as tty:
        begins(tmp_path, user)
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("paint the door")
        tty.presses("2", "t")
        tty.sees("by-hand>")
        screens = screens_in(root)
        tty.dies()
        eventually(lambda: not visit.is_visited(user.places.run_dir("T1-1")), "the end of the visit")
        assert held(user.state())
        eventually(lambda: not screens & screens_in(root), "the screen to end with its terminal", seconds=60)

        tty.runs(COCKPIT, root, user.environ)
        tty.sees("1 waits for you")
        tty.presses("4")
        tty.sees("agent-1", "with you since")
        tty.presses("Enter")
        tty.sees("go in again", "hand it back")
        tty.presses("2")
        finishes(user)
        user.sees(lambda s: s.in_state(TaskState.READY))
        tty.presses("q")
        tty.sees("LEFT WITH 0")


def screens_in(root: Path) -> set[int]:
    """The processes of attached screens: they stand in the repository and are nobody's host or engine."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_bytes().split(b"\0")
            if words[1:3] == [b"-m", b"cockpit"] and (place / "cwd").resolve() == root.resolve():
                found.add(int(place.name))
    return found


# ── the real Claude Code ─────────────────────────────────────────────────────────────────────────────


REAL = Play(
    (
        scene(
            "paint the door",
            turn(
                step("I write a draft.", write("draft.txt", "half\n")),
                step("I wait.", bash("until test -e go; do python3 -c 'import time; time.sleep(0.05)'; done")),
                step("unreached"),
            ),
            turn(step("You mean the hinges. I remember the draft."), on="what about the hinges"),
            turn(
                step("I finish it.", bash("echo whole > draft.txt; git add -A; git commit -qm 'Paint it'")),
                step("All done."),
                on="A person took this conversation over",
            ),
            answer(YES),
        ),
    )
)


def test_the_real_conversation_goes_on_by_hand_and_back(tmp_path: Path) -> None:
    root = repository(tmp_path, "claude")
    plan(root, "paint the door")
    with (
        ModelServer(REAL) as model,
        sits_down(root, talks_to(model.url)) as user,
        terminal(tmp_path, 110, 36) as tty,
    ):
        user.ok("run", "PLAN.md", "--agents", "1", "--detach")
        state = user.sees(at_work)
        worktree = Path(state.runs["T1-1"].worktree)
        eventually(
            lambda: any("until test -e go" in str(line.event) for line in lines(user)), "the agent's second step"
        )
        tty.runs(COCKPIT, root, user.environ)
        tty.sees("paint the door")
        tty.presses("2")
        tty.sees("I wait.")
        tty.presses("t")
        tty.sees("Claude Code v", "I write a draft.", "❯ ")
        assert visit.is_visited(user.places.run_dir("T1-1"))
        assert process.tree(str(user.places.run_dir("T1-1"))) == ()
        spent = user.state().spent_usd

        tty.types("what about the hinges")
        tty.sees("what about the hinges")
        tty.presses("Enter")
        tty.sees("You mean the hinges. I remember the draft.")
        (worktree / "mine.txt").write_text("by hand\n")
        tty.types("/exit")
        tty.sees("/exit")
        tty.presses("Enter")
        user.sees(ended, seconds=120)

        log = [one.event for one in user.log()]
        (by_hand,) = [event for event in log if isinstance(event, events.CallPaid) and event.role == "you"]
        assert by_hand.source == "cli"
        assert 0 < by_hand.usd < 1
        assert by_hand.tokens > 0
        assert user.state().spent_usd > spent + by_hand.usd
        sessions = {event.session for event in log if isinstance(event, events.TaskClaimed)}
        assert len(sessions) == 1
        heard = [json.dumps(request.body["messages"]) for request in model.requests if request.scene]
        after = next(text for text in heard if "A person took this conversation over" in text)
        assert "what about the hinges" in after, "the agent knows what was said by hand"
        assert "mine.txt" in after
        assert (root / "mine.txt").read_text() == "by hand\n"
        assert (root / "draft.txt").read_text() == "whole\n"
        tty.presses("q")
        tty.sees("LEFT WITH 0")


def lines(user: Desk) -> list[stream.Line]:
    return stream.Tail(user.places.stream("T1-1")).read()
