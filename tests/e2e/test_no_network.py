"""Agents without a network: they reach their model and nothing else, or the night does not begin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.cage import BUBBLEWRAP
from cockpit.demo.model import ModelServer
from cockpit.demo.script import Play, answer, bash, scene, step, turn
from cockpit.state import TaskState
from tests.e2e import real
from tests.e2e.cages import need
from tests.e2e.desk import configured, ended, sits_down
from tests.repos import commit, make_repo

pytestmark = pytest.mark.e2e

CALLS = """
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as caller:
        caller.settimeout(5)
        try:
            caller.connect((host if kind == socket.SOCK_STREAM else "192.0.2.1", port))
            caller.send(b"hello")
        except OSError:
            print("cut")
        else:
            print("reached")
"""
"""Whether something of this machine, and anything beyond it, can be called; UDP too, which needs no answer."""


def night(tmp_path: Path, more: str = "") -> Path:
    root = make_repo(tmp_path, {"README.md": "# Small\n", "calls.py": CALLS})
    (root / "PLAN.md").write_text("# Plan\n\n1. Look around\n")
    agents = f'[agents]\nkind = "claude"\ncommand = "{real.need_cli()}"\ncount = 1\n'
    return configured(root, f'{agents}[merge]\npolicy = "auto"\n{more}')


def test_an_agent_without_a_network_reaches_its_model_and_nothing_else(tmp_path: Path) -> None:
    need(BUBBLEWRAP)
    root = night(tmp_path, '[cage]\nkind = "bubblewrap"\n')
    look = bash("python3 calls.py 127.0.0.1 $(cat port) > SEEN.txt; git add SEEN.txt && git commit -qm 'Look around'")
    play = Play((scene("Look around", turn(step("I look.", look), step("Done.")), answer(real.YES)),))
    with ModelServer(play) as model, sits_down(root, real.talks_to(model.url)) as user:
        commit(root, {"port": str(model.port)})
        user.ok("run", "PLAN.md", "--no-network", "--detach")
        state = user.sees(ended, seconds=150)

        assert user.status()["night"]["network"] is False
        assert state.in_state(TaskState.LANDED), user.story()
        assert (root / "SEEN.txt").read_text() == "cut\ncut\n"
        assert state.spent_usd > 0
        launch = json.loads((user.places.run_dir("T1-1") / "launch.json").read_text())
        assert launch["cage"]["network"] is False


@pytest.mark.parametrize(
    ("more", "environ", "said"),
    [
        ('[cage]\nkind = "bubblewrap"\nnetwork = false\n', {}, "needs an API key"),
        ('[cage]\nkind = "none"\nnetwork = false\n', {"ANTHROPIC_API_KEY": "k"}, "needs bubblewrap"),
        ('[cage]\nkind = "bubblewrap"\nnetwork = false\nstand_in = false\n', {"ANTHROPIC_API_KEY": "k"}, "stand_in"),
    ],
)
def test_where_the_model_would_be_out_of_reach_the_night_does_not_begin(
    tmp_path: Path, more: str, environ: dict[str, str], said: str
) -> None:
    need(BUBBLEWRAP)
    with sits_down(night(tmp_path, more), environ) as user:
        assert said in user.fails("run", "PLAN.md", "--detach")
        assert not user.places.folder.exists() or not user.state().tasks
