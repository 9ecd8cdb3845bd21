"""A path that an agent names must lie in its worktree, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.paths import OutsideWorktree, inside


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    top = tmp_path / "tree"
    (top / "src").mkdir(parents=True)
    (tmp_path / "tree-of-another").mkdir()
    return top


@pytest.mark.parametrize("path", ["src/a.py", "./new/deep/file", "src/../b.py", ".", ""])
def test_a_path_in_the_worktree_is_resolved(worktree: Path, path: str) -> None:
    assert inside(worktree, path) == (worktree / path).resolve()


def test_an_absolute_path_in_the_worktree_is_fine(worktree: Path) -> None:
    assert inside(worktree, str(worktree / "src")) == worktree / "src"


@pytest.mark.parametrize("path", ["..", "../x", "src/../../x", "/etc/passwd", "../tree-of-another/x", "a\0b"])
def test_a_path_out_of_the_worktree_is_refused(worktree: Path, path: str) -> None:
    with pytest.raises(OutsideWorktree):
        inside(worktree, path)


def test_a_link_out_of_the_worktree_is_refused(worktree: Path) -> None:
    (worktree / "out").symlink_to(worktree.parent)
    (worktree / "in").symlink_to(worktree / "src")
    with pytest.raises(OutsideWorktree, match="outside the worktree"):
        inside(worktree, "out/secret")
    assert inside(worktree, "in/a.py") == worktree / "src" / "a.py"


def test_a_loop_of_links_is_refused(worktree: Path) -> None:
    (worktree / "a").symlink_to("b")
    (worktree / "b").symlink_to("a")
    with pytest.raises(OutsideWorktree):
        inside(worktree, "a/x")


def test_a_worktree_behind_a_link_counts_as_itself(worktree: Path) -> None:
    link = worktree.parent / "link"
    link.symlink_to(worktree)
    assert inside(link, "src/a.py") == worktree / "src" / "a.py"
