"""Taking over: who may and when, what is told and billed, and what the CLI's own files are asked and told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cockpit import events
from cockpit.agents import Spec
from cockpit.agents.claude_by_hand import Cost, argv, cost, prepare
from cockpit.commands import Command, HandBack, TakeOver
from cockpit.engine.takeover import charge
from cockpit.fold import fold
from cockpit.policy.actions import EndRun, Release, StartRun
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.repo import Repository, changes_since, mark
from cockpit.state import State, TaskState, Visit
from panes.remarks import remarks
from tests.repos import git, make_repo
from tests.unit.test_fold import recorded

CLAIMED: tuple[events.Event, ...] = (
    events.TaskAdded("T1", "Count words"),
    events.NightStarted("night-1", 1, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "session"),
)
AT_WORK = (*CLAIMED, events.RunStarted("T1-1", "branch", "w", "base", 1))
ASKED = (*AT_WORK, events.TakeOverAsked(1, "T1-1", "you"))
HELD = (*ASKED, events.RunExited("T1-1", 4, 0), events.TakenOver(1, "T1-1", Visit("c0ffee", 0.5, 100)))
BACK = (*HELD, events.HandedBack(1, "T1-1", "you", "mind the tabs"))


def after(*log: events.Event) -> State:
    return fold(recorded([*log]))


def says(state: State, command: Command) -> tuple[tuple[events.Event, ...], str]:
    made, said = answer(state, "c1", command, "you", 10.0)
    return made, said.message


def test_the_agent_is_ended_first_then_nothing_moves_until_it_is_handed_back() -> None:
    assert says(after(*AT_WORK), TakeOver(1))[0] == (events.TakeOverAsked(1, "T1-1", "you"),)
    assert decide(after(*ASKED), Rules(), 10.0).effects == (Release("T1-1"),)
    assert remarks(after(*ASKED), 1, 10.0) == "⇄ being ended for you"
    held = after(*HELD)
    assert decide(held, Rules(), 10**6).effects == ()
    assert decide(held, Rules(), 10**6).records == ()
    assert remarks(held, 1, 10.0) == "⇄ with you"
    assert (held.tasks["T1"].stumble, held.tasks["T1"].reason) == ("", "you took it over")
    assert says(held, HandBack(1, "mind the tabs"))[0] == (events.HandedBack(1, "T1-1", "you", "mind the tabs"),)
    back = after(*BACK)
    assert back.tasks["T1"].state is TaskState.REWORK
    assert (back.tasks["T1"].pending, back.tasks["T1"].restarts) == ("mind the tabs", 0)
    assert decide(back, Rules(), 10.0).effects == (StartRun("T1-1"),)
    again = after(*BACK, events.RunStarted("T1-1", "branch", "w", "base", 2))
    assert again.runs["T1-1"].visit is None


def test_gates_and_review_wait_while_a_person_has_the_worktree() -> None:
    tested = (*AT_WORK, events.TurnEnded("T1-1", 3, ok=True))
    assert decide(after(*tested), Rules(), 10.0).effects
    held = (*tested, events.TakeOverAsked(1, "T1-1"), events.TakenOver(1, "T1-1", Visit("c")))
    assert decide(after(*held), Rules(), 10.0).effects == ()
    assert after(*held, events.HandedBack(1, "T1-1")).tasks["T1"].state is TaskState.REWORK


def test_a_paused_agent_that_is_handed_back_stays_paused() -> None:
    state = after(*AT_WORK, events.AgentPaused(1), *HELD[len(AT_WORK) :], events.HandedBack(1, "T1-1"))
    assert decide(state, Rules(), 10.0).effects == ()


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (CLAIMED[:2], "agent-1 runs nothing; there is no conversation to take over"),
        (CLAIMED, "agent-1 has not begun with T1 yet; try again in a moment"),
        ((*AT_WORK, events.KillAsked("T1-1")), "agent-1 is just leaving T1"),
        ((*AT_WORK, events.NightStopping("stop")), "the night is over: its agents are being stopped"),
        ((*AT_WORK, events.Halted("you")), "after an emergency stop nothing moves; `cockpit resume --all` goes on"),
    ],
)
def test_what_can_not_be_taken_over_says_why(log: tuple[events.Event, ...], why: str) -> None:
    assert says(after(*log), TakeOver(1)) == ((), why)


def test_it_is_taken_and_handed_back_once() -> None:
    assert says(after(*ASKED), TakeOver(1)) == ((), "agent-1 is being ended for you already")
    assert says(after(*HELD), TakeOver(1)) == ((), "agent-1 is yours already")
    assert says(after(*ASKED), HandBack(1)) == ((), "agent-1 is still being ended for you; try again in a moment")
    assert says(after(*AT_WORK), HandBack(1)) == ((), "agent-1 is not taken over")
    assert says(after(*AT_WORK), TakeOver(7)) == ((), "there is no agent-7; there are 1")


def test_a_run_that_ends_meanwhile_frees_the_agent_and_says_where_the_work_is() -> None:
    ended = after(*HELD, events.NightStopping("stop"))
    assert decide(ended, Rules(), 10.0).effects == (EndRun("T1-1", "stopped"),)
    gone = after(*HELD, events.NightStopping("stop"), events.RunEnded("T1-1", "stopped"))
    assert gone.agents[1].taken is None
    assert "agent-1's run ended while you had it" in gone.notices[-1]
    assert says(gone, HandBack(1))[1].endswith("its run ended meanwhile; what you did is kept in w")
    assert gone.runs["T1-1"].visit is not None, "the next process must still be told, and the bill be paid"


def test_what_was_spent_by_hand_is_billed_or_said_to_be_unknown() -> None:
    then = Visit("c", 0.5, 100)
    (paid,) = charge(then, Cost(0.75, 150, "sonnet"), "T1")
    assert paid == events.CallPaid("you", 0.25, 50, "sonnet", "cli", "T1")
    assert charge(then, Cost(0.5, 100, "sonnet"), "T1") == ()
    for before, now in ((Visit("c"), Cost(1.0, 1)), (then, None)):
        (unknown,) = charge(before, now, "T1")
        assert (unknown.usd, unknown.source) == (0.0, "unknown")
        assert "what you did by hand" in fold(recorded([*AT_WORK, unknown])).unpriced


# ── the CLI's own files ──────────────────────────────────────────────────────────────────────────────


def spec(**changes: Any) -> Spec:
    plain: dict[str, Any] = {"run": "T1-1", "session": "s-1", "resume": True, "model": "sonnet", "worktree": "/w"}
    return Spec(**(plain | {"run_dir": "/r", "command": "/bin/true"} | changes))


def conversation(home: Path, *lines: object) -> None:
    path = home / ".claude" / "projects" / "-w" / "s-1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))


def state_of(usd: float, tokens: int) -> dict[str, Any]:
    return {"type": "cost-state", "totalCostUSD": usd, "modelUsage": {"sonnet": {"inputTokens": tokens}}}


def test_the_last_count_in_the_conversation_is_what_it_cost(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert cost("s-1", environ) is None
    said = {"type": "user", "message": {"content": 'he said "cost-state"'}}
    conversation(tmp_path, state_of(0.25, 10), said, state_of(0.5, 30), '{"type": "cost-state", torn')
    assert cost("s-1", environ) == Cost(0.5, 30, "sonnet")


def test_it_resumes_the_conversation_with_the_agents_model_and_asks_for_permissions(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert "--session-id" in argv(spec(), environ)
    conversation(tmp_path, state_of(0.1, 1))
    assert argv(spec(), environ) == [
        *("/bin/true", "--resume", "s-1", "--setting-sources", "user", "--model", "sonnet"),
    ]


def accepted(home: Path, environ: dict[str, str]) -> dict[str, Any]:
    prepare(spec(), {"HOME": str(home), **environ})
    found: dict[str, Any] = json.loads((home / ".claude.json").read_text())
    return found


KEY = "sk-ant-of-no-worth-at-all-123"


def test_with_a_key_nothing_is_asked_that_was_decided_already(tmp_path: Path) -> None:
    assert accepted(tmp_path, {"ANTHROPIC_API_KEY": KEY}) == {
        "projects": {"/w": {"hasTrustDialogAccepted": True}},
        "hasCompletedOnboarding": True,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
    }


def test_without_a_key_the_login_is_the_persons(tmp_path: Path) -> None:
    assert accepted(tmp_path, {}) == {"projects": {"/w": {"hasTrustDialogAccepted": True}}}


def test_what_the_person_decided_otherwise_stays(tmp_path: Path) -> None:
    mine = {
        "theme": "dark",
        "projects": {"/w": {"hasTrustDialogAccepted": False}, "/other": {"x": 1}},
        "hasCompletedOnboarding": False,
        "customApiKeyResponses": {"approved": [], "rejected": [KEY[-20:]]},
    }
    (tmp_path / ".claude.json").write_text(json.dumps(mine))
    assert accepted(tmp_path, {"ANTHROPIC_API_KEY": KEY}) == mine


def test_a_configuration_that_can_not_be_read_is_let_alone(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / ".claude.json"
    path.parent.mkdir()
    path.write_text("{torn")
    prepare(spec(), {"CLAUDE_CONFIG_DIR": str(path.parent), "HOME": str(tmp_path)})
    assert path.read_text() == "{torn"
    assert os.listdir(path.parent) == [".claude.json"]


# ── the worktree ─────────────────────────────────────────────────────────────────────────────────────


def test_what_changed_since_a_mark_has_commits_files_and_what_is_uncommitted(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a.txt": "a\n", "b.txt": "b\n"})
    tree = tmp_path / "tree"
    git(root, "worktree", "add", "-q", "-b", "work", str(tree))
    (tree / "a.txt").write_text("by the agent\n")
    repository = Repository.open(root)
    commit = mark(repository, tree, "T1-1")
    assert git(root, "show", f"{commit}:a.txt") == "by the agent"
    assert changes_since(repository, tree, commit, "T1-1") == ""

    git(tree, "commit", "-qam", "Keep the agent's")
    (tree / "b.txt").unlink()
    (tree / "new.txt").write_text("by hand\n")
    short = git(tree, "rev-parse", "--short", "HEAD")
    found = changes_since(repository, tree, commit, "T1-1")
    assert found.splitlines() == [f"commit {short} Keep the agent's", "D\tb.txt", "A\tnew.txt"]
    assert git(tree, "status", "--porcelain").split() == ["D", "b.txt", "??", "new.txt"]
