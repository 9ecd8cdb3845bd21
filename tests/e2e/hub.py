"""A repository whose work goes to the local GitHub: issue 1, a task for it, and a night that opens pull requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit.cli import asking
from cockpit.commands import AddTasks
from cockpit.pulls import NONE, Pull
from cockpit.state import State, TaskDraft
from tests.e2e.desk import Desk, sits_down
from tests.e2e.scripts import Step, scripted
from tests.fakes.github import Pull as PullThere
from tests.fakes.github import StandIn
from tests.repos import git

MORE: list[Step] = [{"say": "told: {message}"}, {"run": "echo more >> $COCKPIT_TASK.txt"}, {"commit": "more"}]
"""A turn that does more of the same."""
NOTHING: dict[str, str] = {}


@dataclass
class Office:
    """A person's desk, and GitHub beside it."""

    user: Desk
    hub: StandIn
    root: Path

    def pull(self, task: str = "T1") -> PullThere:
        """The pull request of a task, as GitHub has it."""
        number = self.user.state().pulls[task].number
        return self.hub.repo.follow(self.hub.repo.pulls[number])

    def sees_pull(self, condition: Callable[[Pull], object], task: str = "T1") -> State:
        """Wait until a task's pull request is so, as the ledger has it."""
        return self.user.sees(lambda s: condition(s.pulls.get(task, NONE)))

    def runs(self, *words: str) -> None:
        """Begin a night."""
        self.user.ok("run", "--detach", *words)


@contextmanager
def office(
    tmp_path: Path,
    *turns: list[Step],
    merge: str = "ask",
    by_http: bool = False,
    github: str = "label = true\n",
    environ: dict[str, str] = NOTHING,
    gate: str = "true",
    comes_in: bool = False,
) -> Iterator[Office]:
    """All of it; at the end GitHub's description must have been kept to. `comes_in`: there is no task before a sync."""
    with StandIn(tmp_path / "hub") as hub:
        settings = f"""
[github]
enabled = true
repo = "acme/site"
base_url = "{hub.api_url}"
push = true
pull_requests = true
deliver = "pull-request"
pull_seconds = 0.2
ci_seconds = 0
{github}
"""
        root = scripted(tmp_path, *turns, merge=merge, more=settings, gate=gate)
        git(root, "remote", "add", "origin", hub.git_url if by_http else str(hub.repo.remote.path))
        git(root, "push", "-q", str(hub.repo.remote.path), "main")
        if not comes_in:  # without the label: the task is there already
            hub.repo.issue("The dates are wrong", "See the log", by="acme")
        draft = TaskDraft("1", "Mend the dates", criteria=("dates are right",), source="acme/site#1")
        with sits_down(root, {"GITHUB_TOKEN": hub.token("cockpit-bot", "write")} | environ) as user:
            assert comes_in or asking.give(user.places, AddTasks((draft,)), quiet=True) == 0
            yield Office(user, hub, root)


def facts(hub: StandIn, number: int) -> dict[str, Any]:
    """What is to be read on an issue."""
    issue = hub.repo.issues[number]
    return {"state": issue.state, "labels": [name for name in issue.labels if name.startswith("cockpit:")]}
