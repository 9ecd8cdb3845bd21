"""The demo, as a newcomer without a terminal meets it: six tasks land under the cap, one waits for a yes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.e2e
def test_the_demo_lands_its_work_and_tells_of_it(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    argv = [sys.executable, "-m", "cockpit", "demo"]
    said = subprocess.run(argv, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=240, check=False)

    report = said.stdout[said.stdout.index("# The night of") :]
    waiting, landed = report.split("## Landed")
    assert [n for n in range(1, 8) if f"**T{n}**" in landed] == [1, 2, 3, 4, 5, 6]
    assert "`cockpit approve T7`" in waiting
    assert not list(tmp_path.glob("cockpit-demo-*"))
