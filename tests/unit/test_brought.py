"""What a branch brings along: protected paths in every disguise, sizes, secrets in its history, changed checks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit.engine import guarding
from cockpit.gates.brought import Limits, Piece, checks, limits, protected
from cockpit.repo import Repository, brought
from tests.repos import commit, git, make_repo
from tests.secrets_made import planted


@pytest.mark.parametrize(
    "path",
    [
        ".env", "web/.env.production", ".ENV", "cockpit.toml", "Cockpit.Toml", ".gitattributes", ".gitmodules",
        ".github/workflows/ci.yml", ".GitHub/workflows/ci.yml", ".gitlab-ci.yml", ".claude/settings.json",
        ".claude/settings.local.json", ".mcp.json", "deploy/id_rsa", "keys/site.pem", ".npmrc", ".husky/pre-commit",
        ".g\u200cithub/workflows/ci.yml", "\uff0eenv", ".env.", ".git\u200b/hooks/pre-commit", ".github /x.yml",
        "a/.claude::$INDEX_ALLOCATION/settings.json",
    ],
)  # fmt: skip
def test_a_protected_path_asks_in_every_disguise(path: str) -> None:
    result = protected([Piece(path)], [])
    assert (result.passed, result.asks) == (False, True)
    assert "protected paths were changed" in result.output


@pytest.mark.parametrize(
    "path", [".gitignore", "docs/env.md", "environment.py", ".env.example", "keyboard.py", "CLAUDE.md"]
)
def test_other_paths_do_not(path: str) -> None:
    assert protected([Piece(path)], []).passed


def test_the_users_list_adds_and_takes_away() -> None:
    mine = ["CLAUDE.md", "migrations/", "!.github/"]
    hit = [not protected([Piece(p)], mine).passed for p in ("CLAUDE.md", "migrations/1.py", ".github/x.yml", ".env")]
    assert hit == [True, True, False, True]


def test_links_and_submodules_ask() -> None:
    out = [Piece("a", links_to="/etc/passwd"), Piece("b/c", links_to="../../x"), Piece("d", links_to=".github")]
    for piece in (*out, Piece("lib", is_submodule=True)):
        assert protected([piece], []).asks, piece
    assert protected([Piece("docs/latest", links_to="v2")], []).passed


def test_sizes_are_bounded_with_exceptions() -> None:
    bounds = Limits(file_bytes=100, binary_bytes=10, total_bytes=150, files=3, exceptions=("*.lock",))
    assert limits([Piece("a", size=100), Piece("big.lock", size=10**9)], bounds).passed
    assert "a is of 101 bytes" in limits([Piece("a", size=101)], bounds).output
    assert "a.bin is a binary file of 11 bytes" in limits([Piece("a.bin", size=11, is_binary=True)], bounds).output
    assert "all of it together is 160 bytes" in limits([Piece("a", size=80), Piece("b", size=80)], bounds).output
    assert "4 files are changed, and 3 is the most" in limits([Piece(str(n)) for n in range(4)], bounds).output
    assert limits([Piece(str(n), is_gone=True, size=10**9) for n in range(4)], bounds).passed


def test_changed_checks_are_said_and_no_failure() -> None:
    pieces = [Piece("conftest.py"), Piece("scripts/test"), Piece("a.py"), Piece("run.sh", becomes_executable=True)]
    result = checks(pieces, ["sh ./scripts/test -q"])
    assert (result.passed, result.note) == (True, "changes conftest.py, scripts/test; makes executable: run.sh")
    assert checks([Piece("a.py")], ["pytest"]).note == ""


def branch(root: Path) -> Repository:
    git(root, "checkout", "-q", "-b", "work")
    return Repository.open(root)


def test_git_gives_modes_sizes_links_and_binaries(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    repository = branch(root)
    (root / "app.py").chmod(0o755)
    os.symlink(".env", root / "link")
    (root / "logo.png").write_bytes(b"\x89PNG\0" + b"x" * 95)
    (root / "moved.md").write_text((root / "README.md").read_text())
    (root / "README.md").unlink()
    commit(root, {".gitattributes": "*.py -diff\n"})
    found = {piece.path: piece for piece in guarding.pieces(repository, "main", "work")}
    assert found["app.py"].becomes_executable
    assert found["link"].links_to == ".env"
    assert (found["logo.png"].is_binary, found["logo.png"].size) == (True, 100)
    assert (found["README.md"].is_gone, found["moved.md"].is_gone) == (True, False)


def test_every_added_line_is_seen_whatever_the_branchs_attributes_say(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    repository = branch(root)
    commit(root, {".gitattributes": "* -diff\n*.py binary\n", "app.py": "VALUE = 1\nSECOND = 2\n", "ä b.txt": "++ x\n"})
    (root / "wide.txt").write_bytes("hidden".encode("utf-16-le"))
    commit(root, {})
    lines = {(line.file, line.line, line.text) for line in brought.added(repository, "main", "work")}
    assert {("app.py", 2, "SECOND = 2"), ("ä b.txt", 1, "++ x"), ("wide.txt", 1, "hidden")} <= lines


def test_what_a_later_commit_took_away_is_in_the_history(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    repository = branch(root)
    line, secret = planted()["github"]
    bad = commit(root, {"app.py": line + "\n"}, f"use it\n\nwith {planted()['stripe'][1]}")
    commit(root, {"app.py": "VALUE = 2\n"}, "remove it again")
    (root / planted()["aws"][1]).write_text("x")
    commit(root, {})
    lines, unread = guarding._lines(repository, "main", "work", "work", ["docs/"])
    where = {one.where for one in lines if secret in one.text or planted()["stripe"][1] in one.text}
    assert where == {f"app.py:1 in commit {bad[:10]}", f"the message of commit {bad[:10]}"}
    assert any(one.where == "a file's name" and planted()["aws"][1] in one.text for one in lines)
    assert unread == {}


def test_a_merge_of_the_target_into_the_branch_brings_nothing_of_the_targets(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    repository = branch(root)
    commit(root, {"mine.py": "MINE = 1\n"})
    git(root, "checkout", "-q", "main")
    commit(root, {"theirs.py": "THEIRS = 1\n"})
    git(root, "checkout", "-q", "work")
    git(root, "merge", "-q", "--no-edit", "main")
    assert {line.file for line in brought.history(repository, "main", "work")} == {"mine.py"}


def test_a_file_too_large_to_be_looked_through_is_named(tmp_path: Path) -> None:
    root = make_repo(tmp_path)
    repository = branch(root)
    commit(root, {"huge.txt": "x\n" * 3_000_000, "small.txt": "y\n"})
    lines, unread = guarding._lines(repository, "main", "work", "work", [])
    assert list(unread) == ["huge.txt"]
    assert "small.txt" in {one.where.partition(":")[0] for one in lines}
    assert "huge.txt" not in {one.where.partition(":")[0] for one in lines}
