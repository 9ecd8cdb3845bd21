"""The file of a person's choices for the screen: each part its own, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import screen_file
from cockpit.live import LiveLink
from cockpit.places import Places


def test_what_was_chosen_is_there_again_and_the_parts_leave_each_other_alone(tmp_path: Path) -> None:
    path = tmp_path / ".cockpit" / "screen.toml"
    screen_file.write(path, "agents", {"layout": "one", "panes": 2})
    screen_file.write(path, "look", {"theme": "light"})
    screen_file.write(path, "agents", {"layout": "tiled"})

    assert screen_file.read(path) == ({"agents": {"layout": "tiled"}, "look": {"theme": "light"}}, "")
    assert sorted(p.name for p in path.parent.iterdir()) == [".gitignore", "screen.toml"]


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert screen_file.read(tmp_path / "screen.toml") == ({}, "")


@pytest.mark.parametrize("content", [b"[agents\n", b"\xff\xfe", b"agents = 1\n"])
def test_a_broken_file_is_ignored_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "screen.toml"
    path.write_bytes(content)
    found, fault = screen_file.read(path)
    assert found == {}
    assert str(path) in fault
    assert "ignored" in fault


async def test_the_link_keeps_it_in_the_cockpits_folder(tmp_path: Path) -> None:
    link = LiveLink(Places(tmp_path))
    assert await link.recall() == ({}, "")
    await link.remember("agents", {"layout": "one"})
    assert await LiveLink(Places(tmp_path)).recall() == ({"agents": {"layout": "one"}}, "")
    assert (tmp_path / ".cockpit" / "screen.toml").read_text() == '[agents]\nlayout = "one"\n'
