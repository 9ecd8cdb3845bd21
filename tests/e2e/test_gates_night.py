"""Gates that protect, over a whole night: real engine, real git, the user's own command line."""

from __future__ import annotations

from pathlib import Path

from cockpit import events
from cockpit.state import TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import plan, scripted
from tests.repos import git
from tests.secrets_made import planted

CI = [{"run": "mkdir -p .github/workflows; echo on: push > .github/workflows/ci.yml"}, {"commit": "CI"}]


def test_a_protected_path_waits_for_a_person_even_where_merges_are_automatic(tmp_path: Path) -> None:
    root = scripted(tmp_path, CI)
    plan(root, "add CI")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach", "--auto-merge")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.READY)

        assert state.tasks["T1"].asks == ("protected paths",)
        [waits] = user.status()["inbox"]
        assert waits["why"].startswith("only you can let it through: protected paths were changed: .github/")
        assert user.types("approve", "--all-green").returncode == 1
        assert not (root / ".github").exists()
        said = user.ok("approve", "T1")
        assert "in spite of what it says: protected paths were changed" in said
        user.sees(ended)

        assert (root / ".github" / "workflows" / "ci.yml").exists()
        [yes] = [r.event for r in user.log() if isinstance(r.event, events.MergeApproved)]
        assert (yes.by, yes.despite) == (yes.by, ("protected paths",))
        assert yes.by != "policy"


def test_a_secret_goes_back_and_is_not_even_in_the_ledger(tmp_path: Path) -> None:
    line, secret = planted()["github"]
    leak = [{"run": f"echo '{line}' > conf.py"}, {"commit": "configure"}]
    clean = [{"run": "echo clean > conf.py; git add -A; git commit -q --amend -m configured"}]
    root = scripted(tmp_path, leak, clean)
    plan(root, "configure it")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(ended)

        gates = [r.event for r in user.log() if isinstance(r.event, events.GatesFinished)]
        [red] = [g for g in gates[0].results if not g.passed]
        assert (red.name, red.output.split(":")[0]) == ("secrets", "conf.py")
        assert "scanned by" in red.note
        assert secret not in git(root, "log", "-p", "main")
        assert (root / "conf.py").read_text() == "clean\n"


def test_a_person_may_overrule_the_gate_on_secrets(tmp_path: Path) -> None:
    leak = [{"run": f"echo '{planted()['password'][0]}' >> conf.py"}, {"commit": "configure"}]
    root = scripted(tmp_path, *[leak] * 5)
    config = root / "cockpit.toml"
    config.write_text(config.read_text().replace("enabled = false", "enabled = false\ngate_attempts = 0"))
    plan(root, "an example for the docs")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach")
        user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.ESCALATED)
        assert "--anyway` lets it through" in user.fails("approve", "T1", code=1)
        user.ok("approve", "T1", "--anyway")
        user.sees(ended)
        assert (root / "conf.py").exists()


def test_a_flaky_gate_is_said_and_waits_where_merges_are_automatic(tmp_path: Path) -> None:
    flaky = "test -e .seen || { touch .seen; exit 1; }"
    root = scripted(tmp_path, [{"run": "echo 2 > app.py"}, {"commit": "change"}], gate=flaky)
    plan(root, "change it")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md", "--detach", "--auto-merge")
        state = user.sees(lambda s: s.tasks and s.tasks["T1"].state is TaskState.READY)

        [gate] = [g for g in state.tasks["T1"].gates if g.flaky]
        assert (gate.name, gate.passed) == ("tests", True)
        assert "FLAKY" in user.status()["inbox"][0]["why"]
        assert "FLAKY" in user.ok("task", "show", "T1")
        assert user.status()["merges"][0]["gates"][-1]["flaky"]
        user.ok("approve", "T1")
        user.sees(ended)
        assert "flaky" in user.ok("report").lower()
        assert user.ok("metrics").lower().count("flaky")
