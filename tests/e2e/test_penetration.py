"""A hostile agent in each cage of this machine: everything it tries is denied or harmless, and honest work goes on."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

import pytest

from cockpit.agents import stream
from cockpit.agents.stream import ToolReturned
from cockpit.cage import BUBBLEWRAP, Kind
from cockpit.state import TaskState
from tests.e2e import intruder_source
from tests.e2e.cages import KINDS, need
from tests.e2e.desk import Desk, ended, sits_down
from tests.e2e.intruder_source import SECRETS
from tests.e2e.scripts import Step, plan, scripted
from tests.repos import commit, git

GATE = "sh gate.sh"
NOSY_GATE = """
touch ../gate-was-here 2>/dev/null && exit 1
cat "$HOME/.netrc" 2>/dev/null && exit 1
git update-ref refs/heads/main HEAD^ 2>/dev/null && exit 1
touch it-may-write-here
"""


@pytest.mark.e2e
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_agent_breaks_nothing_and_its_work_is_judged_as_any(tmp_path: Path, kind: Kind) -> None:
    need(kind)
    mark = f"daemon-{uuid.uuid4().hex}"
    tight = "--tight" if kind == BUBBLEWRAP else ""
    how = f"case $COCKPIT_TASK in T1) how=--fill;; T2) how=--fork;; T4) how=--careless;; *) how={tight};; esac"
    attack: list[Step] = [{"run": f"{how}; python3 intruder.py {mark} $how"}]
    bounds = "[machine]\nworktree_mb = 24\nprocesses = 100\n[night]\nlinger_hours = 0.001\n[watch]\nhand_ons = 0\n"
    root = scripted(tmp_path, attack, gate=GATE, more=f'{bounds}[cage]\nkind = "{kind}"\n')
    config = root / "cockpit.toml"
    config.write_text(config.read_text().replace("[agents]", "[agents]\nrestarts = 0"))
    with sits_down(root, {"SOME_TOKEN": "worthless", "SSH_AUTH_SOCK": "/worthless"}) as user, Prey(user, tmp_path):
        before = git(root, "rev-parse", "main")
        careless = ["delete its own objects"] if tight else []
        plan(root, "fill the disk", "fork without end", "be hostile", *careless)
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(ended)

        output = _output(user)
        greedy = [state.tasks[name] for name in ("T1", "T2")]
        assert [task.state for task in greedy] == [TaskState.ESCALATED] * 2, user.story()
        assert greedy[0].reason.startswith("its worktree and temporary files take")
        assert "24 are allowed" in greedy[0].reason
        assert "100 are allowed" in greedy[1].reason
        assert "BROKE" not in output, output
        assert "HINDERED" not in output, output
        assert output.count("held ") >= len(intruder_source.TRIES), output
        assert "told []" in output, "it was given variables of the user's shell"
        assert not _alive(mark), "daemons are left"
        assert state.tasks["T3"].state is TaskState.LANDED, "its commits are judged by the gates like any other's"
        assert git(root, "rev-parse", "main^1") == before
        assert [state.tasks["T4"].state for _ in careless] == [TaskState.ESCALATED for _ in careless]
        assert all("deleted or damaged git objects of its own" in state.tasks["T4"].reason for _ in careless)
        assert git(root, "fsck", "--no-dangling") == "", "somebody's objects are gone"
        assert not (root / ".git" / "objects" / "info" / "alternates").exists()
        assert (root / "app.py").read_text() == "VALUE = 1\n"
        assert git(tmp_path / "origin.git", "for-each-ref") == ""
        assert git(root, "tag") == ""
        assert git(root, "stash", "list") == ""
        assert user.status()["cage"]["kind"] == kind


class Prey:
    """What there is to be had: secrets in the home, another's worktree, an earlier branch, services."""

    def __init__(self, user: Desk, tmp_path: Path) -> None:
        self._user, self._folder = user, tmp_path
        self._services: list[socket.socket] = []

    def __enter__(self) -> None:
        home, root = Path(self._user.environ["HOME"]), self._user.root
        for name in (*SECRETS, ".bashrc"):
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text("a secret\n")
        commit(root, {"intruder.py": Path(intruder_source.__file__).read_text(), "gate.sh": NOSY_GATE})
        other = root.parent / "repo.worktrees" / "agent-2"
        other.mkdir(parents=True)
        (other / "secret.txt").write_text("theirs")
        git(root, "branch", "agent-1/task-T0")
        git(root, "repack", "-qad")
        commit(root, {"late.txt": "in no pack\n"})
        git(root.parent, "init", "-q", "--bare", "origin.git")
        git(root, "remote", "add", "origin", str(root.parent / "origin.git"))
        (root / ".cockpit" / "runs").mkdir(parents=True)
        for path in (self._folder / "service.sock", root / ".cockpit" / "runs" / "other.sock"):
            service = socket.socket(socket.AF_UNIX)
            self._services.append(service)
            folder = os.open(path.parent, os.O_PATH)  # its whole path would be too long for a socket
            service.bind(f"/proc/self/fd/{folder}/{path.name}")
            os.close(folder)
            service.listen()

    def __exit__(self, *_: object) -> None:
        for service in self._services:
            service.close()


def _output(user: Desk) -> str:
    lines = [line for run in user.state().runs for line in stream.Tail(user.places.stream(run)).read()]
    return "\n".join(line.event.output for line in lines if isinstance(line.event, ToolReturned))


def _alive(mark: str) -> list[str]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                found.append(name)
        except OSError:
            continue
    return found
