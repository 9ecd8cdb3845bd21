"""Whole nights with scripted agents: real engine, hosts, agents' processes, worktrees and merges."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from cockpit import events
from cockpit.events import dump
from cockpit.hosts import control
from cockpit.lock import engine_pid
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, Step, plan, scripted
from tests.repos import commit, git, make_repo

ASIDE = "echo work > half-done.txt"


def test_a_plan_becomes_landed_work_and_an_honest_report(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, count=2)
    plan(root, "first thing", "second thing", "third thing (after 1)")
    with sits_down(root) as user:
        said = user.ok("run", "PLAN.md", "--detach")
        assert "3 tasks added: T1 to T3" in said
        state = user.sees(ended)

        assert {t.state for t in state.tasks.values()} == {TaskState.LANDED}
        assert sorted(p.name for p in root.glob("T*.txt")) == ["T1.txt", "T2.txt", "T3.txt"]
        assert git(root, "status", "--porcelain") == ""
        kinds = [type(r.event).__name__ for r in user.log()]
        claim = next(
            i for i, r in enumerate(user.log()) if getattr(r.event, "task", "") == "T3" and kinds[i] == "TaskClaimed"
        )
        landed = next(
            i for i, r in enumerate(user.log()) if isinstance(r.event, events.TaskLanded) and r.event.task == "T1"
        )
        assert landed < claim, "T3 was started before T1, which it depends on, had landed"
        report = user.ok("report")
        assert "Spent $0.75 (no cap)." in report
        assert git(root, "log", "-1", "--format=%s") in [f"Merge agent-{n}/task-T3: third thing" for n in (1, 2)]
        for task in state.tasks.values():
            assert git(root, "merge-base", "--is-ancestor", task.landed, "main") == ""
        assert user.types("status").returncode == 0
        user.engine_ends()
        shown = [json.loads(line) for line in user.ok("events", "--json").splitlines()]
        assert [e["kind"] for e in shown] == [dump(r.event)[0] for r in user.log()]


def test_following_the_events_shows_each_as_it_happens(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user:
        user.ok("task", "add", "first")
        command = [sys.executable, "-m", "cockpit", "events", "-f", "--json"]
        with subprocess.Popen(command, cwd=root, env=user.environ, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            assert json.loads(following.stdout.readline())["kind"] == "CommandGiven"
            assert json.loads(following.stdout.readline())["data"]["title"] == "first"
            following.stdout.readline()
            user.ok("task", "add", "second")
            following.stdout.readline()
            assert json.loads(following.stdout.readline())["data"]["title"] == "second"
            following.terminate()


def test_with_ask_it_waits_for_a_yes_and_the_agent_goes_on_meanwhile(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, merge="ask")
    plan(root, "first thing", "second thing")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: len(s.in_state(TaskState.READY)) == 2)
        before = git(root, "rev-parse", "main")

        assert user.types("status").returncode == 10
        assert [entry["task"] for entry in user.status()["inbox"]] == ["T1", "T2"]
        user.ok("approve", "T1")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.LANDED)

        assert (root / "T1.txt").exists()
        assert not (root / "T2.txt").exists()
        assert git(root, "rev-parse", "main^1") == before
        user.ok("approve", "2")
        user.sees(ended)


def test_a_failing_gate_goes_back_with_its_output_and_nothing_red_is_merged(tmp_path: Path) -> None:
    broken = [{"run": "echo broken > app.py"}, {"commit": "break it"}]
    mended = [{"say": "I was told: {message}"}, {"run": "echo fine > app.py"}, {"commit": "mend it"}]
    root = scripted(tmp_path, broken, mended, gate="grep -q fine app.py || { echo app.py is broken; exit 1; }")
    plan(root, "mend the app")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)

        task = state.tasks["T1"]
        assert (task.state, task.gate_failures, task.attempts) == (TaskState.LANDED, 1, 1)
        logs = user.ok("logs", "1")
        assert "I was told: A gate failed" in logs
        assert "app.py is broken" in logs


def test_a_gate_that_keeps_failing_ends_with_a_person_and_main_stays_as_it_was(tmp_path: Path) -> None:
    root = scripted(tmp_path, *[WORK] * 9, gate="exit 1")
    plan(root, "never good")
    before = git(root, "rev-parse", "main")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.ESCALATED)

        assert state.tasks["T1"].reason == "the gate tests failed again after 3 attempts to mend it"
        assert "can't be merged" in user.fails("approve", "T1", code=1)
        assert git(root, "rev-parse", "main") == before


def test_an_agent_that_says_it_is_done_and_changed_nothing_is_not_believed(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"say": "all done!"}], WORK)
    plan(root, "do something")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)

        first = next(r.event for r in user.log() if isinstance(r.event, events.GatesFinished))
        assert ("changes", False) in [(g.name, g.passed) for g in first.results]
        assert state.tasks["T1"].state is TaskState.LANDED


def test_an_agent_that_dies_at_once_is_restarted_a_few_times_and_then_put_before_you(tmp_path: Path) -> None:
    root = scripted(tmp_path, *[[{"die": 3}]] * 9)
    (root / "cockpit.toml").write_text(
        (root / "cockpit.toml").read_text().replace("[agents]", "[agents]\nrestarts = 2")
    )
    plan(root, "hopeless")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.ESCALATED)

        assert "restarted 2 times and begun afresh by agent-1 in vain" in state.tasks["T1"].reason
        assert "die with 3" in state.tasks["T1"].reason
        assert state.agents[1].run is None or user.sees(lambda s: s.agents[1].run is None)


def test_a_rejected_task_goes_back_to_the_same_conversation_with_the_note(tmp_path: Path) -> None:
    again = [{"say": "heard: {heard}"}, {"run": "echo more >> $COCKPIT_TASK.txt"}, {"commit": "more"}]
    root = scripted(tmp_path, WORK, again, merge="ask")
    plan(root, "a thing")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        first = user.sees(lambda s: s.in_state(TaskState.READY))
        user.ok("reject", "T1", "-m", "say it twice")
        second = user.sees(lambda s: s.in_state(TaskState.READY) and s.tasks["T1"].head != first.tasks["T1"].head)

        assert second.tasks["T1"].run == first.tasks["T1"].run
        heard = user.ok("logs", "1")
        assert "heard: Task T1: a thing" in heard
        assert "say it twice" in heard
        user.ok("approve", "T1")
        user.sees(ended)
        assert (root / "T1.txt").read_text() == "done\nmore\n"


def test_the_engine_is_killed_and_the_next_one_adopts_the_living_agent(tmp_path: Path) -> None:
    go = tmp_path / "go"
    wait = [{"run": f"until [ -e {go} ]; do sleep 0.02; done"}, *WORK]
    root = scripted(tmp_path, wait)
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.WORKING)
        user.kills_the_engine()

        assert user.types("status").returncode == 30
        assert control.is_alive(user.places.run_dir("T1-1")), "the host must outlive its engine"
        go.touch()
        user.ok("run", "--detach")
        state = user.sees(ended)

        assert state.tasks["T1"].state is TaskState.LANDED
        assert state.tasks["T1"].restarts == 0
        assert sum(isinstance(r.event, events.RunStarted) for r in user.log()) == 1


def test_a_host_is_killed_and_the_agent_goes_on_in_the_same_conversation(tmp_path: Path) -> None:
    hang: list[Step] = [{"run": "echo half > half.txt"}, {"hang": True}]
    root = scripted(tmp_path, hang, [{"say": "heard: {heard}"}, *WORK])
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and (tmp_path / "repo.worktrees/agent-1/half.txt").exists())
        os.kill(int(control.read_pids(user.places.run_dir("T1-1"))["pid"]), signal.SIGKILL)
        state = user.sees(lambda s: s.tasks["T1"].restarts == 1)
        session = state.runs["T1-1"].session

        assert state.runs["T1-1"].worktree
        launch = json.loads((user.places.run_dir("T1-1") / "launch.json").read_text())
        assert launch["spec"]["resume"]
        assert launch["spec"]["session"] == session
        assert "You were interrupted" in launch["prompt"]


def test_stopping_keeps_uncommitted_work_and_the_next_night_goes_on_with_it(tmp_path: Path) -> None:
    hang: list[Step] = [{"run": ASIDE}, {"hang": True}]
    root = scripted(tmp_path, hang, [{"say": "heard: {heard}"}, {"commit": "all of it"}])
    plan(root, "long work")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(
            lambda s: s.runs and s.runs["T1-1"].live and (tmp_path / "repo.worktrees/agent-1/half-done.txt").exists()
        )
        user.ok("stop")
        state = user.state()

        assert state.night is not None
        assert state.night.stopping == "stop"
        assert state.tasks["T1"].state is TaskState.QUEUED
        rescued = [r.event for r in user.log() if isinstance(r.event, events.WorkRescued)]
        assert git(root, "show", f"{rescued[0].ref}:half-done.txt") == "work"
        assert not (root / "half-done.txt").exists()
        assert engine_pid(user.places.folder) is None
        assert user.types("status").returncode == 30


def test_a_dirty_checkout_is_never_touched_and_the_merge_waits(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": "echo 2 > app.py"}, {"commit": "change"}], merge="ask")
    plan(root, "change the app")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.READY))
        (root / "app.py").write_text("my own unfinished work\n")
        user.ok("approve", "T1")
        state = user.sees(lambda s: s.tasks["T1"].stumble)

        assert "app.py" in state.tasks["T1"].reason
        assert (root / "app.py").read_text() == "my own unfinished work\n"
        assert "uncommitted" in user.status()["inbox"][0]["why"]
        git(root, "checkout", "app.py")
        user.ok("approve", "T1")
        user.sees(ended)
        assert (root / "app.py").read_text() == "2\n"


def test_two_that_conflict_both_land_after_one_was_given_back(tmp_path: Path) -> None:
    edit = [{"run": "echo $COCKPIT_TASK > app.py"}, {"commit": "change app.py"}]
    solve = [
        {"say": "told: {message}"},
        {"run": "git merge main || true; printf 'T1\\nT2\\n' > app.py"},
        {"commit": "both"},
    ]
    root = scripted(tmp_path, edit, solve, count=2)
    plan(root, "one way", "other way")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)

        assert {t.state for t in state.tasks.values()} == {TaskState.LANDED}
        assert sorted(t.conflicts for t in state.tasks.values()) == [0, 1]
        assert (root / "app.py").read_text() == "T1\nT2\n"


def test_a_message_reaches_an_agent_in_the_middle_of_its_turn(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"listen": True}, {"say": "you said: {message}"}, *WORK])
    plan(root, "talk")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.WORKING)
        user.ok("message", "1", "use", "blue")
        state = user.sees(ended)

        assert "you said: use blue" in user.ok("logs", "1")
        assert [m.read for m in state.messages.values()] == [True]


def test_pausing_holds_an_agent_and_resuming_lets_it_go_on(tmp_path: Path) -> None:
    go = tmp_path / "go"
    root = scripted(tmp_path, [{"run": f"until [ -e {go} ]; do sleep 0.02; done"}, *WORK])
    plan(root, "wait a little")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks["T1"].state is TaskState.WORKING)
        user.ok("pause", "1")
        user.sees(lambda s: s.runs["T1-1"].suspended)
        assert user.status()["agents"][0]["state"] == "paused"
        go.touch()
        user.ok("resume", "--all")
        state = user.sees(ended)
        assert state.tasks["T1"].state is TaskState.LANDED


def test_a_killed_agent_is_gone_with_its_children_and_its_work_is_kept(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": ASIDE}, {"run": "setsid sleep 1000 & echo started"}, {"hang": True}])
    plan(root, "run wild")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.runs and (tmp_path / "repo.worktrees/agent-1/half-done.txt").exists())
        user.ok("kill", "agent-1")
        state = user.sees(lambda s: s.tasks["T1"].state is TaskState.ESCALATED and s.agents[1].run is None)

        assert "killed by you" in state.tasks["T1"].reason
        assert not control.is_alive(user.places.run_dir("T1-1"))
        assert any(isinstance(r.event, events.WorkRescued) for r in user.log())
        user.ok("task", "retry", "T1")


def test_the_cap_stops_new_work_and_status_says_so(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "one", "two", "three", "four")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach", "--budget", "0.5")
        state = user.sees(ended)

        assert state.night is not None
        assert state.night.stopping == "budget"
        assert state.spent_usd == 0.5
        assert len([t for t in state.tasks.values() if t.attempts]) == 2
        assert user.types("status").returncode == 20


def test_what_agents_need_reaches_them_other_secrets_do_not_and_nothing_is_pushed(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": "env -u PWD -u COCKPIT_RUN_TOKEN | sort > env.txt"}, *WORK])
    origin = make_repo(tmp_path, name="origin")
    git(root, "remote", "add", "origin", str(origin))
    before = git(origin, "for-each-ref")
    plan(root, "look around")
    settings = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "MY_THING": "1", "AWS_SECRET_ACCESS_KEY": "hush"}
    with sits_down(root, settings) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(ended)
        seen = (root / "env.txt").read_text()

        assert "ANTHROPIC_BASE_URL=http://127.0.0.1:9" in seen
        assert "MY_THING=1" in seen
        assert "hush" not in seen
        assert git(origin, "for-each-ref") == before


def test_leftovers_of_a_turn_are_committed_for_the_agent(tmp_path: Path) -> None:
    root = scripted(tmp_path, [{"run": "echo forgot > forgotten.txt"}])
    plan(root, "forget to commit")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(ended)

        assert (root / "forgotten.txt").read_text() == "forgot\n"


def test_main_moves_under_an_approved_merge_and_the_gates_run_again(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, merge="ask")
    plan(root, "a thing")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.in_state(TaskState.READY))
        mine = commit(root, {"mine.txt": "my own commit\n"}, "my own")
        user.ok("approve", "T1")
        state = user.sees(ended)

        assert state.tasks["T1"].target_commit == mine
        assert sum(isinstance(r.event, events.GatesFinished) for r in user.log()) == 2
        assert git(root, "rev-parse", "main^1") == mine
