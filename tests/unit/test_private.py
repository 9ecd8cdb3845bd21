"""What is the owner's alone, who decided what, and how long logs are kept."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from cockpit import codec, commands, events, private
from cockpit.agents import Spec
from cockpit.asker import who
from cockpit.audit import trail
from cockpit.doctor import examine
from cockpit.engine import retention
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.hosts.launch import Launch
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.places import Places
from cockpit.state import GateResult


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def test_an_older_install_is_tightened_and_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / ".cockpit"
    (folder / "runs" / "T1-1").mkdir(parents=True)
    folder.chmod(0o755)
    ledger = SqliteLedger(folder)
    ledger.append("night", 0, [events.Noticed("x")], 1.0)
    (folder / "runs" / "T1-1" / "stream.jsonl").write_text("x")
    os.mkfifo(folder / "runs" / "T1-1" / "input", 0o644)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (folder / "link").symlink_to(outside)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.sock"))
        (folder / "s.sock").chmod(0o755)
        loose = private.tighten(folder)
        for top, folders, files in os.walk(folder):
            for path in (Path(top, name) for name in (*folders, *files) if name != "link"):
                assert mode(path) & 0o077 == 0, path
    assert mode(folder) == 0o700
    assert mode(outside) == 0o644
    assert {"ledger.db", "input", "s.sock"} <= {Path(path).name for path in loose}
    assert "other users could get at .cockpit" in private.told(loose, tmp_path)
    assert private.told(private.tighten(folder), tmp_path) == ""
    ledger.append("night", 1, [events.Noticed("y")], 1.0)
    assert {mode(path) & 0o077 for path in folder.glob("ledger.db*")} == {0}
    ledger.close()


def recorded(*new: Event) -> list[Recorded]:
    return [Recorded(n, events.stream_of(event), n, float(n), event) for n, event in enumerate(new, 1)]


def test_the_trail_says_who_what_and_why() -> None:
    name, data = commands.dump(commands.Approve("T1"))
    log = recorded(
        events.TaskAdded("T1", "first"),
        events.TaskClaimed("T1", 1, "T1-1", "s"),
        events.GatesFinished("T1", "h", "t", "m", (GateResult("tests", True, flaky=True),)),
        events.TaskReady("T1", ("tests",)),
        events.CommandGiven("c", name, data, who="ada@pts/3 (uid 1000), screen"),
        events.MergeApproved("T1", "h", "you", ("tests",)),
        events.CommandAnswered("c", True, "T1 is approved"),
        events.TaskLanded("T1", "0123456789abcdef", "main"),
        events.MergeApproved("T2", "h", "policy"),
    )
    said = [(entry.about, entry.who, entry.what, entry.why) for entry in trail(log)]
    assert said == [
        ("T1", "policy", "give it to agent-1", "first in the queue"),
        ("T1", "gates", "not green", "tests is flaky"),
        ("T1", "policy", "wait for a person", "gates ask: tests"),
        ("T1", "you", "let through in spite of tests", "a person's yes"),
        ("T1", "ada@pts/3 (uid 1000), screen", "Approve: done", "T1 is approved"),
        ("T1", "engine", "moved main to 0123456789", "approved, and its gates are green on that commit"),
        ("T2", "policy", "merge", "gates and review are good, and merges are automatic"),
    ]
    assert f"(uid {os.getuid()}" in who("command line")


def finished(root: Path, number: int, ended: float, size: int = 1000) -> list[Event]:
    run = f"T{number}-1"
    folder = Places(root).run_dir(run)
    folder.mkdir(parents=True)
    for name in ("stream.jsonl", "stream.jsonl.1", "events.jsonl"):
        (folder / name).write_bytes(b"x" * size)
    return [
        events.TaskAdded(f"T{number}", "t"),
        events.TaskClaimed(f"T{number}", 1, run, "s"),
        events.RunEnded(run, "done"),
    ]


def test_only_raw_output_of_settled_tasks_goes_the_oldest_first(tmp_path: Path) -> None:
    log: list[Recorded] = [Recorded(0, "night", 0, 0.0, events.NightStarted("n", 1, "main"))]
    for number in range(1, 5):
        for event in finished(tmp_path, number, number):
            log.append(Recorded(len(log), events.stream_of(event), 0, number * 86_400.0, event))
        settled = events.TaskSkipped(f"T{number}") if number != 2 else events.Noticed("T2 still waits")
        log.append(Recorded(len(log), "x", 0, number * 86_400.0, settled))
    state, places = fold(log), Places(tmp_path)
    assert retention.retire(state, places, 2.5, 0, 4 * 86_400.0) == ["T1-1"]
    assert sorted(os.listdir(places.run_dir("T1-1"))) == ["events.jsonl"]
    assert retention.retire(state, places, 0, 2500, 4 * 86_400.0) == ["T3-1"]
    assert "stream.jsonl" in os.listdir(places.run_dir("T2-1"))
    assert "stream.jsonl" in os.listdir(places.run_dir("T4-1"))
    assert retention.retire(state, places, 0, 0, 9e9) == []


def test_the_engines_log_keeps_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ENGINE_LOG", 100)
    places = Places(tmp_path)
    places.folder.mkdir()
    with places.engine_log.open("ab", buffering=0) as writer:
        for number in range(50):
            writer.write(f"line {number}\n".encode())
        retention.retire(fold([]), places, 0, 0, 0.0)
        writer.write(b"after\n")
    kept = places.engine_log.read_text().splitlines()
    assert kept[-2:] == ["line 49", "after"]
    assert len(kept) < 10


def test_the_doctor_says_whether_the_repositorys_own_hooks_run(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text("{}")
    said = {
        allowed: [c for c in examine(tmp_path, agent_kind="claude", agent_command="", environ={}, repo_hooks=allowed)]
        for allowed in (False, True)
    }
    words = {allowed: next(c.found for c in checks if c.name == "hooks") for allowed, checks in said.items()}
    assert words[False].startswith("hooks and servers in .mcp.json don't run")
    assert words[True].endswith("run in every agent")
    assert any(c.name == "secrets" for c in said[False])


def test_a_launch_of_an_older_version_reads() -> None:
    spec = Spec(run="T1-1", session="s", resume=False, model="m", worktree="/w", run_dir="/r")
    launch = Launch("claude", spec, "p", "m", 1, "T1", "t", "builder", "b", "/s", {"A": "b"})
    data = json.loads(json.dumps(codec.encode(launch)))
    assert "hidden" not in data
    assert codec.decode(Launch, data) == launch
