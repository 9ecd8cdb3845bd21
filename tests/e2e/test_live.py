"""The screen's link to a real repository asks for the same night as the command line does."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.engine.readiness import NotReady
from cockpit.live import LiveLink
from cockpit.places import Places
from cockpit.state import MergePolicy
from tests.e2e.desk import configured
from tests.e2e.scripts import WORK, scripted
from tests.repos import git, make_repo


async def test_the_key_asks_for_the_night_of_the_configuration_deadline_included(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK, count=2, more='[night]\nuntil = "07:30"\n[budget]\nnight_usd = 3.0')

    night = await LiveLink(Places(root)).night()

    assert (night.agents, night.target, night.merge, night.cap_usd) == (2, "main", MergePolicy.AUTO, 3.0)
    assert night.until is not None


async def test_the_key_refuses_what_the_command_line_refuses(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    git(root, "checkout", "-q", "--detach")
    with pytest.raises(NotReady, match="HEAD is detached"):
        await LiveLink(Places(root)).night()

    other = configured(make_repo(tmp_path, name="other"), '[agents]\ncommand = "/nowhere/claude"\n')
    with pytest.raises(NotReady, match="/nowhere/claude"):
        await LiveLink(Places(other)).night()
