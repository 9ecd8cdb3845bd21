"""`cockpit serve` and `cockpit metrics` after a real night: Prometheus' own parser reads what landed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.desk import sits_down
from tests.e2e.scripts import WORK, plan, scripted


@pytest.mark.e2e
def test_the_numbers_of_a_night_are_scraped_and_printed(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    plan(root, "paint the door")
    with sits_down(root) as user:
        user.ok("run", "PLAN.md")
        served = subprocess.Popen(
            [sys.executable, "-m", "cockpit", "serve", "--port", "0"],
            cwd=root,
            env=user.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        with served:
            assert served.stdout is not None
            url = served.stdout.readline().strip()
            with urllib.request.urlopen(url, timeout=60) as answer:
                found = {one.name: one for one in text_string_to_metric_families(answer.read().decode())}
            served.send_signal(signal.SIGTERM)
        assert served.returncode == 0
        numbers = json.loads(user.ok("metrics", "--json"))["numbers"]["spans"]["today"]
        told = user.ok("metrics")

    assert found["cockpit_landed_tasks"].samples[0].value == 1
    assert found["cockpit_tasks"].samples[0].labels == {"state": "landed"}
    assert numbers["landed"] == 1
    assert numbers["gate_pass_rate"] == 1.0
    assert numbers["utilisation"] is not None
    assert "landed by: agent-1 1" in told
