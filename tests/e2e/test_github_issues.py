"""Issues come in: whole nights on a GitHub of this machine, with scripted agents and the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cockpit import events
from cockpit.state import TaskState
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.scripts import WORK, Step, scripted
from tests.fakes.github import Fault, StandIn
from tests.repos import git


def project(tmp_path: Path, hub: StandIn, *turns: list[Step], more: str = "", poll: int = 5, **options: Any) -> Path:
    """A repository that is on `hub`, with the cockpit switched on for it."""
    table = (
        f'\n[cage]\nreadable = ["{tmp_path}"]\n[github]\nenabled = true\nrepo = "acme/site"\npoll_seconds = {poll}\n'
    )
    root = scripted(tmp_path, *turns, more=f'{table}base_url = "{hub.api_url}"\n{more}', **options)
    git(root, "push", "-q", str(hub.repo.remote.path), "main")
    return root


def person(root: Path, hub: StandIn, right: str = "write") -> Any:
    """Somebody at the desk whose token has that right."""
    return sits_down(root, {"GITHUB_TOKEN": hub.token("ada", right), "NO_PROXY": "127.0.0.1"})


def test_what_happens_to_an_issue_while_its_task_waits_or_is_worked_on(tmp_path: Path) -> None:
    go = tmp_path / "go"
    waits: list[Step] = [{"run": f"while [ ! -e {go} ]; do sleep 0.1; done"}, *WORK]
    with StandIn(tmp_path / "hub") as hub:
        root = project(tmp_path, hub, waits, WORK, WORK, more="close = true\n", poll=3600)
        git(root, "remote", "add", "origin", str(hub.repo.remote.path))
        worked = hub.repo.issue("First", "as it was", by="acme", labels=["cockpit"])
        queued = hub.repo.issue("Second", "as it was\n\nBlocked by #1", by="acme", labels=["cockpit"])
        dropped = hub.repo.issue("Third", "as it was", by="acme", labels=["cockpit"])
        with person(root, hub) as user:
            user.ok("github", "sync")
            user.ok("run", "--detach")
            state = user.sees(lambda s: s.tasks["T1"].state is TaskState.WORKING and s.agents[1].run)
            assert state.tasks["T2"].depends_on == ("T1",)

            worked.body, queued.title = "as it must be\n- [ ] and tested", "Second, better"
            hub.repo.touch(worked.number)
            hub.repo.touch(queued.number)
            hub.repo.close(dropped.number, "not_planned")
            said = user.ok("github", "sync")
            assert "changed      T1, T2, T3" in said
            state = user.state()
            assert (state.tasks["T1"].criteria, state.tasks["T2"].title) == (("and tested",), "Second, better")
            assert state.tasks["T3"].state is TaskState.SKIPPED
            assert state.tasks["T3"].reason == "skipped by GitHub: issue #3 was closed"
            told = next(r.event for r in user.log() if isinstance(r.event, events.MessageSent))
            assert "as it must be" in told.text
            go.touch()
            user.sees(ended)
            assert "as it must be" in user.places.stream("T1-1").read_text()

            assert "nothing new" in user.ok("github", "sync")
            assert {worked.state, queued.state} == {"open"}, "what landed here is not on GitHub yet"
            git(root, "push", "-q", "origin", "main")
            hub.repo.remote.commit("main", "theirs.py", "theirs\n")  # and somebody else went on from there
            assert "closed       #1, #2" in user.ok("github", "sync")
            landed = user.task("T1").landed
            said = next(one.body for one in hub.repo.comments.values() if one.issue == 1)
            assert f"the work has landed on `main` as {landed}" in said
            assert {worked.state, queued.state} == {"closed"}
            worked.state = "open"
            hub.repo.touch(worked.number)
            user.ok("github", "sync")
            state = user.state()
            assert state.tasks["T1"].reopened == 1
            assert (state.tasks["T4"].issue, state.tasks["T4"].state) == (worked.number, TaskState.QUEUED)
            found = json.loads(user.types("github", "sync", "--json").stdout)
            assert found["calls"] == found["unchanged"] == 2
            assert len(hub.repo.comments) == 2


def test_trouble_is_said_in_words_and_shown_in_the_status(tmp_path: Path) -> None:
    with StandIn(tmp_path / "hub") as hub:
        root = project(tmp_path, hub, more="label = true\nclaim = true\n")
        hub.repo.issue("First", "", by="acme", labels=["cockpit"])
        with person(root, hub, "read") as user:
            said = user.types("github", "setup")
            assert said.returncode == 1
            assert "✗ the token's owner may not write to the repository" in said.stdout
            assert "Traceback" not in said.stderr

            hub.faults.append(Fault.primary(hub.reset, path="/issues"))
            assert "quota is used up" in user.types("github", "sync").stdout
            assert user.state().github.health == "limited"
            assert "limited until" in user.types("status").stdout
            sent = len(hub.seen)
            assert user.types("github", "sync").returncode == 1
            assert len(hub.seen) == sent, "the next engine knows of the limit, and asks nothing"
            (user.places.folder / "github" / "limits.json").unlink()

            assert "added        T1" in user.ok("github", "sync")
            assert user.state().github.health == "ok"
            user.environ["GITHUB_TOKEN"] = "ghp_" + "x" * 36
            assert "does not take the token" in user.types("github", "sync").stdout
            assert user.status()["github"]["state"] == "denied"
            del user.environ["GITHUB_TOKEN"]
            assert "set GITHUB_TOKEN" in user.types("github", "sync").stdout
            assert "set GITHUB_TOKEN" in user.fails("github", "setup")


def test_a_repository_without_github_says_so(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user:
        assert "GitHub is off: set [github] enabled = true" in user.fails("github", "sync")
        user.fails("github", "nothing")
        assert user.status()["github"] is None


def test_two_cockpits_never_work_on_one_issue(tmp_path: Path) -> None:
    with StandIn(tmp_path / "hub") as hub:
        desks: list[Desk] = []
        for name in ("left", "right"):
            root = (
                project(tmp_path / name, hub, *[WORK] * 6, more="claim = true\n")
                if name == "left"
                else _clone(tmp_path, hub)
            )
            desks.append(Desk(root, {"GITHUB_TOKEN": hub.token("ada", "write"), "NO_PROXY": "127.0.0.1"}))
        for n in range(3):
            hub.repo.issue(f"Issue {n}", "", by="acme", labels=["cockpit"])
        try:
            for desk in desks:
                desk.ok("github", "sync")
            for desk in desks:
                desk.ok("run", "--detach")
            for desk in desks:
                desk.sees(lambda s: all(t.state is TaskState.LANDED or s.taken_elsewhere(t) for t in s.tasks.values()))
            landed = [[t.issue for t in d.state().tasks.values() if t.state is TaskState.LANDED] for d in desks]
            assert sorted(landed[0] + landed[1]) == [1, 2, 3]
        finally:
            for desk in desks:
                desk.leaves()


def _clone(tmp_path: Path, hub: StandIn) -> Path:
    (tmp_path / "right").mkdir()
    git(tmp_path, "clone", "-q", str(hub.repo.remote.path), "right/repo")
    root = tmp_path / "right" / "repo"
    for key, value in {"user.name": "Bob", "user.email": "bob@example.org"}.items():
        git(root, "config", key, value)
    text = (tmp_path / "left" / "repo" / "cockpit.toml").read_text()
    (root / "cockpit.toml").write_text(text.replace(str(tmp_path / "left"), str(tmp_path / "left")))
    with (root / ".git" / "info" / "exclude").open("a") as file:
        file.write("cockpit.toml\n")
    return root
