"""Diffs as git writes them, made by git itself, and text that is no diff."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panes import syntax
from panes.diff_model import Diff, Kind, parse, shown

IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "stats.py").write_text("def mean(v):\n    return sum(v) / len(v)\n\n\ndef last():\n    pass\n")
    (tmp_path / "old name.txt").write_text("".join(f"row {n}\n" for n in range(20)))
    (tmp_path / "gone.txt").write_text("bye\n")
    (tmp_path / "run.sh").write_text("echo\n")
    (tmp_path / "logo.bin").write_bytes(bytes(range(256)))
    git(tmp_path, "add", ".")
    git(tmp_path, *IDENTITY, "commit", "-qm", "first")
    return tmp_path


def git(repo: Path, *arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=repo, capture_output=True, check=True)
    return done.stdout.decode()


def diff(repo: Path) -> Diff:
    git(repo, "add", "-A")
    return parse(git(repo, "diff", "--cached", "-M", "HEAD"))


def test_a_change_has_rows_with_both_numbers(repo: Path) -> None:
    (repo / "stats.py").write_text("def mean(v):\n    return sum(v) / max(1, len(v))\n\n\ndef last():\n    pass\n")

    found = diff(repo)

    assert [(f.path, f.status, f.added, f.removed) for f in found.files] == [("stats.py", "changed", 1, 1)]
    assert [(r.kind, r.old, r.new) for r in found.rows[:5]] == [
        (Kind.FILE, 0, 0),
        (Kind.HUNK, 0, 0),
        (Kind.CONTEXT, 1, 1),
        (Kind.REMOVED, 2, 0),
        (Kind.ADDED, 0, 2),
    ]
    assert shown(found.rows[4].text) == "    return sum(v) / max(1, len(v))"
    assert found.counts == (1, 1)


def test_new_deleted_renamed_binary_and_mode_changes(repo: Path) -> None:
    (repo / "gone.txt").unlink()
    (repo / "old name.txt").rename(repo / "new näme.txt")
    (repo / "run.sh").chmod(0o755)
    (repo / "logo.bin").write_bytes(bytes(range(255, -1, -1)))
    (repo / "fresh.py").write_text("x = 1\n")

    found = {f.path: f for f in diff(repo).files}

    assert {path: f.status for path, f in found.items()} == {
        "gone.txt": "deleted",
        "new näme.txt": "renamed",
        "run.sh": "changed",
        "logo.bin": "changed",
        "fresh.py": "added",
    }
    assert "from old name.txt" in found["new näme.txt"].notes
    assert found["run.sh"].notes == ("mode 100644 → 100755",)
    assert found["logo.bin"].notes == ("binary: nothing to show line by line",)


def test_a_missing_newline_at_the_end_stands_on_its_side(repo: Path) -> None:
    (repo / "gone.txt").write_text("bye\nmore")

    found = diff(repo)
    last = found.rows[found.pairs[-1].right]

    assert last.text == "no newline at the end of the file"
    assert found.pairs[-1].left == -1


def test_file_names_that_look_like_options_or_control(repo: Path) -> None:
    (repo / "a\tb\x1b[31m.txt").write_text("x\n")
    (found,) = diff(repo).files
    assert "\x1b" not in shown(found.path)
    assert found.path.startswith("a\tb")


def test_an_empty_diff_has_nothing() -> None:
    assert parse("").rows == []
    assert parse("").files == ()


@pytest.mark.parametrize(
    "text",
    [
        "not a diff\nat all\n",
        "@@ -1,2 +1,2 @@\n-a\n+b\n",
        "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n a\n",
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\nrubbish\n",
    ],
)
def test_what_cannot_be_read_comes_out_line_by_line(text: str) -> None:
    found = parse(text)
    signs = {Kind.ADDED: "+", Kind.REMOVED: "-"}
    assert found.is_plain
    assert "".join(f"{signs.get(r.kind, '')}{r.text}\n" for r in found.rows) == text


@given(st.text(st.sampled_from("-+ @\\\nadif/gt\r"), max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    found = parse(text)
    assert len(found.pair_of) == len(found.rows)


def test_side_by_side_holds_every_row_once_and_in_order(repo: Path) -> None:
    rows = [f"row {n}\n" for n in range(20)]
    rows[3:5] = ["three\n", "four\n", "and a half\n"]
    del rows[12]
    (repo / "old name.txt").write_text("".join(rows))

    found = diff(repo)
    lefts = [p.left for p in found.pairs if p.left >= 0 and p.left != p.right]
    rights = [p.right for p in found.pairs if p.right >= 0 and p.left != p.right]

    assert lefts == sorted(lefts)
    assert rights == sorted(rights)
    assert sorted({r for p in found.pairs for r in p if r >= 0}) == list(range(len(found.rows)))
    assert all(number in found.pairs[pair] for number, pair in enumerate(found.pair_of))


def test_long_and_hostile_lines_are_safe_to_show() -> None:
    assert shown("a\tb\r\n") == "a   b␍"
    assert shown("\x1b]52;c;aGk=\x07x\x1b[2Jy\n") == "xy"
    assert shown("x" * 1_000_000).endswith("… 998,000 more characters")
    assert "\n" not in shown("a\x0cb\u2028c")


def test_syntax_names_the_parts_of_a_line_and_loses_nothing() -> None:
    syntax.load("a/stats.py")
    text = "def mean(v):  # it's 'odd"
    found = syntax.tokens("b/other.py", text)

    assert ("keyword", "def") in found
    assert ("name", "mean") in found
    assert found[-1] == ("comment", "# it's 'odd")
    assert "".join(part for _, part in found) == text


@pytest.mark.parametrize("path", ["LICENSE", "x.nobody-knows", "", ".gitignore"])
def test_files_of_no_known_language_stay_plain(path: str) -> None:
    syntax.load(path)
    assert syntax.is_loaded(path)
    assert "".join(part for _, part in syntax.tokens(path, "def x")) == "def x"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_coloring_never_changes_a_line(text: str) -> None:
    for path in ("a.py", "a.rs", "a.md", "a.html", "Makefile", "a.js"):
        syntax.load(path)
        assert "".join(part for _, part in syntax.tokens(path, text)) == text
