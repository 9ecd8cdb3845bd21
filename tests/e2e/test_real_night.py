"""A night with real agents: the Claude Code CLI and the built-in one, against a scripted model on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import events
from cockpit.demo.model import ModelServer
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.real import play, repository, talks_to
from tests.repos import git


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["api", "claude"])
def test_six_tasks_three_agents_rework_a_failing_gate_and_a_dependency(tmp_path: Path, kind: str) -> None:
    root = repository(tmp_path, kind)
    with ModelServer(play()) as model, sits_down(root, talks_to(model.url)) as user:
        user.ok("run", "PLAN.md", "--detach")
        state = user.sees(lambda s: s.in_state(TaskState.READY) and len(s.in_state(TaskState.LANDED)) == 5, seconds=150)

        assert [t.id for t in state.in_state(TaskState.READY)] == ["T6"]
        assert state.tasks["T2"].gate_failures == 1
        assert state.tasks["T3"].cycles == 1
        assert (root / "hello.py").read_text() == "def hello():\n    return 'Hello, world'\n"
        claims = [r.event.task for r in user.log() if isinstance(r.event, events.TaskClaimed)]
        assert len(claims) == 6, "rework must go to the same conversation without a new claim"
        assert user.types("status").returncode == 10

        user.ok("reject", "T6", "-m", "say for whom")
        again = user.sees(
            lambda s: (
                s.in_state(TaskState.READY)
                and s.tasks["T6"].attempts == 1
                and s.tasks["T6"].head != state.tasks["T6"].head
            )
        )
        assert again.tasks["T6"].run == state.tasks["T6"].run
        user.ok("approve", "T6")
        last = user.sees(ended)

        assert {t.state for t in last.tasks.values()} == {TaskState.LANDED}
        assert (root / "greet.py").read_text().startswith("# For one person.")
        assert git(root, "status", "--porcelain") == ""
        assert (root / "SEEN.txt").read_text() == "no key\n", "an agent's tools have the user's key"
        kept = [path for path in (root / ".cockpit" / "runs").glob("*/*") if path.is_file()]
        assert not [path.name for path in kept if b"sk-ant-test-key-of-no-worth" in path.read_bytes()]
        assert last.spent_usd > 0
        assert all(t.usd > 0 for t in last.tasks.values())
        assert not last.unpriced
        assert set(last.by_role) == {"builder", "reviewer"}
