"""What the screen must not import before its first paint: whoever attaches would wait for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "cockpit.events",
    "cockpit.fold",
    "cockpit.report",
    "cockpit.metrics",
    "cockpit.policy.rules",
    "pydantic",
    "git",
    "sqlite3",
)


@pytest.mark.parametrize("module", HEAVY)
def test_the_first_paint_waits_for_nothing_heavy(module: str) -> None:
    program = f"import sys, cockpit.app, cockpit.live; assert {module!r} not in sys.modules"

    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("module", ["dataclasses", "inspect", "asyncio", "textual", "argparse"])
def test_the_kept_frame_and_the_status_wait_for_less_still(module: str) -> None:
    program = f"import sys, cockpit.cli.attaching, cockpit.cli.status; assert {module!r} not in sys.modules"

    subprocess.run([sys.executable, "-c", program], check=True)
