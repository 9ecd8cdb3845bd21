"""Copies and links of files that git doesn't hold: into the worktree, out of the checkout, nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit.repo import (
    Repository,
    commit_leftovers,
    copy_and_link,
    prepare_worktree,
    release_worktree,
    rescue,
    uncommitted,
)
from tests.repos import git, make_repo, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repo(tmp_path, {"app.py": "VALUE = 1\n", ".gitignore": ".env*\nnode_modules/\n"})
    write(root, {".env": "KEY=1\n", ".env.local": "KEY=2\n", "node_modules/lib/index.js": "js\n"})
    return root


@pytest.fixture
def worktree(root: Path, tmp_path: Path) -> Path:
    return prepare_worktree(Repository.open(root), tmp_path / "trees" / "agent-1", "work", "main").path


def test_globs_are_copied_and_linked(root: Path, worktree: Path) -> None:
    (root / ".env").chmod(0o600)
    assert copy_and_link(root, worktree, [".env*"], ["node_modules/lib"]) == []
    assert (worktree / ".env").read_text() == "KEY=1\n"
    assert (worktree / ".env").stat().st_mode & 0o777 == 0o600
    assert (worktree / ".env.local").exists()
    assert (worktree / "node_modules" / "lib").readlink() == root / "node_modules" / "lib"
    assert uncommitted(worktree) == []


def test_a_folder_is_copied_whole_with_its_links(root: Path, worktree: Path) -> None:
    (root / "node_modules" / "link").symlink_to("lib/index.js")
    os.mkfifo(root / "node_modules" / "pipe")
    assert copy_and_link(root, worktree, ["node_modules"], []) == []
    assert (worktree / "node_modules" / "link").readlink() == Path("lib/index.js")
    assert (worktree / "node_modules" / "lib" / "index.js").read_text() == "js\n"
    assert not (worktree / "node_modules" / "pipe").exists()


def test_what_is_there_stays(root: Path, worktree: Path) -> None:
    write(worktree, {".env": "the agent's\n", "node_modules/own.js": "own\n"})
    write(root, {"app.py": "changed by the user\n"})
    assert copy_and_link(root, worktree, [".env", "node_modules", "app.py"], []) == []
    assert (worktree / ".env").read_text() == "the agent's\n"
    assert (worktree / "node_modules" / "own.js").exists()
    assert (worktree / "node_modules" / "lib" / "index.js").exists()
    assert (worktree / "app.py").read_text() == "VALUE = 1\n"


def test_twice_is_as_good_as_once(root: Path, worktree: Path) -> None:
    for _ in range(2):
        assert copy_and_link(root, worktree, [".env"], ["node_modules/lib"]) == []


def test_what_is_missing_is_said(root: Path, worktree: Path) -> None:
    (note,) = copy_and_link(root, worktree, ["secrets/*.pem"], [])
    assert note.startswith("secrets/*.pem: nothing in")


@pytest.mark.parametrize("pattern", ["../outside.txt", "/etc/hostname", "", "."])
def test_nothing_outside_the_checkout_is_read(root: Path, worktree: Path, pattern: str) -> None:
    write(root.parent, {"outside.txt": "secret\n"})
    before = sorted(worktree.iterdir())
    assert copy_and_link(root, worktree, [pattern], [pattern])
    assert sorted(worktree.iterdir()) == before


def test_a_link_out_of_the_checkout_is_left_out(root: Path, worktree: Path) -> None:
    write(root.parent, {"outside.txt": "secret\n"})
    (root / ".env.out").symlink_to("../outside.txt")
    for copy, link in (([".env.out"], []), ([], [".env.out"])):
        (note,) = copy_and_link(root, worktree, copy, link)
        assert "leads outside the repository" in note
    assert not (worktree / ".env.out").is_symlink()


def test_nothing_outside_the_worktree_is_written(root: Path, worktree: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (worktree / "node_modules").symlink_to(tmp_path / "elsewhere")
    (note,) = copy_and_link(root, worktree, ["node_modules/lib"], [])
    assert "outside the worktree" in note
    copy_and_link(root, worktree, ["node_modules"], [])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_repositorys_own_folders_are_never_taken(root: Path, worktree: Path) -> None:
    write(root, {".cockpit/ledger.db": "x", ".claude-sessions/agent-1.session": "x"})
    copy_and_link(root, worktree, ["*", ".git/config", ".cockpit/*"], [".claude-sessions"])
    assert not (worktree / ".cockpit").exists()
    assert not (worktree / ".claude-sessions").exists()
    assert (worktree / ".git").is_file()


def test_what_git_does_not_ignore_is_said_and_never_committed(root: Path, worktree: Path) -> None:
    repository = Repository.open(root)
    write(root, {"data/big.csv": "1,2\n"})
    notes = copy_and_link(root, worktree, ["data"], ["node_modules"])
    # `node_modules/` in .gitignore is for folders, and a link is none.
    assert sorted(note.partition(":")[0] for note in notes) == ["data", "node_modules"]
    assert all(".gitignore" in note for note in notes)
    assert copy_and_link(root, worktree, ["data"], ["node_modules"]) == []
    assert uncommitted(worktree) == []
    assert rescue(repository, worktree, "T1-1") is None
    assert commit_leftovers(repository, worktree, "leftovers") is None
    write(worktree, {"new.py": "n\n"})
    commit_leftovers(repository, worktree, "leftovers")
    assert git(worktree, "ls-tree", "--name-only", "HEAD") == ".gitignore\napp.py\nnew.py"
    release_worktree(repository, worktree, "T1-1")
    assert not worktree.exists()
    assert (root / "node_modules" / "lib" / "index.js").exists()
    assert (root / "data" / "big.csv").exists()
