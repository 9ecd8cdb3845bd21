"""A repository's digest: from git alone, bounded, with what a category asks for and nothing that nobody should see."""

from __future__ import annotations

from pathlib import Path

from cockpit.ideas import CATEGORIES
from cockpit.repo import Repository
from cockpit.repo.digest import FILES_CHARACTERS, LINES_CHARACTERS, TREE_CHARACTERS, digest, tree_text
from tests.repos import commit, make_repo

FILES = {
    "README.md": "# Small\n\nIt adds numbers. TODO: more\n",
    "app.py": "# TODO: round\nVALUE = 1\n",
    "tests/test_app.py": "import time\ntime.sleep(1)\n",
    ".env": "TODO=sk-secret\n",
    "logo.bin": "\0\0TODO",
}


def repository(tmp_path: Path) -> Repository:
    return Repository.open(make_repo(tmp_path, FILES))


def test_it_shows_the_tree_the_readme_the_history_and_what_the_category_asks_for(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    commit(repo.root, {"app.py": "# TODO: round\nVALUE = 2\n"}, "Another value")
    (repo.root / "app.py").write_text("uncommitted TODO")
    debt = CATEGORIES["technical-debt"]
    found = digest(repo, "main", debt.looks, debt.finds)

    assert "tests/test_app.py" in found.tree
    assert found.readme.startswith("# Small")
    assert "Another value" in found.commits
    assert "2 app.py" in found.commits
    assert found.lines == "app.py:1:# TODO: round"
    tests = CATEGORIES["testing"]
    found = digest(repo, "main", tests.looks, tests.finds)
    assert "==> tests/test_app.py <==\nimport time" in found.files
    assert "tests/test_app.py:2:time.sleep(1)" in found.lines


def test_no_category_shows_secrets_and_each_works_on_any_repository(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    for one in CATEGORIES.values():
        assert "sk-secret" not in str(digest(repo, "main", (*one.looks, ".env*", "*.bin"), one.finds))


def test_it_stays_within_its_bounds_on_a_large_repository(tmp_path: Path) -> None:
    many = {f"src/part{n % 40}/deep/module_{n}.py": f"TODO = {n}\n" * 50 for n in range(600)}
    repo = Repository.open(make_repo(tmp_path, many))
    found = digest(repo, "main", ("*module*",), "TODO")

    assert len(found.tree) <= TREE_CHARACTERS
    assert "src/part0/deep/  (15 files)" in found.tree
    assert len(found.files) <= FILES_CHARACTERS + 500
    assert len(found.lines) <= LINES_CHARACTERS * 1.1
    assert "module_599" in found.lines or "module_59" in found.lines, "some lines of everywhere"
    assert found.readme == "(there is none)"
    assert len(tree_text([f"folder{n}/x" for n in range(9000)])) < TREE_CHARACTERS + 100
